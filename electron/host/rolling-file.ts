/**
 * A log file that rolls by size: `outpost.log` → `outpost.1.log` → …, the oldest falls away. Lines are gathered and
 * written together; no thread, no stream that could lose its tail.
 */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

export interface RollingFile {
  write(line: string): void;
  flush(): void;
  close(): void;
}

export interface RollingFileOptions {
  readonly folder: string;
  readonly name: string; // without its ending
  readonly maxBytes: number;
  readonly keep: number; // rolled files beside the current one
  readonly onError: (error: unknown) => void;
}

const FLUSH_MS = 500;
const FLUSH_BYTES = 64 * 1024;

export const createRollingFile = ({ folder, name, maxBytes, keep, onError }: RollingFileOptions): RollingFile => {
  const pathOf = (n: number): string => join(folder, n === 0 ? `${name}.log` : `${name}.${n}.log`);
  const open = (): number => openSync(pathOf(0), "a", 0o600);
  let fd = open();
  let size = fstatSync(fd).size;
  let waiting: string[] = [];
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | undefined;

  const roll = (): void => {
    closeSync(fd);
    rmSync(pathOf(keep), { force: true });
    for (let n = keep - 1; n >= 0; n--) {
      try {
        renameSync(pathOf(n), pathOf(n + 1));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
      }
    }
    fd = open();
    size = 0;
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const bytes = Buffer.from(waiting.join(""));
    waiting = [];
    waitingBytes = 0;
    try {
      if (size > 0 && size + bytes.length > maxBytes) roll();
      size += writeSync(fd, bytes);
    } catch (error) {
      onError(error); // a full disk must not take the host down with it
    }
  };

  const write = (line: string): void => {
    waiting.push(line);
    waitingBytes += line.length;
    if (waitingBytes >= FLUSH_BYTES) flush();
    else timer ??= setTimeout(flush, FLUSH_MS).unref();
  };

  const close = (): void => {
    flush();
    closeSync(fd);
  };

  return { write, flush, close };
};
