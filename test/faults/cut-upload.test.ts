/** Connections that end in the middle of an upload: nothing of it is ever visible, and nothing stays on disk. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createHttpClient, type HttpClient, textOf } from "../helpers/http-client.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const dataDir = mkdtempSync(join(tmpdir(), "outpost-cut-"));
let server: ServerProcess | undefined;
let client: HttpClient;
let root = "";

beforeAll(async () => {
  server = await startOutpost({ dataDir });
  client = createHttpClient(server.url, 4);
  const made = (await client.mlflow("runs/create", { experiment_id: "0", start_time: 1 })).json();
  root = textOf(made, "run", "info", "artifact_uri").replace("mlflow-artifacts:/", "");
}, 60_000);

afterAll(async () => {
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Sends a request's head and the start of its body, and lets go of the connection once `isTime`, given the bytes that came back. */
const sendAndCut = (
  head: string,
  start: Buffer,
  how: "end" | "reset",
  isTime: (received: number) => boolean,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let received = 0;
    const { hostname, port, host } = new URL(server?.url ?? "");
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head}\r\nHost: ${host}\r\nContent-Type: application/octet-stream\r\n\r\n`);
      socket.write(start);
      vi.waitUntil(() => isTime(received), { timeout: 10_000 })
        .then(() => (how === "reset" ? socket.resetAndDestroy() : socket.destroy()))
        .catch(reject);
    });
    socket.on("data", (part: Buffer) => (received += part.length));
    socket.on("close", () => resolve());
    socket.on("error", reject);
  });

const filesIn = (folder: "staging" | "blobs"): string[] => {
  const path = join(dataDir, "artifacts", folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
};
const isStaged = (): boolean => filesIn("staging").length > 0;

const half = Buffer.alloc(512 * 1024, "h");
const chunk = Buffer.concat([Buffer.from(`${half.length.toString(16)}\r\n`), half, Buffer.from("\r\n")]);
const announced = `Content-Length: ${String(2 * half.length)}`;
const put = (name: string, framing: string): string =>
  `PUT /api/2.0/mlflow-artifacts/artifacts/${root}/${name} HTTP/1.1\r\n${framing}`;

test.each([
  ["closed with its length announced", announced, half, "end"],
  ["reset with its length announced", announced, half, "reset"],
  ["closed in the middle of chunks", "Transfer-Encoding: chunked", chunk, "end"],
  ["reset in the middle of chunks", "Transfer-Encoding: chunked", chunk, "reset"],
] as const)("an upload %s leaves nothing", async (_, framing, start, how) => {
  await sendAndCut(put("cut.bin", framing), start, how, isStaged);
  await vi.waitFor(() => expect(filesIn("staging")).toEqual([]), { timeout: 5_000 });
  expect(filesIn("blobs")).toEqual([]);
  const listed = await client.send("GET", `/api/2.0/mlflow-artifacts/artifacts?path=${root}`);
  expect([listed.status, listed.json()]).toEqual([200, expect.not.objectContaining({ files: [expect.anything()] })]);
});

test("an upload cut while it replaces a file leaves the old file", async () => {
  const path = `/api/2.0/mlflow-artifacts/artifacts/${root}/kept.txt`;
  expect((await client.send("PUT", path, Buffer.from("old"))).status).toBe(200);
  await sendAndCut(put("kept.txt", announced), half, "reset", isStaged);
  await vi.waitFor(() => expect(filesIn("staging")).toEqual([]), { timeout: 5_000 });
  expect((await client.send("GET", path)).body.toString()).toBe("old");
});

test("the server goes on after a download is cut", async () => {
  const path = `/api/2.0/mlflow-artifacts/artifacts/${root}/big.bin`;
  expect((await client.send("PUT", path, Buffer.alloc(8 * 1024 * 1024, "b"))).status).toBe(200);
  await sendAndCut(`GET ${path} HTTP/1.1`, Buffer.alloc(0), "reset", (received) => received > 0);
  const whole = await client.send("GET", path);
  expect([whole.status, whole.body.length]).toEqual([200, 8 * 1024 * 1024]);
});
