/** Joins the points of a chart with another metric, whose values then stand on the horizontal axis. */
import type { Series } from "../../../shared/api/outpost/series.ts";
import type { Database } from "../database.ts";

const isFinite = (value: number): boolean => Math.abs(value) < Number.MAX_VALUE; // clients send ±1.797e308 for infinity

/**
 * Each kept point gets the metric's value at its step, or else the last one before it; among several at one step the
 * latest. Points without a finite one are left out and counted.
 */
export const createJoin = (db: Database) => {
  const asOf = db.prepare<{ run: number; key: number; step: number }, { value: number; is_nan: number }>(
    `SELECT value, is_nan FROM metrics WHERE run = @run AND key = @key AND step <= @step
     ORDER BY step DESC, timestamp DESC, value DESC LIMIT 1`,
  );

  return (series: Series, run: number, key: number | undefined): Series => {
    const xAt = (step: number): number | undefined => {
      const row = key === undefined ? undefined : asOf.get({ run, key, step });
      return row?.is_nan === 0 && isFinite(row.value) ? row.value : undefined;
    };
    const joined = series.values.flatMap((value, i) => {
      const step = series.steps[i] ?? 0;
      const x = xAt(step);
      return x === undefined ? [] : [{ x, step, timestamp: series.timestamps[i] ?? 0, value }];
    });
    const marks = series.marks.flatMap((mark) => {
      const x = xAt(mark.step);
      return x === undefined ? [] : [{ ...mark, x }];
    });
    return {
      ...series,
      steps: joined.map(({ step }) => step),
      timestamps: joined.map(({ timestamp }) => timestamp),
      values: joined.map(({ value }) => value),
      xs: joined.map(({ x }) => x),
      without_x: series.values.length - joined.length + series.marks.length - marks.length,
      marks,
    };
  };
};
