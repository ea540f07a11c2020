/** What goes wrong between two machines, spoken by hand: how a read ends, how a write ends, and whether it is in doubt. */
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { Timeouts } from "../../../../electron/remote/http/client.ts";
import { raw, serveRaw, setupClient, troubleOf } from "./setup.ts";

const setup = async (answer: (socket: Socket) => void, timeouts: Partial<Timeouts> = {}) => {
  let calls = 0;
  const port = await serveRaw((socket) => {
    calls += 1;
    answer(socket);
  });
  return { ...setupClient({ baseUrl: `http://127.0.0.1:${port}`, timeouts }), calls: () => calls };
};

const html = "<!DOCTYPE html><html><body>Sign in to the guest network</body></html>";
const asHtml = { "Content-Type": "text/html; charset=utf-8" };
const gzip = gzipSync("{}").toString("latin1");
const says = (answer: string) => (socket: Socket) => void socket.end(answer, "latin1");

/** name, what the server does, a read's trouble, how often it goes out, a write's trouble */
const faults = [
  ["cut before an answer", (socket: Socket) => socket.destroy(), "unavailable", 6, "unavailable"],
  ["ended without an answer", (socket: Socket) => socket.end(), "unavailable", 6, "unavailable"],
  ["reset", (socket: Socket) => socket.resetAndDestroy(), "unavailable", 6, "unavailable"],
  ["cut in the head", says("HTTP/1.1 200 OK\r\nContent-Ty"), "unavailable", 6, "unavailable"],
  ["cut in the body", says(raw(200, '{"a":', { "Content-Length": "100" })), "unavailable", 6, "unavailable"],
  [
    "cut in a chunk",
    says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{"),
    "unavailable",
    6,
    "unavailable",
  ],
  ["no HTTP at all", says("SSH-2.0-OpenSSH_9.9\r\n"), "garbled", 6, "garbled"],
  ["a head without end", says(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`), "garbled", 6, "garbled"],
  ["JSON that ends early", says(raw(200, '{"a":')), "garbled", 6, "garbled"],
  ["an empty 200", says(raw(200, "")), "garbled", 6, "garbled"],
  ["gzip that was not asked for", says(raw(200, gzip, { "Content-Encoding": "gzip" })), "garbled", 6, "garbled"],
  ["garbage said to be gzip", says(raw(200, "\x1f\x8bxxx", { "Content-Encoding": "gzip" })), "garbled", 6, "garbled"],
  ["bytes that are no UTF-8", says(raw(200, '{"a":"\xff"}', { "Content-Length": "9" })), "garbled", 6, "garbled"],
  ["success and an error at once", says(raw(200, '{"error":"no"}')), "garbled", 6, "garbled"],
  ["success and an error code at once", says(raw(200, '{"error_code":"X"}')), "garbled", 6, "garbled"],
  [
    "a switch of protocol",
    says("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "unavailable",
    6,
    "unavailable",
  ],
  ["a page to sign in", says(raw(200, html, asHtml)), "captive", 1, "garbled"],
  ["a page that says it is JSON", says(raw(200, html)), "captive", 1, "garbled"],
  ["a text", says(raw(200, "OK", { "Content-Type": "text/plain" })), "captive", 1, "garbled"],
  ["a page that blocks", says(raw(403, html, asHtml)), "captive", 1, "forbidden"],
  ["a page that asks for a proxy's password", says(raw(407, html, asHtml)), "captive", 1, "captive"],
  ["a page instead of an API", says(raw(404, html, asHtml)), "captive", 1, "gone"],
  ["a bad gateway's page", says(raw(502, html, asHtml)), "unavailable", 6, "unavailable"],
] as const;

describe.each(faults)("%s", (_name, answer, readTrouble, reads, writeTrouble) => {
  test(`a read: ${readTrouble}, ${reads} calls, nothing in doubt`, async () => {
    const { get, calls } = await setup((socket) => void answer(socket));
    expect(await troubleOf(get())).toMatchObject({ trouble: readTrouble, maybeDone: false });
    expect(calls()).toBe(reads);
  });

  test(`a write: ${writeTrouble}, one call`, async () => {
    const { post, calls } = await setup((socket) => void answer(socket));
    const maybeDone = writeTrouble === "garbled" || writeTrouble === "unavailable";
    expect(await troubleOf(post())).toMatchObject({ trouble: writeTrouble, maybeDone });
    expect(calls()).toBe(1);
  });
});

test("an answer that is longer than wanted is not read to its end", async () => {
  const { client, ledger } = await setup((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900000000\r\n\r\n[");
    const more = (): void => {
      while (!socket.destroyed && socket.write("1,".repeat(20_000)));
    };
    socket.on("drain", more);
    more();
  });
  const call = client.json({ method: "GET", path: "/x", maxBytes: 100_000, read: (each) => each });
  expect(await troubleOf(call)).toMatchObject({ trouble: "too_large", message: /longer than 100000 bytes/ });
  expect(ledger[0]?.bytesDown).toBeLessThan(1_000_000);
});

test("the text of a refusal is read in part only", async () => {
  const { post } = await setup(says(raw(400, "x".repeat(200_000), { "Content-Type": "text/plain" })));
  const { body, message } = await troubleOf(post());
  expect(body).toBe("x".repeat(2000));
  expect(message.length).toBeLessThan(500);
});

test("a depth that no answer has", async () => {
  const { post } = await setup(says(raw(200, `${"[".repeat(100_000)}1234567890123456789${"]".repeat(100_000)}`)));
  expect(await troubleOf(post())).toMatchObject({ trouble: "garbled", maybeDone: true });
});

describe("time runs out", () => {
  test("for the answer's head", async () => {
    const { post, get } = await setup(() => {}, { headersMs: 50 });
    expect(await troubleOf(post())).toMatchObject({
      trouble: "unavailable",
      maybeDone: true,
      message: /no answer within/,
    });
    expect(await troubleOf(get())).toMatchObject({ trouble: "unavailable", maybeDone: false });
  });

  test("within the body", async () => {
    const { post } = await setup((socket) => void socket.write(raw(200, "{", { "Content-Length": "9" })), {
      idleMs: 100,
    });
    expect(await troubleOf(post())).toMatchObject({ trouble: "unavailable", maybeDone: true, message: /no more came/ });
  });

  test("within the body of a refusal: what has come counts", async () => {
    const slow = raw(409, '{"message":', { "Content-Length": "90" });
    const { post } = await setup((socket) => void socket.write(slow), { idleMs: 100 });
    expect(await troubleOf(post())).toMatchObject({ trouble: "exists", status: 409 });
  });

  test("while TLS is agreed upon: nothing was sent", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const port = await serveRaw((socket) => void socket.on("close", () => resolve()));
    const { post } = setupClient({ baseUrl: `https://127.0.0.1:${port}`, timeouts: { connectMs: 30 } });
    expect(await troubleOf(post())).toMatchObject({ trouble: "offline", maybeDone: false, message: /within 1 s/ });
    await ended; // the connection does not stay behind
  });
});
