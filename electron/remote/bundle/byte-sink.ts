/** Where the bytes of an archive go: into one file, or into volumes cut to the medium's size. */
import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, rename, rm, writeFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { isNoRoom } from "../../../shared/no-room.ts";
import { BundleError, shown } from "./errors.ts";
import { MOST_VOLUMES, sumsPath, volumePath } from "./volume-names.ts";
import { writeManifest } from "./tag-files.ts";

export interface ByteSink {
  readonly write: (bytes: Buffer) => Promise<void>;
  /** All is on disk under its final name afterwards. */
  readonly close: () => Promise<void>;
  /** Nothing is left afterwards. */
  readonly abort: () => Promise<void>;
}

/** A file that was written, in the order of their bytes; the list of digests comes last. */
export interface WrittenFile {
  readonly path: string;
  readonly size: number;
}

export interface FileSink extends ByteSink {
  readonly files: () => readonly WrittenFile[];
}

const LEAST_VOLUME_BYTES = 64 * 1024;

/** A full medium, one that cannot hold such long files and one that is broken, in words. */
export const diskError = (
  error: unknown,
  path: string,
  wayOut = "free some, or cut the bundle into volumes",
): unknown => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (isNoRoom(error)) {
    return new BundleError("space", path, `No space is left for ${shown(path)}: ${wayOut}.`, { cause: error });
  }
  if (code === "EFBIG") {
    const message = `The medium cannot hold a file as long as ${shown(path)}: cut the bundle into volumes.`;
    return new BundleError("space", path, message, { cause: error });
  }
  if (code === "EIO") {
    const message = `The medium failed while ${shown(path)} was written (${code}): use another one.`;
    return new BundleError("medium", path, message, { cause: error });
  }
  return error;
};

/** Writes all of the bytes; a short write goes on where it stopped. */
export const writeAll = async (handle: FileHandle, bytes: Buffer): Promise<void> => {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at);
    at += bytesWritten;
  }
};

interface OpenFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly hash: Hash | undefined;
  size: number;
}

export interface FileSinkOptions {
  readonly outFile: string;
  /** Cuts into `<outFile>.001`, `.002`, … of this size, with a list of their digests beside them. */
  readonly volumeBytes?: number | undefined;
}

/** Files that exist are never written over; until `close` what is written has `.part` at its end. */
export const createFileSink = ({ outFile, volumeBytes }: FileSinkOptions): FileSink => {
  if (volumeBytes !== undefined && !(volumeBytes >= LEAST_VOLUME_BYTES)) {
    throw new BundleError(
      "volume",
      outFile,
      `A volume has at least ${LEAST_VOLUME_BYTES} bytes; ${volumeBytes} were asked for.`,
    );
  }
  const done: (WrittenFile & { readonly sha256: string | undefined })[] = [];
  const created: string[] = [];
  let current: OpenFile | undefined;

  const start = async (): Promise<OpenFile> => {
    const path = volumeBytes === undefined ? outFile : volumePath(outFile, done.length + 1);
    if (done.length === MOST_VOLUMES) {
      throw new BundleError("volume", path, `More than ${MOST_VOLUMES} volumes: choose a larger volume size.`);
    }
    for (const taken of volumeBytes === undefined ? [path] : [path, sumsPath(outFile)]) {
      if (existsSync(taken)) {
        throw new BundleError("exists", taken, `${shown(taken)} exists already: choose another name or remove it.`);
      }
    }
    const handle = await open(`${path}.part`, "w", 0o600);
    created.push(`${path}.part`);
    return { path, handle, hash: volumeBytes === undefined ? undefined : createHash("sha256"), size: 0 };
  };

  const finish = async ({ path, handle, hash, size }: OpenFile): Promise<void> => {
    await handle.sync();
    await handle.close();
    current = undefined;
    done.push({ path, size, sha256: hash?.digest("hex") });
  };

  const writePart = async (file: OpenFile, bytes: Buffer): Promise<void> => {
    const written = writeAll(file.handle, bytes);
    file.hash?.update(bytes); // while the system writes
    file.size += bytes.length;
    await written;
  };

  const write = async (bytes: Buffer): Promise<void> => {
    try {
      for (let at = 0; at < bytes.length;) {
        current ??= await start();
        const room = volumeBytes === undefined ? bytes.length : volumeBytes - current.size;
        const part = bytes.subarray(at, at + room);
        await writePart(current, part);
        at += part.length;
        if (current.size === volumeBytes) await finish(current);
      }
    } catch (error) {
      throw diskError(error, current?.path ?? outFile);
    }
  };

  const close = async (): Promise<void> => {
    try {
      if (current) await finish(current);
      for (const { path } of done) {
        await rename(`${path}.part`, path);
        created.push(path);
      }
      if (volumeBytes === undefined) return;
      const sums = writeManifest(done.map(({ path, sha256 }) => [basename(path), sha256 ?? ""]));
      created.push(sumsPath(outFile));
      await writeFile(sumsPath(outFile), sums, { mode: 0o600, flush: true });
      done.push({ path: sumsPath(outFile), size: sums.length, sha256: undefined });
    } catch (error) {
      throw diskError(error, outFile);
    }
  };

  const abort = async (): Promise<void> => {
    const open = current;
    current = undefined;
    await open?.handle.close();
    for (const path of created) await rm(path, { force: true });
  };

  return { write, close, abort, files: () => done.map(({ path, size }) => ({ path, size })) };
};
