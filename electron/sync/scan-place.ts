/** Where the listing of a stream stands between two pages, so that it goes on there after a stop. */
import type { CursorRow } from "../store/sync/rows.ts";
import type { Stream } from "../remote/remote.ts";

export interface ScanPlace {
  /** The far side's own word for the next page; undefined: the first one. */
  readonly cursor: string | undefined;
  readonly full: boolean;
  readonly scan: number;
  /** The newest time seen on the way. */
  readonly high: number;
  /** Pages in a row that held nothing new. */
  readonly old: number;
  readonly pages: number;
}

export const streamName = (stream: Stream): string => (stream.of === "runs" ? `runs/${stream.experiment}` : stream.of);

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isSafeInteger(value);

/** Undefined when the listing ended, or its text is of another release. */
export const readPlace = (token: string | null): ScanPlace | undefined => {
  if (token === null) return undefined;
  try {
    const value: unknown = JSON.parse(token);
    if (typeof value !== "object" || value === null) return undefined;
    const { cursor, full, scan, high, old, pages }: Partial<Record<keyof ScanPlace, unknown>> = value;
    if (typeof cursor !== "string" || typeof full !== "boolean") return undefined;
    return isCount(scan) && isCount(high) && isCount(old) && isCount(pages)
      ? { cursor, full, scan, high, old, pages }
      : undefined;
  } catch {
    return undefined; // it begins anew
  }
};

const WEEK_MS = 7 * 24 * 3_600_000;

/** A stream is read whole for the first time, when asked for, once a week, and when the clock was set back. */
const isDue = (row: CursorRow, now: number, pace: number): boolean =>
  row.full_at === null || now - row.full_at >= WEEK_MS * pace || now < row.full_at;

/** Where to begin: where the last listing stopped, unless all is to be read and it did not. */
export const placeToStart = (row: CursorRow, asked: { full: boolean; now: number; pace: number }): ScanPlace => {
  const stopped = readPlace(row.token);
  const full = asked.full || isDue(row, asked.now, asked.pace);
  if (stopped && (stopped.full || !full)) return stopped;
  return { cursor: undefined, full, scan: row.scan + (full ? 1 : 0), high: row.high_water, old: 0, pages: 0 };
};
