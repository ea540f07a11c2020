/**
 * Takes in a body: a short one stays in memory, a long one goes through two fixed buffers into a file of its own, hashed
 * on the way, so that memory stays flat however long it is. Whatever fails, the file is gone.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import { BLOCK_BYTES, BUFFER_BYTES, createDirectFiles, DIRECT_BYTES, type DirectFile } from "./direct.ts";
import type { Disk } from "./disk.ts";

/** Up to this size a body is written in one piece. */
const SMALL_BYTES = 256 * 1024;

/** A body that has arrived whole: its bytes, or the file that holds them, not yet synced. */
export interface Staged {
  readonly sha256: string;
  readonly size: number; // bytes
  readonly content: { readonly bytes: Buffer } | { readonly fd: number; readonly file: string };
}

/** What the sender said of the body beforehand. */
export interface Expected {
  readonly size?: number; // bytes
  readonly sha256?: string;
  /** Nobody else looks at the body's chunks: each may be freed as soon as it is copied. */
  readonly ownsChunks?: boolean;
}

export type Body = AsyncIterable<Uint8Array>;

/**
 * Frees a chunk that has been copied. The collector counts a socket's chunks too late: dozens of megabytes of them lie
 * around before it runs. A chunk that shares its memory with another is left to it.
 */
const giveBack = ({ buffer, byteLength }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
};

/** After so many bytes what was written goes to the disk beside the upload, whose end then has little left to wait for. */
const SYNC_EVERY_BYTES = 32 * 1024 * 1024;

const wholeBlocks = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;

const failureOf = (work: Promise<void>): Promise<Error | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );

/** A file that bytes are written to, the usual way or directly. */
interface Target {
  readonly fd: number;
  readonly file: string;
  readonly direct: DirectFile | undefined;
}

const newBuffer = (): Buffer => Buffer.allocUnsafeSlow(BUFFER_BYTES);

/** Fills one buffer while the other is being written and hashed. */
const createSink = (disk: Disk, { fd, direct }: Target) => {
  const hash = createHash("sha256");
  let [filling = newBuffer(), written = newBuffer()] = direct?.buffers ?? [];
  let used = 0;
  let size = 0;
  let synced = 0;
  let isSyncing = false;
  // Each resolves to what went wrong.
  let writing: Promise<Error | undefined> = Promise.resolve(undefined);
  let syncing: Promise<Error | undefined> = Promise.resolve(undefined);

  const settle = async (): Promise<void> => {
    const failure = (await writing) ?? (await syncing);
    await syncing; // none may outlive its file
    if (failure !== undefined) throw failure;
  };
  /** A failed sync stays failed: the system may have dropped the bytes, so a later one proves nothing. */
  const syncBeside = async (): Promise<void> => {
    if (direct || isSyncing || size - synced < SYNC_EVERY_BYTES) return;
    const failure = await syncing;
    if (failure !== undefined) throw failure;
    synced = size;
    isSyncing = true;
    syncing = failureOf(disk.sync(fd)).finally(() => (isSyncing = false));
  };
  const flush = async (): Promise<void> => {
    const failure = await writing;
    if (failure !== undefined) throw failure;
    await syncBeside();
    const full = filling.subarray(0, used);
    writing = failureOf(disk.write(fd, direct ? filling.subarray(0, wholeBlocks(used)) : full));
    hash.update(full);
    size += used;
    used = 0;
    [filling, written] = [written, filling];
  };
  const add = async (chunk: Uint8Array): Promise<void> => {
    for (let from = 0; from < chunk.length;) {
      const part = chunk.subarray(from, from + BUFFER_BYTES - used);
      filling.set(part, used);
      used += part.length;
      from += part.length;
      if (used === BUFFER_BYTES) await flush();
    }
  };
  const end = async (): Promise<{ sha256: string; size: number }> => {
    await flush();
    await settle();
    if (direct && size % BLOCK_BYTES !== 0) disk.truncate(fd, size);
    return { sha256: hash.digest("hex"), size };
  };
  return { add, end, settle };
};

const assertExpected = (got: { sha256: string; size: number }, expected: Expected): void => {
  if (expected.size !== undefined && expected.size !== got.size)
    throw new DomainError(
      "invalid",
      `The upload was cut off: ${got.size} of ${expected.size} bytes arrived. Nothing was stored.`,
    );
  if (expected.sha256 !== undefined && expected.sha256 !== got.sha256)
    throw new DomainError(
      "invalid",
      `The body's sha256 is ${got.sha256}, not ${expected.sha256} as announced. Nothing was stored.`,
    );
};

const readBody = async (body: Body, add: (chunk: Uint8Array) => Promise<void> | undefined): Promise<void> => {
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const step = await chunks.next().catch((cause: unknown) => {
      if (cause instanceof DomainError) throw cause; // a limit that the caller put around the body
      throw new DomainError("invalid", "The upload was cut off before its end. Nothing was stored.", { cause });
    });
    if (step.done === true) return;
    try {
      await add(step.value);
    } catch (error) {
      await chunks.return?.();
      throw error;
    }
  }
};

export const createStaging = (folder: string, disk: Disk) => {
  let count = 0;
  const newFile = (): string => join(folder, `${process.pid}-${++count}.part`);
  const directFiles = createDirectFiles(disk, newFile);

  const openTarget = ({ size = 0 }: Expected): Target => {
    const file = newFile();
    const direct = size >= DIRECT_BYTES ? directFiles.create(file) : undefined;
    return { fd: direct?.fd ?? disk.create(file), file, direct };
  };

  const discard = (staged: Staged): void => {
    if ("bytes" in staged.content) return;
    disk.close(staged.content.fd);
    disk.remove(staged.content.file);
  };

  /**
   * Reads a body to its end.
   * @throws DomainError `invalid` when it is cut off or is not what was announced; what the disk threw.
   */
  const receive = async (body: Body, expected: Expected): Promise<Staged> => {
    const small: Uint8Array[] = [];
    let size = 0;
    let large: (Target & { sink: ReturnType<typeof createSink> }) | undefined;
    const add = (chunk: Uint8Array): Promise<void> | undefined => {
      if (large !== undefined)
        return large.sink.add(chunk).then(() => (expected.ownsChunks ? giveBack(chunk) : undefined));
      small.push(chunk);
      size += chunk.length;
      if (size <= SMALL_BYTES) return undefined;
      const target = openTarget(expected);
      large = { ...target, sink: createSink(disk, target) };
      return large.sink.add(Buffer.concat(small.splice(0)));
    };
    try {
      await readBody(body, add);
      const bytes = Buffer.concat(small);
      const got = large ? await large.sink.end() : { sha256: createHash("sha256").update(bytes).digest("hex"), size };
      assertExpected(got, expected);
      return { ...got, content: large ? { fd: large.fd, file: large.file } : { bytes } };
    } catch (error) {
      if (large) {
        await large.sink.settle().catch(() => undefined); // the first failure is the one to tell; no write may outlive its file
        discard({ sha256: "", size, content: large });
      }
      throw error;
    } finally {
      large?.direct?.release(); // nothing is written any more, however it ended
    }
  };

  /** Puts a staged body into a synced file and returns its path. */
  const settle = async (staged: Staged): Promise<string> => {
    const { content } = staged;
    const file = "bytes" in content ? newFile() : content.file;
    const fd = "bytes" in content ? disk.create(file) : content.fd;
    try {
      if ("bytes" in content) disk.writeNow(fd, content.bytes);
      await disk.sync(fd);
    } catch (error) {
      disk.close(fd);
      disk.remove(file);
      throw error;
    }
    disk.close(fd);
    return file;
  };

  return { receive, settle, discard, newFile, directFiles };
};
