import { randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { toRequest } from "../load.ts";
import { growthDuring } from "../memory.ts";
import { atLeast, atMost, type Row, shareOfLimit, type Sizes } from "../row.ts";
import { newRun } from "../seed.ts";
import { oncePerTarget, type Target } from "../targets.ts";
import { measureLoop, measurement } from "./shared.ts";

const MIB = 1024 * 1024;
const runOf = oncePerTarget((target) => newRun(target));
const pathOf = async (target: Target, name: string): Promise<string> =>
  `/api/2.0/mlflow-artifacts/artifacts/0/${await runOf(target)}/artifacts/${name}`;

/** The bytes of a file that no store has seen before: each mebibyte begins with random bytes. */
const freshBytes = function* (mib: number): Generator<Buffer> {
  for (let i = 0; i < mib; i++) {
    const part = Buffer.alloc(MIB, i & 255);
    randomBytes(64).copy(part);
    yield part;
  }
};

/** Sends or fetches a big file as a stream; resolves with the bytes that came back. @throws Error for any answer but 200. */
const transfer = (url: string, method: string, path: string, mib: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const headers = method === "PUT" ? { "content-length": mib * MIB, "content-type": "application/octet-stream" } : {};
    const sent = httpRequest({ hostname, port, method, path, headers }, (answer) => {
      let bytes = 0;
      answer.on("data", (part: Buffer) => (bytes += part.length));
      answer.on("error", reject);
      answer.on("end", () =>
        answer.statusCode === 200
          ? resolve(bytes)
          : reject(new Error(`${method} ${path}: ${String(answer.statusCode)}`)),
      );
    });
    sent.on("error", reject);
    if (method === "PUT")
      pipeline(Readable.from(freshBytes(mib), { objectMode: false, highWaterMark: 4 * MIB }), sent).catch(reject);
    else sent.end();
  });

let files = 0;

const bigFile = (name: string, label: string, mibOf: (sizes: Sizes) => number, option?: Row["option"]): Row => ({
  name,
  mostRounds: 3,
  ...(option === undefined ? {} : { option }),
  lines: [
    { key: "put", label: `${label} PUT, MB/s`, better: "higher", goal: shareOfLimit(0.7), factor: 1.2 },
    { key: "get", label: `${label} GET, MB/s`, better: "higher", goal: shareOfLimit(0.7), factor: 1.2 },
    { key: "growth", label: `${label}, RSS growth, MiB`, better: "lower", goal: atMost(64), over: "max", factor: 0 },
  ],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const mib = mibOf(sizes);
    const path = await pathOf(server, `big-${String(files++)}.bin`);
    const timed = async (method: string, expected: number): Promise<number> => {
      const started = performance.now();
      const bytes = await transfer(server.url, method, path, mib);
      if (bytes < expected) throw new Error(`${server.kind} gave ${String(bytes)} of ${String(expected)} bytes`);
      return (mib * MIB) / 1e6 / ((performance.now() - started) / 1000);
    };
    let [put, get] = [NaN, NaN];
    const growth = await growthDuring(server.pid, async () => {
      put = await timed("PUT", 0);
      get = await timed("GET", mib * MIB);
    });
    return { values: { put, get, growth } };
  },
});

export const bigArtifact = bigFile("artifact-big", "artifact of 512 MiB", (sizes) => sizes.bigFileMiB);
export const hugeArtifact = bigFile("artifact-huge", "artifact of 5 GB", () => 4769, "huge");

const SMALL_BYTES = 4096;
const CONNECTIONS = 8;

export const smallArtifacts: Row = {
  name: "artifact-small",
  lines: [
    { key: "put", label: "artifacts of 4 KiB × 8 connections PUT, files/s", better: "higher", goal: atLeast(1000) },
    { key: "get", label: "artifacts of 4 KiB × 8 connections GET, files/s", better: "higher", goal: shareOfLimit(0.5) },
  ],
  measure: async ({ target, sizes }) => {
    const server = await target();
    const folder = await pathOf(server, "small");
    const written: string[] = [];
    const put = await measureLoop(server, {
      connections: CONNECTIONS,
      ms: sizes.loopMs,
      request: () => {
        const path = `${folder}/${String(files++)}.bin`;
        written.push(path);
        return toRequest("PUT", path, randomBytes(SMALL_BYTES));
      },
    });
    const get = await measureLoop(server, {
      connections: CONNECTIONS,
      ms: sizes.loopMs,
      request: (n) => toRequest("GET", written[(n * 7919) % written.length] ?? ""),
    });
    return measurement(server, { put: put.perSecond, get: get.perSecond }, put, get);
  },
};
