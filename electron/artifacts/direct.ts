/**
 * Long files past the system's page cache (O_DIRECT): their bytes are copied once less and are on disk as they come, and a
 * checkpoint of gigabytes does not push out what else the machine keeps in memory. Only whole blocks can be moved, from and
 * to memory that is aligned to them. Where the platform or the file system cannot, the caller goes the usual way.
 */
import type { Disk } from "./disk.ts";

export interface DirectFile {
  readonly fd: number;
  /** As many as were asked for, aligned, `BUFFER_BYTES` long. */
  readonly buffers: readonly Buffer[];
  /** Gives the buffers back; nothing may be under way with them. */
  readonly release: () => void;
}

/** Enough for every disk that is sold: blocks have 512 or 4096 bytes. */
export const BLOCK_BYTES = 4096;
export const BUFFER_BYTES = 1024 * 1024;
/** From this size on a file goes past the page cache: what is shorter may well be read again soon. */
export const DIRECT_BYTES = 16 * 1024 * 1024;

/** Buffers kept for the next transfers. */
const MOST_IDLE = 4;
const WASM_PAGE_BYTES = 65_536;

/** Node's own buffers begin anywhere; WebAssembly's memory begins at a page. */
const newBuffer = (): Buffer =>
  Buffer.from(new WebAssembly.Memory({ initial: BUFFER_BYTES / WASM_PAGE_BYTES }).buffer, 0, BUFFER_BYTES);

export type DirectFiles = ReturnType<typeof createDirectFiles>;

export const createDirectFiles = (disk: Disk, newFile: () => string) => {
  const idle: Buffer[] = [];
  let works: boolean | undefined;

  const tryOut = (): boolean => {
    const file = newFile();
    try {
      const fd = disk.createDirect(file);
      try {
        disk.writeNow(fd, newBuffer().subarray(0, BLOCK_BYTES));
      } finally {
        disk.close(fd);
      }
      return true;
    } catch {
      return false; // whatever the reason is, the usual way will tell it better
    } finally {
      if (disk.stat(file)) disk.remove(file);
    }
  };

  const withBuffers = (open: () => number, count: number): DirectFile | undefined => {
    works ??= tryOut();
    if (!works) return undefined;
    let fd: number;
    try {
      fd = open();
    } catch {
      return undefined; // as above
    }
    const buffers = Array.from({ length: count }, () => idle.pop() ?? newBuffer());
    const release = (): void => void idle.push(...buffers.slice(0, MOST_IDLE - idle.length));
    return { fd, buffers, release };
  };

  return {
    /** Creates a file to write, with two buffers; undefined where there is no direct way. */
    create: (path: string): DirectFile | undefined => withBuffers(() => disk.createDirect(path), 2),
    /** Opens one to read, with one buffer. */
    open: (path: string): DirectFile | undefined => withBuffers(() => disk.openDirect(path), 1),
  };
};
