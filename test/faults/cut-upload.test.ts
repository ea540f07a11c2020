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

/** Sends a request's head and the start of its body, then lets go of the connection. */
const sendAndCut = (head: string, start: Buffer, how: "end" | "reset"): Promise<void> =>
  new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(server?.url ?? "");
    const socket = connect(Number(port), hostname, () => {
      socket.write(`${head}\r\nHost: ${host}\r\nContent-Type: application/octet-stream\r\n\r\n`);
      socket.write(start, () => setTimeout(() => (how === "reset" ? socket.resetAndDestroy() : socket.destroy()), 50));
    });
    socket.on("close", () => resolve());
    socket.on("error", reject);
  });

const filesLeft = (): string[] => {
  const folder = join(dataDir, "artifacts");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
};

const put = (name: string): string => `PUT /api/2.0/mlflow-artifacts/artifacts/${root}/${name} HTTP/1.1`;
const half = Buffer.alloc(512 * 1024, "h");
const chunk = Buffer.concat([Buffer.from(`${half.length.toString(16)}\r\n`), half, Buffer.from("\r\n")]);

test.each([
  ["closed with its length announced", `${put("a")}\r\nContent-Length: ${String(2 * half.length)}`, half, "end"],
  ["reset with its length announced", `${put("b")}\r\nContent-Length: ${String(2 * half.length)}`, half, "reset"],
  ["closed in the middle of chunks", `${put("c")}\r\nTransfer-Encoding: chunked`, chunk, "end"],
  ["reset in the middle of chunks", `${put("d")}\r\nTransfer-Encoding: chunked`, chunk, "reset"],
] as const)("an upload %s leaves nothing", async (_, head, start, how) => {
  await sendAndCut(head, start, how);
  await vi.waitFor(() => expect(filesLeft()).toEqual([]), { timeout: 5_000 });
  const listed = await client.send("GET", `/api/2.0/mlflow-artifacts/artifacts?path=${root}`);
  expect([listed.status, listed.json()]).toEqual([200, expect.not.objectContaining({ files: [expect.anything()] })]);
});

test("an upload cut while it replaces a file leaves the old file", async () => {
  const path = `/api/2.0/mlflow-artifacts/artifacts/${root}/kept.txt`;
  expect((await client.send("PUT", path, Buffer.from("old"))).status).toBe(200);
  await sendAndCut(`${put("kept.txt")}\r\nContent-Length: ${String(2 * half.length)}`, half, "reset");
  expect((await client.send("GET", path)).body.toString()).toBe("old");
});

test("the server goes on after a download is cut", async () => {
  const path = `/api/2.0/mlflow-artifacts/artifacts/${root}/big.bin`;
  expect((await client.send("PUT", path, Buffer.alloc(8 * 1024 * 1024, "b"))).status).toBe(200);
  await sendAndCut(`GET ${path} HTTP/1.1`, Buffer.alloc(0), "reset");
  const whole = await client.send("GET", path);
  expect([whole.status, whole.body.length]).toEqual([200, 8 * 1024 * 1024]);
});
