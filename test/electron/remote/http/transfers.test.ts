/** Files, up and down: what is cut, what is another part than was asked for, what a slow or stuck side does. */
import { once } from "node:events";
import { createReadStream, statSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { giveAway } from "../../../../shared/bytes.ts";
import { closedPort, raw, readBody, serve, serveRaw, setupClient, troubleOf } from "./setup.ts";

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_each, at) => (at * 7) % 251));
const at = (port: number): string => `http://127.0.0.1:${port}`;

describe("a download", () => {
  /** A file with ranges, as GitLab's local storage gives it. */
  const setupFile = async (more: { etag?: string; ignoreRange?: boolean; headers?: Record<string, string> } = {}) => {
    const seen: IncomingMessage["headers"][] = [];
    const { etag = '"one"', ignoreRange = false, headers = {} } = more;
    const port = await serve((request, response) => {
      seen.push(request.headers);
      response.setHeader("etag", etag);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const isStale = request.headers["if-range"] !== undefined && request.headers["if-range"] !== etag;
      if (from === 0 || ignoreRange || isStale) {
        response.setHeader("content-length", bytes.length);
        return void response.end(bytes);
      }
      response.statusCode = from < bytes.length ? 206 : 416;
      if (response.statusCode === 206) {
        response.setHeader("content-range", `bytes ${from}-${bytes.length - 1}/${bytes.length}`);
        response.setHeader("content-length", bytes.length - from);
      }
      response.end(from < bytes.length ? bytes.subarray(from) : undefined);
    });
    return { ...setupClient({ baseUrl: at(port) }), seen };
  };

  test("of a whole file", async () => {
    const { client, seen, ledger } = await setupFile();
    const { body, ...facts } = await client.download({ path: "/f" });
    expect(facts).toEqual({ status: 200, length: 300_000, total: 300_000, etag: '"one"' });
    expect(ledger).toEqual([]); // it is not over yet
    expect(await buffer(body)).toEqual(bytes);
    expect(seen[0]).not.toHaveProperty("range");
    expect(seen[0]).toMatchObject({ "accept-encoding": "identity" });
    expect(ledger).toMatchObject([{ status: 200, trouble: undefined, bytesDown: 300_000 }]);
  });

  test("goes on where it stopped", async () => {
    const { client, seen } = await setupFile();
    const { body, ...facts } = await client.download({ path: "/f", from: 200_000, etag: '"one"' });
    expect(facts).toEqual({ status: 206, length: 100_000, total: 300_000, etag: '"one"' });
    expect(await buffer(body)).toEqual(bytes.subarray(200_000));
    expect(seen[0]).toMatchObject({ range: "bytes=200000-", "if-range": '"one"' });
  });

  test.each([
    ["the file has changed", { etag: '"two"' }],
    ["ranges are not known there", { ignoreRange: true }],
  ])("begins anew where %s", async (_why, file) => {
    const { client } = await setupFile(file);
    const { status, body } = await client.download({ path: "/f", from: 200_000, etag: '"one"' });
    expect(status).toBe(200);
    expect(await buffer(body)).toEqual(bytes);
  });

  test("a weak tag proves nothing, so it is not sent; but another one than before is noticed", async () => {
    const { client, seen } = await setupFile({ etag: 'W/"new"' });
    const call = client.download({ path: "/f", from: 5, etag: 'W/"old"' });
    expect(await troubleOf(call)).toMatchObject({ trouble: "corrupt", message: /has changed/ });
    expect(seen[0]).not.toHaveProperty("if-range");
  });

  test("from behind the end: what is here is not what is there", async () => {
    const { client } = await setupFile();
    expect(await troubleOf(client.download({ path: "/f", from: 300_000 }))).toMatchObject({
      trouble: "corrupt",
      status: 416,
    });
  });

  test("that comes compressed all the same is refused", async () => {
    const { client } = await setupFile({ headers: { "content-encoding": "gzip" } });
    expect(await troubleOf(client.download({ path: "/f" }))).toMatchObject({ trouble: "garbled" });
  });

  test.each([
    ["another beginning", 206, { "Content-Range": "bytes 4-9/10" }, "corrupt"],
    ["no range", 206, {}, "corrupt"],
    ["another length than its range", 206, { "Content-Range": "bytes 5-7/10" }, "corrupt"],
    ["nothing", 204, {}, "garbled"],
  ])("answered with %s", async (_name, status, headers, trouble) => {
    const port = await serveRaw((socket) => socket.end(raw(status, status === 204 ? "" : "12345", headers)));
    const { client } = setupClient({ baseUrl: at(port) });
    expect(await troubleOf(client.download({ path: "/f", from: 5 }))).toMatchObject({ trouble });
  });

  test("answered with a part though all was asked for", async () => {
    const port = await serveRaw((socket) => socket.end(raw(206, "12345", { "Content-Range": "bytes 0-4/10" })));
    const { client } = setupClient({ baseUrl: at(port) });
    expect(await troubleOf(client.download({ path: "/f" }))).toMatchObject({ trouble: "garbled" });
  });

  test("that is cut ends with an error after what came, and begins again only when asked to", async () => {
    let calls = 0;
    const port = await serveRaw((socket) => {
      calls += 1;
      socket.end(raw(200, "12345", { "Content-Length": "10" }));
    });
    const { client, ledger } = setupClient({ baseUrl: at(port) });
    const { body } = await client.download({ path: "/f" });
    const came: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of body) came.push(chunk);
    };
    expect(await troubleOf(read())).toMatchObject({ trouble: "unavailable", maybeDone: false });
    expect(Buffer.concat(came).toString()).toBe("12345");
    expect(calls).toBe(1);
    expect(ledger).toMatchObject([{ status: 200, trouble: "unavailable", bytesDown: 5 }]);
  });

  test("that stops coming ends too; time that its reader takes does not count", async () => {
    const port = await serveRaw((socket) => void socket.write(raw(200, "12345", { "Content-Length": "10" })));
    const { client } = setupClient({ baseUrl: at(port), timeouts: { idleMs: 50 } });
    const { body } = await client.download({ path: "/f" });
    expect(await troubleOf(buffer(body))).toMatchObject({ trouble: "unavailable", message: /no more came/ });
  });

  test("whose head fails is asked for again", async () => {
    const port = await serveRaw((socket, _first, nth) => socket.end(nth < 3 ? raw(502, "{}") : raw(200, "12345")));
    const { client } = setupClient({ baseUrl: at(port) });
    expect(String(await buffer((await client.download({ path: "/f" })).body))).toBe("12345");
  });

  test("ends when it is cancelled, or given up before anything was read", async () => {
    const sockets: Promise<unknown>[] = [];
    const port = await serveRaw((socket) => {
      sockets.push(once(socket, "close"));
      socket.write(raw(200, "12345", { "Content-Length": "10" }));
    });
    const { client, ledger } = setupClient({ baseUrl: at(port) });
    const stop = new AbortController();
    const { body } = await client.download({ path: "/f", signal: stop.signal });
    const reading = troubleOf(buffer(body));
    stop.abort();
    expect(await reading).toMatchObject({ trouble: "cancelled", maybeDone: false });
    const second = await client.download({ path: "/f" });
    second.body.destroy();
    await Promise.all(sockets); // the server sees both connections end
    expect(sockets).toHaveLength(2);
    expect(ledger).toHaveLength(2);
  });

  test("keeps to its rate", async () => {
    const { client, waits } = await (async () => {
      const port = await serve((_request, response) => response.end(bytes));
      return setupClient({ baseUrl: at(port), limits: { downBytesPerSecond: 100_000 } });
    })();
    await buffer((await client.download({ path: "/f" })).body);
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(1500); // 3 s for all, less what a rest allows and the last piece
    expect(waited).toBeLessThan(3100);
  });
});

describe("an upload", () => {
  const created = '{"message":"201 Created"}';
  const setupStore = async (limits = {}) => {
    const stored: { headers: IncomingMessage["headers"]; body: Buffer; url: string | undefined }[] = [];
    const port = await serve((request, response) => {
      readBody(request).then(
        (body) => {
          stored.push({ headers: request.headers, body, url: request.url });
          response.writeHead(201, { "content-type": "application/json" }).end(created);
        },
        () => {}, // it was cut
      );
    });
    return { ...setupClient({ baseUrl: at(port), limits }), stored };
  };
  const stream = () => Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
  const put = { method: "PUT", path: "/f", length: bytes.length } as const;

  test.each([
    ["a buffer", bytes],
    ["a stream", stream()],
    ["a function that opens one", stream],
  ])("of %s", async (_name, body) => {
    const { client, stored, ledger } = await setupStore();
    const progress: number[] = [];
    const query = { status: "hidden" };
    const answer = await client.upload({
      ...put,
      query,
      body,
      contentType: "text/csv",
      onProgress: (sent) => progress.push(sent),
    });
    expect(answer).toMatchObject({ status: 201, body: { message: "201 Created" } });
    expect(stored[0]?.body).toEqual(bytes);
    expect(stored[0]).toMatchObject({
      url: "/f?status=hidden",
      headers: { "content-length": "300000", "content-type": "text/csv" },
    });
    expect(progress.at(-1)).toBe(300_000);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(ledger).toMatchObject([{ status: 201, bytesUp: 300_000 }]);
  });

  test("frees what was given away for it once that was sent, and nothing else", async () => {
    const { client, stored } = await setupStore();
    const own = [bytes.subarray(0, 200_000), bytes.subarray(200_000)].map((part) => {
      const copy = Buffer.allocUnsafeSlow(part.length);
      part.copy(copy);
      return copy;
    });
    own.slice(0, 1).forEach(giveAway);
    await client.upload({ ...put, body: () => Readable.from(own, { objectMode: false, highWaterMark: 1 }) });
    expect(stored[0]?.body).toEqual(bytes);
    expect(own.map((part) => part.length)).toEqual([0, 100_000]);
  });

  test("of nothing", async () => {
    const { client, stored } = await setupStore();
    await client.upload({ ...put, body: Buffer.alloc(0), length: 0 });
    expect(stored[0]?.headers["content-length"]).toBe("0");
  });

  test.each([
    ["shorter", 300_001],
    ["longer", 299_999],
  ])("of a file that has become %s is broken off, and never looks like a whole one", async (word, length) => {
    const { client, stored } = await setupStore();
    const call = client.upload({ ...put, body: stream, length });
    expect(await troubleOf(call)).toMatchObject({ trouble: "corrupt", maybeDone: true, message: new RegExp(word) });
    expect(stored).toEqual([]);
  });

  test("of a file that cannot be read says so, with the cause", async () => {
    const { client } = await setupStore();
    const broken = () =>
      new Readable({
        read() {
          this.destroy(Object.assign(new Error("i/o error"), { code: "EIO" }));
        },
      });
    expect(await troubleOf(client.upload({ ...put, body: broken }))).toMatchObject({
      trouble: "corrupt",
      cause: { code: "EIO" },
    });
  });

  test("that is cut may have been done", async () => {
    const port = await serveRaw((socket) => socket.resetAndDestroy());
    const { client } = setupClient({ baseUrl: at(port) });
    const call = client.upload({ ...put, body: Buffer.alloc(20_000_000), length: 20_000_000 });
    expect(await troubleOf(call)).toMatchObject({ trouble: "unavailable", maybeDone: true });
  });

  test("that nobody takes ends in time", async () => {
    const port = await serveRaw((socket) => void socket.pause());
    const { client } = setupClient({ baseUrl: at(port), timeouts: { idleMs: 150 } });
    const call = client.upload({ ...put, body: Buffer.alloc(50_000_000), length: 50_000_000 });
    expect(await troubleOf(call)).toMatchObject({ trouble: "unavailable", maybeDone: true, message: /could be sent/ });
  });

  test("refused before its end stops there, with the refusal", async () => {
    const port = await serveRaw((socket) => void socket.write(raw(413, '{"message":"too big"}')));
    const { client } = setupClient({ baseUrl: at(port) });
    const endless = () => Readable.from((function* () { for (;;) yield Buffer.alloc(65_536); })()); // prettier-ignore
    const call = client.upload({ ...put, body: endless, length: 10 ** 12 });
    expect(await troubleOf(call)).toMatchObject({ trouble: "too_large", status: 413, maybeDone: false });
  });

  test("accepted before its end was not accepted", async () => {
    const port = await serveRaw((socket) => void socket.write(raw(201, created)));
    const { client } = setupClient({ baseUrl: at(port) });
    const body = new PassThrough();
    body.write("the beginning");
    expect(await troubleOf(client.upload({ ...put, body }))).toMatchObject({
      trouble: "garbled",
      maybeDone: true,
      message: /before all was sent/,
    });
  });

  test.each([
    ["that goes well", (port: number) => port, 201],
    ["that is refused at once", (port: number) => port, 403],
    ["that never begins", () => closedPort(), 0],
  ] as const)("%s leaves no file open", async (_name, portOf, status) => {
    const port = await serve((request, response) => {
      if (status === 201) request.resume().on("end", () => response.writeHead(201).end(created));
      else response.writeHead(status, { "content-type": "application/json" }).end("{}");
    });
    const { client } = setupClient({ baseUrl: at(await portOf(port)) });
    const opened: Readable[] = [];
    const body = () => {
      const file = createReadStream(import.meta.filename);
      opened.push(file);
      return file;
    };
    const { size } = statSync(import.meta.filename);
    await client.upload({ ...put, body, length: size }).catch(() => {});
    expect(opened).toHaveLength(1);
    await expect.poll(() => opened[0]?.closed).toBe(true);
  });

  test("turned away by 429 goes out again whole, unless it can be read once only", async () => {
    const bodies: number[] = [];
    const port = await serve((request, response) => {
      void readBody(request).then((body) => {
        bodies.push(body.length);
        const isOdd = bodies.length % 2 === 1;
        response.writeHead(isOdd ? 429 : 201, { "content-type": "application/json" }).end(created);
      });
    });
    const { client } = setupClient({ baseUrl: at(port) });
    await client.upload({ ...put, body: stream });
    expect(bodies).toEqual([300_000, 300_000]);
    const once = client.upload({ ...put, body: stream() });
    expect(await troubleOf(once)).toMatchObject({ trouble: "rate_limited", maybeDone: false });
  });

  test("ends when it is cancelled", async () => {
    const { client, stored } = await setupStore();
    const stop = new AbortController();
    const body = new PassThrough();
    const onProgress = () => stop.abort();
    body.write("the beginning");
    const call = client.upload({ ...put, body, signal: stop.signal, onProgress });
    expect(await troubleOf(call)).toMatchObject({ trouble: "cancelled", maybeDone: true });
    expect(stored).toEqual([]);
  });

  test("keeps to its rate, which may change meanwhile", async () => {
    const limits: { upBytesPerSecond?: number } = { upBytesPerSecond: 100_000 };
    const { client, waits, stored } = await setupStore(limits);
    await client.upload({ ...put, body: bytes });
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(1500);
    waits.length = 0;
    delete limits.upBytesPerSecond;
    await client.upload({ ...put, body: bytes });
    expect(waits).toEqual([]);
    expect(stored).toHaveLength(2);
  });
});
