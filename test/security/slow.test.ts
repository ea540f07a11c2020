/** B09 and the number of connections: one who sends slowly, or never, keeps nobody else waiting. Times are shortened. */
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { bytesOf, request, sendRaw, verdict } from "../helpers/raw-http.ts";
import { setupGate } from "./setup-gate.ts";

const CREATE = "/api/2.0/mlflow/runs/create";
const UPLOAD = "/api/2.0/mlflow-artifacts/artifacts/0/x/a.bin";
const quick = { bodyIdleMs: 600, transferIdleMs: 1200, headersTimeoutMs: 500, sweepMs: 50, minBodyBytes: 1000 };

interface Slow {
  readonly socket: Socket;
  readonly closed: Promise<number>;
  readonly heard: () => string;
}

/** Opens a connection and sends `bytes`; `closed` tells after how many ms the server ended it. */
const open = (port: number, bytes: string | Buffer): Promise<Slow> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const started = performance.now();
    let heard = "";
    socket.on("data", (data: Buffer) => (heard += data.toString()));
    const closed = new Promise<number>((done) => socket.on("close", () => done(performance.now() - started)));
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNREFUSED" ? reject(error) : undefined));
    socket.on("connect", () => {
      if (bytes.length > 0) socket.write(bytes);
      resolve({ socket, closed, heard: () => heard });
    });
    onTestFinished(() => void socket.destroy());
  });

const drip = (socket: Socket, everyMs: number): void => {
  const timer = setInterval(() => (socket.writable ? socket.write("x") : undefined), everyMs);
  socket.on("close", () => clearInterval(timer));
};

const slowBody = (port: number, path = CREATE, method = "POST"): Buffer =>
  bytesOf(port, {
    method,
    path,
    headers: [
      ["Content-Type", "a/b"],
      ["Content-Length", "100000"],
    ],
  });

test("B09 400 slow bodies: others are answered within 50 ms, and all of them are closed in time", async () => {
  const { port } = await setupGate({ limits: { ...quick, bodyIdleMs: 2500 } });
  const slow: Slow[] = [];
  for (let i = 0; i < 400; i++) slow.push(await open(port, slowBody(port)));
  for (const { socket } of slow.slice(0, 200)) drip(socket, 300); // a drip is no progress
  const times: number[] = [];
  for (let i = 0; i < 9; i++) {
    const started = performance.now();
    expect((await request(port, { path: "/whoami" })).status).toBe(200);
    times.push(performance.now() - started);
  }
  expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(1000);
  const lived = await Promise.all(slow.map(({ closed }) => closed));
  expect(Math.max(...lived)).toBeLessThan(8000);
  expect(slow[0]?.heard()).toContain(" 408 ");
  expect(slow[0]?.heard()).toContain('"error_code":"INVALID_PARAMETER_VALUE"');
}, 40_000);

test("B09 headers that never end, and a connection that never speaks, are closed", async () => {
  const { port } = await setupGate({ limits: quick });
  const silent = await open(port, "");
  const endless = await open(port, "GET /whoami HTTP/1.1\r\nHost: x\r\nX-");
  drip(endless.socket, 100);
  expect(await silent.closed).toBeLessThan(3000);
  expect(await endless.closed).toBeLessThan(3000);
  expect(endless.heard()).toContain(" 408 ");
});

test("B09 an upload may take its time as long as it moves, and is closed when it stops", async () => {
  const { port } = await setupGate({ limits: quick });
  const moving = await open(port, slowBody(port, UPLOAD, "PUT"));
  const timer = setInterval(() => moving.socket.write("x".repeat(100)), 200);
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 3000)); // longer than both idle times
  expect(moving.socket.destroyed).toBe(false);
  clearInterval(timer);
  await moving.closed;
  expect(performance.now() - started).toBeLessThan(6500);
});

test("B09 a JSON body that moves well may take longer than the idle time", async () => {
  const { port } = await setupGate({ limits: quick });
  const { socket, heard } = await open(port, slowBody(port));
  for (let i = 0; i < 10; i++) {
    socket.write("x".repeat(10_000));
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  await expect.poll(heard).toContain(" 200 ");
});

test("an answer that takes long to make, and a silent event stream, are not cut", async () => {
  const { port } = await setupGate({ limits: { ...quick, transferIdleMs: 300, keepAliveMs: 300 } });
  const { socket, heard } = await open(port, bytesOf(port, { path: "/slow" }));
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(socket.destroyed).toBe(false);
  await expect.poll(heard, { timeout: 3000 }).toContain("late");
});

test("a connection without a request is closed after its time", async () => {
  const { port } = await setupGate({
    limits: { ...quick, transferIdleMs: 5000, keepAliveMs: 400, headersTimeoutMs: 5000 },
  });
  const { heard, closed } = await open(port, bytesOf(port, { path: "/whoami" }));
  await expect.poll(heard).toContain(" 200 ");
  expect(await closed).toBeLessThan(3000);
});

test("a reader that stops reading is closed", async () => {
  const { port } = await setupGate({ limits: { ...quick, transferIdleMs: 500 } });
  const { socket, closed } = await open(port, bytesOf(port, { path: "/big" }));
  await new Promise((resolve) => socket.once("data", resolve));
  socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  socket.resume();
  expect(await closed).toBeLessThan(4000);
});

test("a reader that is slow, but reads, is not closed", async () => {
  const { port } = await setupGate({ limits: { ...quick, transferIdleMs: 500 } });
  const { socket } = await open(port, bytesOf(port, { path: "/big" }));
  const started = performance.now();
  let read = 0;
  socket.on("data", (data: Buffer) => {
    read += data.length;
    socket.pause();
    setTimeout(() => socket.resume(), 4); // one piece of 64 KiB at a time
  });
  await expect.poll(() => read, { timeout: 15_000 }).toBeGreaterThan(32 * 1024 * 1024);
  expect(performance.now() - started).toBeGreaterThan(1000);
});

test("another uid gets 32 connections, the owner as many as he likes", async () => {
  let uid = 4242;
  const { port, warnings } = await setupGate({ peerUid: () => Promise.resolve(uid), ownerUid: 1000 });
  const others: Slow[] = [];
  for (let i = 0; i < 40; i++) others.push(await open(port, ""));
  await expect.poll(() => others.filter(({ socket }) => socket.destroyed).length).toBe(8);
  expect(warnings).toHaveLength(8);
  uid = 1000;
  for (let i = 0; i < 300; i++) others.push(await open(port, ""));
  expect((await request(port, { path: "/whoami" })).status).toBe(200);
  expect(others.filter(({ socket }) => socket.destroyed)).toHaveLength(8);
  others[0]?.socket.destroy();
  uid = 4242;
  await expect.poll(async () => (await request(port, { path: "/whoami" })).status).toBe(401); // a freed place is free
});

test("all who are not the owner get 256 connections together", async () => {
  let uid = 2000;
  const { port } = await setupGate({ peerUid: () => Promise.resolve(uid++ % 20), ownerUid: 1000 });
  const others: Slow[] = [];
  for (let i = 0; i < 270; i++) others.push(await open(port, ""));
  await expect.poll(() => others.filter(({ socket }) => !socket.destroyed).length).toBe(256);
});

test("a broken second message does not answer for the first, which is still at work", async () => {
  const { port } = await setupGate();
  const bytes = Buffer.concat([bytesOf(port, { path: "/slow" }), Buffer.from("NONSENSE\r\n\r\n")]);
  const answer = await sendRaw(port, bytes, { untilClosed: true });
  expect(verdict(answer)).toEqual([0, undefined]);
});

test("two requests in one packet are both answered, and both judged", async () => {
  const { port } = await setupGate();
  const evil = bytesOf(port, {
    path: "/whoami",
    headers: [
      ["Host", "evil.example"],
      ["Connection", "close"],
    ],
  });
  const answer = await sendRaw(port, Buffer.concat([bytesOf(port, { path: "/whoami" }), evil]), { untilClosed: true });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatch(/HTTP\/1\.1 403/);
});
