import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { expectInvalid, portOf, PROXY, ROOT, setupFiles } from "../../../helpers/setup-artifacts.ts";

/** Descriptors of this process that are open on a blob. Linux only. */
const openBlobs = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    const link = `/proc/self/fd/${fd}`;
    return existsSync(link) && readlinkSync(link).includes("/blobs/");
  }).length;

test.each([
  ["bytes=0-1", 206, "he", "bytes 0-1/6"],
  ["bytes=2-", 206, "llo2", "bytes 2-5/6"],
  ["bytes=-2", 206, "o2", "bytes 4-5/6"],
  ["bytes=0-100", 206, "hello2", "bytes 0-5/6"],
  ["bytes=10-", 416, "", "bytes */6"],
  ["bytes=-0", 416, "", "bytes */6"],
  ["bytes=0-1,3-4", 200, "hello2", undefined],
])("Range %s is answered with %i", async (range, status, body, contentRange) => {
  const { putFile, get } = setupFiles();
  await putFile(`${ROOT}/a.txt`, "hello2");
  const response = await get(`${ROOT}/a.txt`, { range });
  expect([response.statusCode, response.body, response.headers["content-range"]]).toEqual([status, body, contentRange]);
  expect(response.headers["content-length"]).toBe(String(body.length));
});

test.each(["bytes=3-1", "items=0-1", "bytes=abc", "bytes=-"])("Range %s is 400", async (range) => {
  const { putFile, get } = setupFiles();
  await putFile(`${ROOT}/a.txt`, "hello2");
  expectInvalid(await get(`${ROOT}/a.txt`, { range }));
});

test("ranges of a long file are read from their place; the whole is what was sent", async () => {
  const { putFile, app } = setupFiles();
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i % 251));
  await putFile(`${ROOT}/big.bin`, body);
  const get = (headers: Record<string, string>) =>
    app.inject({ method: "GET", url: `${PROXY}/${ROOT}/big.bin`, headers });
  expect((await get({})).rawPayload.equals(body)).toBe(true);
  expect((await get({ range: "bytes=1048575-2097153" })).rawPayload.equals(body.subarray(1048575, 2097154))).toBe(true);
});

test("a body larger than any JSON body may be is taken, of a known and of an unknown length", async () => {
  const { app, store } = setupFiles();
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${portOf(app)}${PROXY}/${ROOT}`;
  const body = Buffer.alloc(20 * 1024 * 1024, 5);
  const chunked = new Blob([body]).stream();
  expect((await fetch(`${url}/known`, { method: "PUT", body })).status).toBe(200);
  expect((await fetch(`${url}/unknown`, { method: "PUT", body: chunked, duplex: "half" } as RequestInit)).status).toBe(
    200,
  );
  expect(store.list(ROOT)).toEqual([
    { name: "known", size: body.length },
    { name: "unknown", size: body.length },
  ]);
});

test("HEAD tells size and type without the bytes; an unchanged file is 304; If-Range of another version is answered whole", async () => {
  const { putFile, send, get } = setupFiles();
  await putFile(`${ROOT}/a.json`, "{}");
  const head = await send("HEAD", `${PROXY}/${ROOT}/a.json`);
  expect([head.statusCode, head.body, head.headers["content-length"], head.headers["content-type"]]).toEqual([
    200,
    "",
    "2",
    "text/plain",
  ]);
  const etag = String(head.headers.etag);
  expect((await get(`${ROOT}/a.json`, { "if-none-match": etag })).statusCode).toBe(304);
  expect((await get(`${ROOT}/a.json`, { range: "bytes=0-0", "if-range": etag })).statusCode).toBe(206);
  expect((await get(`${ROOT}/a.json`, { range: "bytes=0-0", "if-range": '"other"' })).statusCode).toBe(200);
});

test("X01: a file never runs on our origin: attachment, nosniff, sandbox, and active types as plain bytes", async () => {
  const { putFile, get } = setupFiles();
  for (const name of ["x.html", "x.svg", "x.xhtml", "x.HTM"]) {
    await putFile(`${ROOT}/${name}`, "<script>");
    const { headers } = await get(`${ROOT}/${name}`);
    expect(headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename=${name}`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    });
  }
});

test("a client that goes away in the middle of a file is no error, and its file is closed", async () => {
  const { putFile, app, errors } = setupFiles();
  await putFile(`${ROOT}/big`, Buffer.alloc(30_000_000, 7));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const response = await new Promise<IncomingMessage>((resolve) =>
    httpRequest({ port: portOf(app), path: `${PROXY}/${ROOT}/big` }, resolve).end(),
  );
  await once(response, "readable");
  response.destroy();
  await expect.poll(() => openBlobs(), { timeout: 5000 }).toBe(0);
  expect(errors).toEqual([]);
});

test("a blob that changed on disk is never served to its end", async () => {
  const { putFile, blobs, app, errors } = setupFiles();
  const body = Buffer.alloc(2_500_000, 7);
  await putFile(`${ROOT}/big`, body);
  const file = blobs.fileOf(createHash("sha256").update(body).digest("hex"));
  writeFileSync(file, Buffer.alloc(2_500_000, 8));
  await app.listen({ port: 0, host: "127.0.0.1" });
  const port = portOf(app);
  const response = await fetch(`http://127.0.0.1:${port}${PROXY}/${ROOT}/big`);
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect(errors).toMatchObject([{ kind: "corrupt" }]);
  writeFileSync(file, "short");
  const refused = await fetch(`http://127.0.0.1:${port}${PROXY}/${ROOT}/big`);
  expect([refused.status, await refused.json()]).toMatchObject([500, { error_code: "DATA_LOSS" }]);
  expect(existsSync(file)).toBe(true);
});
