/** What the processes of a test run have looked at and found: one line of JSON each, in the file that the run names. */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Scanned } from "./scan.ts";

/** Names the file; set by `npm test`, and handed on to every process that its tests start. */
const VARIABLE = "CANARY_LEDGER";

export interface LedgerLine extends Scanned {
  readonly folders: number;
}

const none: LedgerLine = { folders: 0, files: 0, bytes: 0, databases: 0, unread: 0, leaks: [] };

/** One line; nothing where no run has named a file. */
export const note = (line: Partial<LedgerLine>): void => {
  const path = process.env[VARIABLE];
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ ...none, ...line })}\n`);
};

const plus = (a: LedgerLine, b: LedgerLine): LedgerLine => ({
  folders: a.folders + b.folders,
  files: a.files + b.files,
  bytes: a.bytes + b.bytes,
  databases: a.databases + b.databases,
  unread: a.unread + b.unread,
  leaks: [...a.leaks, ...b.leaks],
});

/** All lines as one. */
export const sumOf = (path: string): LedgerLine => {
  const lines = existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : [];
  return lines.map((line) => JSON.parse(line) as LedgerLine).reduce(plus, none);
};
