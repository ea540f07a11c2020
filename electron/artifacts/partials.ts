/**
 * Downloads on their way in: `partial/<sha256>`, kept between attempts and restarts. What is there has no meaning until
 * `finish` has hashed all of it; then it becomes a blob.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import type { Blobs } from "./blobs.ts";
import { disk as realDisk, toDiskError, type Disk } from "./disk.ts";

/** Bytes on their way in: appended, synced, then checked and taken over as a blob. */
export interface Partial {
  readonly size: () => number;
  /** Appends from `from` on (what lies behind is cut off). @throws DomainError `exhausted` on a full disk. */
  append(
    from: number,
    body: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
    onBytes?: (total: number) => void,
  ): Promise<void>;
  /** Hashes all of it; becomes a blob when size and digest fit. @throws DomainError `corrupt`: then it is emptied. */
  finish(expected: { readonly sha256: string; readonly size: number }): Promise<void>;
  drop(): Promise<void>;
  /** What has come from `from` on, at most so many bytes; unchecked. None once it has become a blob. */
  peek(from: number, most: number): Promise<Buffer<ArrayBuffer>>;
}

const DIGEST = /^[0-9a-f]{64}$/;
const READ_BYTES = 1024 * 1024;

export interface PartialsOptions {
  readonly root: string; // the artifact folder
  readonly blobs: Pick<Blobs, "adopt" | "sizeOnDisk">;
  readonly disk?: Disk;
}

export type Partials = ReturnType<typeof createPartials>;

export const createPartials = ({ root, blobs, disk = realDisk }: PartialsOptions) => {
  const folder = join(root, "partial");

  const ready = (): void => {
    disk.makeFolder(folder);
    if (!disk.isFolder(folder))
      throw new DomainError("invalid", `'${folder}' must be a folder of its own, not a link: move it away`);
  };

  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toDiskError(error);
    }
  };

  const hashOf = async (fd: number): Promise<string> => {
    const hash = createHash("sha256");
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let at = 0; ;) {
      const read = await disk.read(fd, buffer, at);
      if (read === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, read));
      at += read;
    }
  };

  /** `sha256`: of what is to come, or another digest to remember it by while that is not known. */
  const open = (sha256: string): Partial => {
    if (!DIGEST.test(sha256)) throw new DomainError("invalid", `'${sha256.slice(0, 80)}' is not a sha256 digest`);
    const file = join(folder, sha256);
    const size = (): number => disk.stat(file)?.size ?? 0;

    const writeAll = async (
      fd: number,
      from: number,
      body: AsyncIterable<Uint8Array>,
      { signal, onBytes }: { signal: AbortSignal | undefined; onBytes: ((total: number) => void) | undefined },
    ): Promise<void> => {
      let total = from;
      try {
        for await (const chunk of body) {
          signal?.throwIfAborted();
          await disk.write(fd, chunk);
          total += chunk.length;
          onBytes?.(total);
        }
        signal?.throwIfAborted();
      } finally {
        await disk.sync(fd); // what came before a break is there for the next attempt
      }
    };

    return {
      size,
      append: (from, body, signal, onBytes) =>
        guarded(async () => {
          ready();
          if (from < 0 || from > size())
            throw new DomainError("invalid", `${size()} bytes of ${sha256} are here: none can be added at ${from}`);
          const fd = disk.openPartial(file);
          try {
            disk.truncate(fd, from);
            await writeAll(fd, from, body, { signal, onBytes });
          } finally {
            disk.close(fd);
          }
        }),
      finish: (expected) =>
        guarded(async () => {
          if (blobs.sizeOnDisk(expected.sha256) === expected.size && disk.stat(file) === undefined) return; // finished before
          ready();
          const fd = disk.openPartial(file);
          let owned = true;
          try {
            const got = { sha256: await hashOf(fd), size: disk.sizeOf(fd) };
            if (got.size !== expected.size || got.sha256 !== expected.sha256) {
              disk.truncate(fd, 0);
              throw new DomainError(
                "corrupt",
                `The download of ${expected.sha256} is not what it should be: ${got.size} bytes with the digest ${got.sha256}`,
              );
            }
            owned = false; // `adopt` closes it, however it ends
            await blobs.adopt({ ...got, content: { fd, file } });
          } finally {
            if (owned) disk.close(fd);
          }
        }),
      peek: (from, most) =>
        guarded(async () => {
          const bytes = Buffer.alloc(most);
          if (!disk.stat(file)) return Buffer.alloc(0);
          const fd = disk.open(file);
          try {
            return bytes.subarray(0, await disk.read(fd, bytes, from));
          } finally {
            disk.close(fd);
          }
        }),
      drop: () =>
        guarded(() => {
          if (disk.stat(file)) disk.remove(file);
          return Promise.resolve();
        }),
    };
  };

  return {
    open,
    /** Removes what nobody continued since `before` (ms since epoch), unless it is still wanted. Returns how many went. */
    sweep: (before: number, isWanted: (sha256: string) => boolean): number => {
      ready();
      let swept = 0;
      for (const name of disk.names(folder)) {
        const stat = DIGEST.test(name) ? disk.stat(join(folder, name)) : undefined;
        if (!stat || stat.changedAt >= before || isWanted(name)) continue;
        disk.remove(join(folder, name));
        swept += 1;
      }
      return swept;
    },
  };
};
