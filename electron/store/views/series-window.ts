/** Which steps a part of a chart's axis covers, whatever the axis counts. */
import type { Database } from "../database.ts";

/** A part of an axis, both ends included. Times are ms since epoch; a metric's part is one of its values. */
export interface SeriesWindow {
  readonly axis: "step" | "time" | "metric";
  readonly from: number;
  readonly to: number;
}

export interface Steps {
  readonly from: number | bigint;
  readonly to: number | bigint;
}

const INT64_MAX = 2n ** 63n - 1n;
const NONE: Steps = { from: 1, to: 0 };
export const ALL_STEPS: Steps = { from: -INT64_MAX, to: INT64_MAX };

/** A double as an int64 bound: SQLite compares integers with integers only where both are. */
const toBound = (value: number): number | bigint =>
  Number.isSafeInteger(value) ? value : value > 0 ? INT64_MAX : -INT64_MAX;

/**
 * Gives the lowest and the highest step that has a point in the window. A history is ordered by step: for times and
 * for another metric's values both ends are looked for from outside, so points that went back in time are found too.
 */
export const createWindows = (db: Database) => {
  type Of = { run: number; key: number; from: number; to: number };
  const ends = (condition: string) => {
    const end = (order: string) =>
      db
        .prepare<Of, number>(
          `SELECT step FROM metrics WHERE run = @run AND key = @key AND ${condition} ORDER BY step ${order} LIMIT 1`,
        )
        .pluck();
    return { first: end("ASC"), last: end("DESC") };
  };
  const byTime = ends("timestamp >= @from AND timestamp <= @to");
  const byValue = ends("is_nan = 0 AND value >= @from AND value <= @to");

  /** `key` is the series' own, or for the axis `metric` the one whose values are on it. */
  return (run: number, key: number, window: SeriesWindow): Steps => {
    const { from, to } = window;
    if (window.axis === "step") return { from: toBound(Math.ceil(from)), to: toBound(Math.floor(to)) };
    const statements = window.axis === "time" ? byTime : byValue;
    const of = { run, key, from, to };
    const first = statements.first.get(of);
    const last = statements.last.get(of);
    return first === undefined || last === undefined ? NONE : { from: first, to: last };
  };
};
