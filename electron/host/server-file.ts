/** `server.json` in the data folder: which process serves it, and where. Read only while the lock is held by another. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

export interface ServerFile {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly version: string;
  readonly started_at: string; // ISO 8601
  /** Bearer token of this run for the command line: whoever can read this file is the owner. */
  readonly secret: string;
}

/** Replaces the file whole, mode 0600. */
export const writeServerFile = (path: string, server: ServerFile): void => {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(server, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
};

/** Who serves the folder; `undefined` when nobody has said so (yet), or what is there is no such file. */
export const readServerFile = (path: string): ServerFile | undefined => {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isServerFile(parsed) ? parsed : undefined;
  } catch {
    return undefined; // absent or half a file: the lock is the judge of ownership, this is only how to reach its holder
  }
};

export const removeServerFile = (path: string): void => rmSync(path, { force: true });

const isServerFile = (value: unknown): value is ServerFile =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  typeof value.pid === "number" &&
  "url" in value &&
  typeof value.url === "string" &&
  "port" in value &&
  typeof value.port === "number" &&
  "secret" in value &&
  typeof value.secret === "string";
