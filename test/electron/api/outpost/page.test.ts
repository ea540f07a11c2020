import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import Fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { mountPage } from "../../../../electron/api/outpost/page.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const SCRIPT = "console.log('outpost');".repeat(50);

const setupPage = (built = true) => {
  const folder = temporaryFolder();
  const page = join(folder, "renderer");
  mkdirSync(join(page, "assets"), { recursive: true });
  writeFileSync(join(folder, "secret.txt"), "secret");
  if (built) {
    writeFileSync(join(page, "index.html"), "<!doctype html><title>Outpost</title>");
    writeFileSync(join(page, "assets", "index-abc.js"), SCRIPT);
    writeFileSync(join(page, "assets", "index-abc.js.br"), brotliCompressSync(SCRIPT));
    writeFileSync(join(page, "assets", "index-abc.js.gz"), gzipSync(SCRIPT));
  }
  const app = Fastify();
  let opened = 0;
  mountPage(app, page, () => opened++);
  onTestFinished(() => app.close());
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ method: "GET", url, headers });
  return Object.assign(get, { opened: () => opened });
};

test("the page brings a strict policy, may not be framed and is asked for again", async () => {
  const answer = await setupPage()("/");
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-cache",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  const policy = String(answer.headers["content-security-policy"]);
  for (const part of [
    "default-src 'none'",
    "script-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ])
    expect(policy.split("; ")).toContain(part);
  expect(policy).not.toContain("unsafe");
});

test("assets come compressed as the client takes them, to be kept for good", async () => {
  const get = setupPage();
  for (const [accepts, encoding] of [
    ["br, gzip", "br"],
    ["gzip", "gzip"],
    ["", undefined],
  ] as const) {
    const answer = await get("/assets/index-abc.js", { "accept-encoding": accepts });
    expect(answer.headers["content-encoding"]).toBe(encoding);
    expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(answer.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  }
  expect((await get("/assets/index-abc.js")).body).toBe(SCRIPT);
});

test("what the client has already is not sent again", async () => {
  const get = setupPage();
  const { headers } = await get("/");
  const again = await get("/", { "if-none-match": String(headers["etag"]) });
  expect([again.statusCode, again.body]).toEqual([304, ""]);
});

test.each([
  "/../secret.txt",
  "/assets/../../secret.txt",
  "/assets/..%2f..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/secret.txt",
  "/assets/",
  "/index.html.br",
])("nothing but the page's own files is served: %s", async (url) => {
  const answer = await setupPage()(url);
  expect(answer.statusCode).toBe(404);
  expect(answer.body).not.toContain("secret\n");
});

test("where the page was never built, it says how to", async () => {
  const answer = await setupPage(false)("/");
  expect(answer.statusCode).toBe(503);
  expect(answer.body).toContain("npm run build");
});

test("whoever opens the page is told of, once, whatever else it asks for", async () => {
  const get = setupPage();
  await get("/");
  await get("/assets/index-abc.js");
  expect(get.opened()).toBe(1);
});
