import { describe, expect, test } from "vitest";
import { readZip } from "../../../helpers/read-zip.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const API = "/api/outpost/v1";

const setupDownloads = async () => {
  const api = setupApi();
  const run = await api.run();
  const root = `0/${run}/artifacts`;
  const put = async (path: string, content: string | Buffer): Promise<void> => {
    const url = `/api/2.0/mlflow-artifacts/artifacts/${root}/${path.split("/").map(encodeURIComponent).join("/")}`;
    expect((await api.app.inject({ method: "PUT", url, payload: content })).statusCode).toBe(200);
  };
  const download = (paths: readonly string[], more: Record<string, string> = {}) => {
    const query = new URLSearchParams([
      ["root", root],
      ...paths.map((path) => ["path", path]),
      ...Object.entries(more),
    ]);
    return api.app.inject({ method: "GET", url: `${API}/download?${query.toString()}` });
  };
  const namesIn = async (paths: readonly string[]): Promise<string[]> =>
    [...readZip((await download(paths)).rawPayload).keys()].toSorted();
  return { ...api, root, put, download, namesIn };
};

describe("a download of several files", () => {
  test("is one zip of exactly the announced length, with every byte and no more", async () => {
    const { put, download } = await setupDownloads();
    const big = Buffer.alloc(300_000, "abc");
    await put("model/weights.bin", big);
    await put("model/MLmodel", "flavors: {}\n");
    await put("empty.txt", "");
    const answer = await download([], { name: "trial 3" });
    expect(answer.headers).toMatchObject({
      "content-type": "application/zip",
      "content-disposition": 'attachment; filename="trial 3.zip"',
      "content-length": String(answer.rawPayload.length),
    });
    const files = readZip(answer.rawPayload);
    expect([...files.keys()].toSorted()).toEqual(["empty.txt", "model/MLmodel", "model/weights.bin"]);
    expect(files.get("model/weights.bin")?.equals(big)).toBe(true);
  });

  test("holds what was chosen, each file once, under the folder they have in common", async () => {
    const { put, namesIn } = await setupDownloads();
    for (const path of ["a/b/one.txt", "a/b/two.txt", "a/c/three.txt", "d.txt"]) await put(path, path);
    expect(await namesIn(["a/b"])).toEqual(["b/one.txt", "b/two.txt"]);
    expect(await namesIn(["a/b/one.txt", "a/b/two.txt"])).toEqual(["one.txt", "two.txt"]);
    expect(await namesIn(["a/b", "a/b/one.txt", "a/c/three.txt"])).toEqual(["b/one.txt", "b/two.txt", "c/three.txt"]);
    expect(await namesIn(["a", "d.txt"])).toEqual(["a/b/one.txt", "a/b/two.txt", "a/c/three.txt", "d.txt"]);
  });

  test("gives every file a name that any system can hold", async () => {
    const { put, namesIn } = await setupDownloads();
    for (const path of ["con/x.txt", "a:b.txt", "Case.txt", "case.txt", "dots./y", "손실 곡선.txt"])
      await put(path, "1");
    expect(await namesIn([])).toEqual(
      ["%63on/x.txt", "a%3Ab.txt", "Case.txt", "case~2.txt", "dots%2E/y", "손실 곡선.txt"].toSorted(),
    );
  });

  test("names what is not there, and refuses to leave the run", async () => {
    const { put, download } = await setupDownloads();
    await put("a.txt", "1");
    expect((await download(["b.txt"])).json()).toMatchObject({ error_code: "RESOURCE_DOES_NOT_EXIST" });
    for (const path of ["../../x", "..%2fx", "/etc/passwd", "a\\..\\b"])
      expect((await download([path])).statusCode, path).toBe(400);
    expect((await download([], { root: "" })).statusCode).toBe(200); // the first root counts
    const { app } = await setupDownloads();
    for (const query of ["", "?root=", "?root=..", "?root=/"])
      expect((await app.inject({ method: "GET", url: `${API}/download${query}` })).statusCode, query).toBe(400);
  });

  test("of a long selection has an address of its own, for a while", async () => {
    const { put, root, send, app } = await setupDownloads();
    await put("a/1.txt", "one");
    await put("a/2.txt", "two");
    const [status, answer] = await send("POST", `${API}/downloads`, { root, paths: ["a/1.txt", "a"], name: "both" });
    expect([status, answer]).toMatchObject([200, { files: 2, size: 6 }]);
    const zip = await app.inject({ method: "GET", url: String(answer["href"]) });
    expect(zip.headers["content-disposition"]).toBe("attachment; filename=both.zip");
    expect([...readZip(zip.rawPayload).keys()]).toEqual(["a/1.txt", "a/2.txt"]);
    expect((await app.inject({ method: "GET", url: `${API}/download?selection=${"0".repeat(32)}` })).statusCode).toBe(
      404,
    );
  });
});

test("an upload learns beforehand what is in its way", async () => {
  const { put, root, send } = await setupDownloads();
  await put("a/1.txt", "one");
  await put("b", "file");
  const paths = ["a/1.txt", "a", "b/c.txt", "new.txt"];
  expect((await send("POST", `${API}/artifacts/existing`, { root, paths }))[1]).toEqual({
    existing: [
      { path: "a/1.txt", in_the_way: "a/1.txt", kind: "file" },
      { path: "a", in_the_way: "a", kind: "folder" },
      { path: "b/c.txt", in_the_way: "b", kind: "file_above" },
    ],
  });
  expect(await send("POST", `${API}/artifacts/existing`, { root, paths: ["../x"] })).toMatchObject([400, {}]);
});

test("artifacts are listed by their root", async () => {
  const { put, root, send } = await setupDownloads();
  await put("a/1.txt", "one");
  expect((await send("GET", `${API}/artifacts`, { root }))[1]).toMatchObject({
    root,
    entries: [{ path: "a", files: 1 }],
  });
  expect(await send("GET", `${API}/artifacts`, { root: "../.." })).toMatchObject([400, {}]);
});
