/** A second, naive reading of filters and orders: plain JavaScript over plain objects, to hold the compiled SQL against. */
import type { SampleRun } from "./run-data.ts";

export type Judged = { readonly text: string; readonly holds: (run: SampleRun) => boolean };

/** SQLite compares text by its UTF-8 bytes. */
export const compareTexts = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const foldAscii = (text: string): string => text.replace(/[A-Z]/g, (c) => c.toLowerCase());

/** LIKE by dynamic programming over characters. */
export const like = (text: string, pattern: string): boolean => {
  const chars = [...text];
  let states = new Set([0]);
  for (const p of pattern) {
    const next = new Set<number>();
    for (const at of states) {
      if (p === "%") for (let i = at; i <= chars.length; i++) next.add(i);
      else if (at < chars.length && (p === "_" || p === chars[at])) next.add(at + 1);
    }
    states = next;
  }
  return states.has(chars.length);
};

export const numberHolds = (value: number | undefined, comparator: string, wanted: number): boolean => {
  if (value === undefined) return false;
  if (comparator === "!=") return value !== wanted; // NaN too
  if (comparator === "=") return value === wanted;
  if (comparator === "<") return value < wanted;
  if (comparator === "<=") return value <= wanted;
  return comparator === ">" ? value > wanted : value >= wanted;
};

export const textHolds = (value: string | undefined, comparator: string, wanted: string): boolean => {
  if (comparator === "IS NULL") return value === undefined;
  if (value === undefined) return false;
  switch (comparator) {
    case "IS NOT NULL":
      return true;
    case "=":
      return value === wanted;
    case "!=":
      return value !== wanted;
    case "LIKE":
      return like(value, wanted);
    case "ILIKE":
      return like(foldAscii(value), foldAscii(wanted));
    default:
      throw new Error(`No such comparator: ${comparator}`);
  }
};

export interface JudgedOrder {
  readonly text: string;
  readonly valueOf: (run: SampleRun) => number | string | null | undefined;
  readonly ascending: boolean;
}

const rankOf = (value: number | string | null | undefined): number =>
  value === null || value === undefined ? 2 : Number.isNaN(value) ? 1 : 0;

const compareBy = ({ valueOf, ascending }: JudgedOrder, a: SampleRun, b: SampleRun): number => {
  const [x, y] = [valueOf(a), valueOf(b)];
  const ranks = rankOf(x) - rankOf(y);
  if (ranks !== 0 || rankOf(x) !== 0) return ranks;
  const order = typeof x === "number" && typeof y === "number" ? x - y : compareTexts(String(x), String(y));
  return x === y ? 0 : ascending ? order : -order;
};

/** MLflow's order: as asked, then newest first, then run_id. */
export const sortRuns = (runs: readonly SampleRun[], orders: readonly JudgedOrder[]): SampleRun[] =>
  runs.toSorted((a, b) => {
    for (const order of [...orders, { text: "", valueOf: (run: SampleRun) => run.start, ascending: false }]) {
      const sign = compareBy(order, a, b);
      if (sign !== 0) return sign;
    }
    return compareTexts(a.runId, b.runId);
  });
