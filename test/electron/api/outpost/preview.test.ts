import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const PREVIEW = "/api/outpost/v1/preview";

const setupPreview = async () => {
  const api = setupApi();
  const root = `0/${await api.run()}/artifacts`;
  const put = async (path: string, content: string | Buffer): Promise<void> => {
    const url = `/api/2.0/mlflow-artifacts/artifacts/${root}/${path}`;
    expect((await api.app.inject({ method: "PUT", url, payload: content })).statusCode).toBe(200);
  };
  const show = (path: string, headers: Record<string, string> = {}) =>
    api.app.inject({ method: "GET", url: `${PREVIEW}/${root}/${path}`, headers });
  return { ...api, put, show };
};

const policyOf = (headers: Record<string, unknown>): string[] => String(headers["content-security-policy"]).split("; ");

describe("a preview", () => {
  test.each(["page.html", "page.HTM", "page.xhtml", "drawing.svg"])(
    "of %s has an opaque origin and no network, whoever opens it",
    async (path) => {
      const { put, show } = await setupPreview();
      await put(path, "<script>parent.harmed = 1</script>");
      const { headers } = await show(path);
      const policy = policyOf(headers);
      expect(policy).toContain("sandbox allow-scripts");
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("form-action 'none'");
      expect(policy).toContain("frame-ancestors 'self'");
      expect(policy.join()).not.toMatch(/allow-same-origin|allow-top|allow-popups|allow-forms|'self' |https?:|\*/);
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "content-disposition": "inline" });
    },
  );

  test("of active content is refused as a page of its own", async () => {
    const { put, show } = await setupPreview();
    await put("page.html", "<script>location='http://elsewhere.example'</script>");
    await put("photo.png", "x");
    expect((await show("page.html", { "sec-fetch-dest": "document" })).statusCode).toBe(403);
    expect((await show("page.html", { "sec-fetch-dest": "iframe" })).statusCode).toBe(200);
    expect((await show("photo.png", { "sec-fetch-dest": "document" })).statusCode).toBe(200);
  });

  test("of media names its type and answers ranges", async () => {
    const { put, show } = await setupPreview();
    await put("clip.mp4", "0123456789");
    const part = await show("clip.mp4", { range: "bytes=2-4" });
    expect([part.statusCode, part.body]).toEqual([206, "234"]);
    expect(part.headers).toMatchObject({ "content-type": "video/mp4", "content-range": "bytes 2-4/10" });
    await put("tone.wav", "RIFF");
    expect((await show("tone.wav")).headers["content-type"]).toBe("audio/wav");
  });

  test("of a PDF is one only when its first bytes say so", async () => {
    const { put, show } = await setupPreview();
    await put("real.pdf", "%PDF-1.4\n…");
    await put("fake.pdf", "<script>parent.harmed = 1</script>");
    await put("empty.pdf", "");
    await put("long.pdf", Buffer.concat([Buffer.alloc(100_000, 32), Buffer.from("%PDF-")]));
    const real = await show("real.pdf");
    expect([real.statusCode, real.headers["content-type"]]).toEqual([200, "application/pdf"]);
    expect(policyOf(real.headers)).not.toContain("sandbox allow-scripts"); // the browser's viewer refuses a sandbox
    for (const path of ["fake.pdf", "empty.pdf", "long.pdf"]) expect((await show(path)).statusCode, path).toBe(400);
  });

  test("of anything else is refused: it is read as text by whoever wants it", async () => {
    const { put, show, app } = await setupPreview();
    for (const path of ["a.txt", "a.js", "a.mjs", "a.css", "a.xml", "html", "a.html.txt"]) {
      await put(path, "x");
      expect((await show(path)).statusCode, path).toBe(400);
    }
    for (const path of ["../../etc/passwd.png", "%2e%2e/x.png", "a//../x.png", "a.png%00.html"])
      expect((await app.inject({ method: "GET", url: `${PREVIEW}/0/x/${path}` })).statusCode, path).not.toBe(200);
    expect((await show("none.png")).statusCode).toBe(404);
  });

  test("frame for HTML without an address has the same sandbox and holds nothing", async () => {
    const { app } = await setupPreview();
    const { headers, body } = await app.inject({ method: "GET", url: "/api/outpost/v1/preview-frame" });
    expect(policyOf(headers)).toContain("sandbox allow-scripts");
    expect(policyOf(headers)).toContain("default-src 'none'");
    expect(body).toContain("event.source !== parent");
  });
});
