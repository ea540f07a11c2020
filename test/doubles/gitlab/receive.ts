/** Reads a request's body: small ones into memory, files to disk with their digests, with faults on the way. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rm, truncate } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "node:stream/promises";
import type { Fault } from "./faults.ts";
import type { Upload } from "./routes.ts";
import type { State } from "./state.ts";

/** The connection is to end here, because a fault says so or the client has gone. */
export class Cut extends Error {
  override readonly name = "Cut";
}

const find = (faults: readonly Fault[], kind: Fault["kind"]): Fault | undefined =>
  faults.find((fault) => fault.kind === kind);

/** The body piece by piece, slowed or cut as the faults say. */
async function* pieces(request: IncomingMessage, faults: readonly Fault[]): AsyncGenerator<Buffer> {
  const slow = find(faults, "slow");
  const cut = find(faults, "cut-at");
  const total = Number(request.headers["content-length"] ?? 0);
  const limit = cut && total > 0 ? Math.floor((total * cut.percent) / 100) : Number.POSITIVE_INFINITY;
  let taken = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (taken + chunk.length >= limit) throw new Cut("upload cut");
    taken += chunk.length;
    if (slow) await sleep((chunk.length / slow.bytesPerSecond) * 1000);
    yield chunk;
  }
  if (!request.complete) throw new Cut("the client has gone");
}

/** @throws Cut */
export const readBody = async (request: IncomingMessage, faults: readonly Fault[]): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of pieces(request, faults)) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** Changes what lies on disk, as a store that lies would; the digests are those of what it holds. */
const spoil = async (path: string, size: number, faults: readonly Fault[]): Promise<boolean> => {
  const short = find(faults, "stored-short");
  const wrong = find(faults, "stored-wrong");
  if (short) await truncate(path, Math.max(size - short.bytes, 0));
  if (wrong && size > 0) {
    const file = await open(path, "r+");
    const at = Math.min(wrong.at ?? Math.floor(size / 2), size - 1);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
    await file.write(Buffer.from([(buffer[0] ?? 0) ^ 0xff]), 0, 1, at);
    await file.close();
  }
  return Boolean(short ?? wrong);
};

const digests = (isLight: boolean) => {
  const [sha256, sha1, md5] = [createHash("sha256"), createHash("sha1"), createHash("md5")];
  let size = 0;
  return {
    add: (chunk: Buffer): void => {
      size += chunk.length;
      for (const hash of isLight ? [sha256] : [sha256, sha1, md5]) hash.update(chunk);
    },
    result: () => ({ size, sha256: sha256.digest("hex"), sha1: sha1.digest("hex"), md5: md5.digest("hex") }),
  };
};

const digestsOf = async (path: string, isLight: boolean) => {
  const hashes = digests(isLight);
  const file = await open(path, "r");
  for await (const chunk of file.createReadStream()) if (Buffer.isBuffer(chunk)) hashes.add(chunk);
  return hashes.result();
};

/** Above this size only SHA-256 is true: three digests of five gigabytes would be what a test measures. */
const LIGHT_FROM = 256 * 1024 ** 2;

/** @throws Cut, with nothing kept */
export const readUpload = async (state: State, request: IncomingMessage, faults: readonly Fault[]): Promise<Upload> => {
  const path = join(state.folder, `upload-${String(state.nextId("upload"))}`);
  const isLight = Number(request.headers["content-length"] ?? 0) > LIGHT_FROM;
  const hashes = digests(isLight);
  const source = async function* () {
    for await (const chunk of pieces(request, faults)) {
      hashes.add(chunk);
      yield chunk;
    }
  };
  try {
    await pipeline(source, createWriteStream(path));
  } catch (cause) {
    await rm(path, { force: true });
    throw cause;
  }
  const given = hashes.result();
  return { path, ...((await spoil(path, given.size, faults)) ? await digestsOf(path, isLight) : given) };
};
