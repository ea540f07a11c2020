/**
 * Points of metrics and, for each run and key, the latest of them. A history is one range of the primary key
 * (run, key, step, timestamp, value); MLflow orders it by timestamp first, which is the same order as long as step and
 * timestamp rise together (`latest_metrics.ordered`), and needs a sort where they do not.
 */
import { createHash } from "node:crypto";
import type { Int64 } from "../../shared/api/wire.ts";
import type { Database } from "./database.ts";
import { exact, toInt64 } from "./integers.ts";
import type { KeyStore } from "./keys.ts";

export interface MetricPoint {
  readonly key: string;
  readonly value: number; // may be NaN or infinite
  readonly timestamp: Int64; // ms since epoch
  readonly step: Int64;
}

/** A point as raw columns: step, timestamp, value, is_nan. Integers beyond 2^53 are text. */
export type RawPoint = readonly [step: number | string, timestamp: number | string, value: number, is_nan: number];

/** Where a page of a history ended, and in which of the two orders it runs. */
export interface HistoryPosition {
  readonly order: "step" | "timestamp";
  readonly after: RawPoint;
}

interface Latest {
  step: Int64;
  timestamp: Int64;
  value: number;
  is_nan: number;
  ordered: number;
}

export type MetricStore = ReturnType<typeof createMetricStore>;

const POINT = `${exact("step")}, ${exact("timestamp")}, value, is_nan`;
const BY_STEP = "step, timestamp, value, is_nan";
const BY_TIMESTAMP = "timestamp, step, value, is_nan";

const isNewer = (a: Latest, b: Latest): boolean => {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return a.value > b.value;
};

export const createMetricStore = (db: Database, keys: KeyStore) => {
  const insert = db.prepare<[number, number, Int64, Int64, number, number]>(
    "INSERT INTO metrics (run, key, step, timestamp, value, is_nan) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const latestOf = db
    .prepare<[number, number], [number | string, number | string, number, number, number]>(
      `SELECT ${POINT}, ordered FROM latest_metrics WHERE run = ? AND key = ?`,
    )
    .raw();
  const setLatest = db.prepare<[number, number, number, Int64, Int64, number, number, number]>(
    `INSERT INTO latest_metrics (run, key, experiment, step, timestamp, value, is_nan, ordered) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run, key) DO UPDATE SET step = excluded.step, timestamp = excluded.timestamp, value = excluded.value,
       is_nan = excluded.is_nan, ordered = excluded.ordered`,
  );
  const isOrdered = db
    .prepare<[number, number], number>("SELECT ordered FROM latest_metrics WHERE run = ? AND key = ?")
    .pluck();
  const history = {
    step: db
      .prepare<[number, number, number], RawPoint>(
        `SELECT ${POINT} FROM metrics WHERE run = ? AND key = ? ORDER BY ${BY_STEP} LIMIT ?`,
      )
      .raw(),
    timestamp: db
      .prepare<[number, number, number], RawPoint>(
        `SELECT ${POINT} FROM metrics WHERE run = ? AND key = ? ORDER BY ${BY_TIMESTAMP} LIMIT ?`,
      )
      .raw(),
  };
  const after = {
    step: db
      .prepare<[number, number, Int64, Int64, number, number, number], RawPoint>(
        `SELECT ${POINT} FROM metrics WHERE run = ? AND key = ? AND (${BY_STEP}) > (?, ?, ?, ?) ORDER BY ${BY_STEP} LIMIT ?`,
      )
      .raw(),
    timestamp: db
      .prepare<[number, number, Int64, Int64, number, number, number], RawPoint>(
        `SELECT ${POINT} FROM metrics WHERE run = ? AND key = ? AND (${BY_TIMESTAMP}) > (?, ?, ?, ?) ORDER BY ${BY_TIMESTAMP} LIMIT ?`,
      )
      .raw(),
  };
  const RANGE = "run = ? AND key = ? AND step BETWEEN ? AND ?";
  const count = db
    .prepare<[number, number, Int64, Int64], number>(`SELECT count(*) FROM metrics WHERE ${RANGE}`)
    .pluck();
  const range = db
    .prepare<[number, number, Int64, Int64], RawPoint>(
      `SELECT ${POINT} FROM metrics WHERE ${RANGE} ORDER BY ${BY_STEP}`,
    )
    .raw();
  // One lower bound only: beside BETWEEN's, SQLite would not seek by the row value and count every skip from the start.
  const skip = db
    .prepare<[number, number, Int64, Int64, Int64, number, number, number], RawPoint>(
      `SELECT ${POINT} FROM metrics WHERE run = ? AND key = ? AND step <= ? AND (${BY_STEP}) >= (?, ?, ?, ?)
       ORDER BY ${BY_STEP} LIMIT 1 OFFSET ?`,
    )
    .raw();
  const last = db
    .prepare<[number, number, Int64, Int64], RawPoint>(
      `SELECT ${POINT} FROM metrics WHERE ${RANGE}
     ORDER BY step DESC, timestamp DESC, value DESC, is_nan DESC LIMIT 1`,
    )
    .raw();

  const keysOf = db
    .prepare<[number], [number, string]>(
      "SELECT l.key, keys.name FROM latest_metrics AS l JOIN keys ON keys.id = l.key WHERE l.run = ? ORDER BY keys.name",
    )
    .raw();
  const all = db
    .prepare<[number, number], RawPoint>(`SELECT ${POINT} FROM metrics WHERE run = ? AND key = ? ORDER BY ${BY_STEP}`)
    .raw();

  const readLatest = (run: number, key: number): Latest | undefined => {
    const row = latestOf.get(run, key);
    return row && { step: toInt64(row[0]), timestamp: toInt64(row[1]), value: row[2], is_nan: row[3], ordered: row[4] };
  };

  /** Appends points; exact duplicates are stored once. The latest is the highest (step, timestamp, value), not the last written. */
  const log = (run: number, experiment: number, points: readonly MetricPoint[]): void => {
    const latest = new Map<number, Latest | undefined>();
    const moved = new Set<number>();
    for (const { key: name, value, timestamp, step } of points) {
      const key = keys.idOf(name);
      const nan = Number.isNaN(value);
      const point: Latest = { step, timestamp, value: nan ? 0 : value, is_nan: nan ? 1 : 0, ordered: 1 };
      insert.run(run, key, step, timestamp, point.value, point.is_nan);
      if (!latest.has(key)) latest.set(key, readLatest(run, key));
      const known = latest.get(key);
      if (!known) {
        latest.set(key, point);
        moved.add(key);
        continue;
      }
      const ordered = known.ordered === 1 && step >= known.step && timestamp >= known.timestamp ? 1 : 0;
      if (ordered !== known.ordered) moved.add(key);
      known.ordered = ordered;
      if (!isNewer(point, known)) continue;
      latest.set(key, { ...point, ordered });
      moved.add(key);
    }
    for (const key of moved) {
      const l = latest.get(key);
      if (l) setLatest.run(run, key, experiment, l.step, l.timestamp, l.value, l.is_nan, l.ordered);
    }
  };

  /** One page of a history in MLflow's order (timestamp, step, value), at most `limit` points. */
  const page = (
    run: number,
    name: string,
    limit: number,
    from?: HistoryPosition,
  ): { order: "step" | "timestamp"; points: RawPoint[] } => {
    const key = keys.find(name);
    if (key === undefined) return { order: "step", points: [] };
    if (!from) {
      const order = isOrdered.get(run, key) === 1 ? "step" : "timestamp";
      return { order, points: history[order].all(run, key, limit) };
    }
    const [step, timestamp, value, nan] = from.after;
    const start =
      from.order === "step"
        ? ([toInt64(step), toInt64(timestamp)] as const)
        : ([toInt64(timestamp), toInt64(step)] as const);
    return { order: from.order, points: after[from.order].all(run, key, ...start, value, nan, limit) };
  };

  /**
   * At most `max` points by step, evenly spaced by rank over [from, to], the last one always kept: the first of each of
   * `max` equal buckets, the larger buckets first. Source: MLflow's NTILE sampling in get_metric_history_bulk_interval.
   */
  const sample = (
    run: number,
    name: string,
    max: number,
    from: Int64 = INT64_MIN,
    to: Int64 = INT64_MAX,
  ): RawPoint[] => {
    const key = keys.find(name);
    if (key === undefined) return [];
    const total = count.get(run, key, from, to) ?? 0;
    if (total <= max) return range.all(run, key, from, to);
    const size = Math.floor(total / max);
    const larger = total % max;
    const points: RawPoint[] = [];
    let at: readonly [Int64, Int64, number, number] = [from, INT64_MIN, -Infinity, 0];
    for (let bucket = 0; bucket < max; bucket++) {
      const offset = bucket === 0 ? 0 : size + (bucket <= larger ? 1 : 0);
      const point = skip.get(run, key, to, ...at, offset);
      if (!point) break;
      points.push(point);
      at = [toInt64(point[0]), toInt64(point[1]), point[2], point[3]];
    }
    const end = last.get(run, key, from, to);
    if (end && !samePoint(points.at(-1), end)) points[points.length - 1] = end;
    return points;
  };

  /**
   * Count and sha256 of all points of a run: lines of the JSON array [key, step, timestamp, value, is_nan], by key name,
   * then step, timestamp, value. The same on every machine that holds the same points.
   */
  const digest = (run: number): { points: number; sha256: string } => {
    const hash = createHash("sha256");
    let points = 0;
    for (const [key, name] of keysOf.iterate(run))
      for (const point of all.iterate(run, key)) {
        hash.update(`${JSON.stringify([name, ...point.map(String)])}\n`);
        points++;
      }
    return { points, sha256: hash.digest("hex") };
  };

  return { log, page, sample, digest };
};

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

const samePoint = (a: RawPoint | undefined, b: RawPoint): boolean => a?.every((column, i) => column === b[i]) === true;
