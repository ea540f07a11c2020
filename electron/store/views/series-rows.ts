/** Every point of a metric as it was logged, in pages: what an export of raw data walks. */
import type { MetricValue } from "../../../shared/api/outpost/words.ts";
import type { Database } from "../database.ts";
import { exact, toInt64 } from "../integers.ts";
import { toMetricValue } from "./values.ts";

/** Where a page ended, as plain columns; integers beyond 2^53 are text. */
export type RowPosition = readonly [
  step: number | string,
  timestamp: number | string,
  value: number | string, // ±Infinity as words: JSON has no number for them
  is_nan: number,
];
/** A point; integers beyond 2^53 keep their digits as text. */
export interface SeriesRow {
  readonly step: number | string;
  readonly timestamp: number | string;
  readonly value: MetricValue;
}

const ORDER = "step, timestamp, value, is_nan";

export const createSeriesRows = (db: Database) => {
  const keyId = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  type Raw = readonly [number | string, number | string, number, number];
  const point = `${exact("step")}, ${exact("timestamp")}, value, is_nan`;
  const first = db
    .prepare<[number, number, number], Raw>(
      `SELECT ${point} FROM metrics WHERE run = ? AND key = ? ORDER BY ${ORDER} LIMIT ?`,
    )
    .raw();
  const after = db
    .prepare<[number, number, number | bigint, number | bigint, number, number, number], Raw>(
      `SELECT ${point} FROM metrics WHERE run = ? AND key = ? AND (${ORDER}) > (?, ?, ?, ?) ORDER BY ${ORDER} LIMIT ?`,
    )
    .raw();

  /** At most `limit` points by step, those after `position`, and where they end; none when it was the last page. */
  return (
    run: number,
    metric: string,
    position: RowPosition | undefined,
    limit: number,
  ): { rows: SeriesRow[]; next: RowPosition | undefined } => {
    const key = keyId.get(metric);
    if (key === undefined) return { rows: [], next: undefined };
    const rows = position
      ? after.all(run, key, toInt64(position[0]), toInt64(position[1]), Number(position[2]), position[3], limit)
      : first.all(run, key, limit);
    const last = rows.at(-1);
    return {
      rows: rows.map(([step, timestamp, value, nan]) => ({ step, timestamp, value: toMetricValue(value, nan) })),
      next: last && rows.length === limit ? [last[0], last[1], String(last[2]), last[3]] : undefined,
    };
  };
};
export type SeriesRows = ReturnType<typeof createSeriesRows>;
