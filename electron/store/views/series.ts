import type { Series } from "../../../shared/api/outpost/series.ts";
import type { Database } from "../database.ts";
import { toMetricValue } from "./values.ts";

/** Which points of a run's metric: an inclusive range of steps. */
export interface SeriesRange {
  readonly run: number;
  readonly key: string;
  readonly from: number | bigint;
  readonly to: number | bigint;
  readonly points: number; // wanted at most, about
}

interface Point {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
}
/** What an aggregate over no rows gives. */
interface Nothing {
  readonly step: null;
  readonly timestamp: null;
  readonly value: null;
}
interface Bounds {
  readonly run: number;
  readonly key: number;
  readonly from: number | bigint;
  readonly to: number | bigint;
}

const MAX_MARKS = 200;
const POINTS_PER_BUCKET = 4; // first, lowest, highest, last
/** Infinity as some clients keep it: the largest double. No line can show either. */
const FINITE = `is_nan = 0 AND value > -1.7976931348623157e308 AND value < 1.7976931348623157e308`;

/**
 * Statements over one range of the primary key. Points of one metric are ordered by step; where all share one step
 * (logged without steps) they are ordered by time, and `axis` names that column.
 */
const createAxis = (db: Database, axis: "step" | "timestamp") => {
  const range = `FROM metrics WHERE run = @run AND key = @key AND ${axis === "step" ? "step >= @from AND step <= @to" : "step = @step AND timestamp >= @from AND timestamp <= @to"}`;
  type B = Bounds & { step: number };
  return {
    lowest: db.prepare<B, Point & { n: number; odd: number | null }>(
      `SELECT step, timestamp, min(value) AS value, count(*) AS n, sum(is_nan) AS odd ${range}`,
    ),
    highest: db.prepare<B, Point>(`SELECT step, timestamp, max(value) AS value ${range}`),
    lowestFinite: db.prepare<B, Point | Nothing>(`SELECT step, timestamp, min(value) AS value ${range} AND ${FINITE}`),
    highestFinite: db.prepare<B, Point | Nothing>(`SELECT step, timestamp, max(value) AS value ${range} AND ${FINITE}`),
    first: db.prepare<B, Point>(
      `SELECT step, timestamp, value ${range} AND ${FINITE} ORDER BY step, timestamp, value LIMIT 1`,
    ),
    last: db.prepare<B, Point>(
      `SELECT step, timestamp, value ${range} AND ${FINITE} ORDER BY step DESC, timestamp DESC, value DESC LIMIT 1`,
    ),
    oddCount: db.prepare<B, number>(`SELECT count(*) ${range} AND NOT (${FINITE})`).pluck(),
    odd: db.prepare<B & { limit: number }, Point & { is_nan: number }>(
      `SELECT step, timestamp, value, is_nan ${range} AND NOT (${FINITE}) ORDER BY step, timestamp LIMIT @limit`,
    ),
    all: db.prepare<B, Point & { is_nan: number }>(
      `SELECT step, timestamp, value, is_nan ${range} ORDER BY step, timestamp, value`,
    ),
  };
};
type Axis = ReturnType<typeof createAxis>;

const isOdd = (value: number): boolean => Math.abs(value) >= Number.MAX_VALUE;

const toSeries = (
  key: string,
  total: number,
  points: readonly Point[],
  odd: readonly (Point & { is_nan: number })[],
  notFinite: number,
): Series => ({
  key,
  total,
  steps: points.map((p) => p.step),
  timestamps: points.map((p) => p.timestamp),
  values: points.map((p) => p.value),
  marks: odd
    .slice(0, MAX_MARKS)
    .map((p) => ({ step: p.step, timestamp: p.timestamp, value: toMetricValue(p.value, p.is_nan) })),
  not_finite: notFinite,
});

/** First, lowest, highest and last of one bucket, in order and without repeats; and what cannot be drawn. */
const readBucket = (axis: Axis, bounds: Bounds & { step: number }, room: number) => {
  const low = axis.lowest.get(bounds);
  if (!low || low.n === 0) return { n: 0, points: [], odd: [], oddCount: 0 };
  const high = axis.highest.get(bounds);
  const first = axis.first.get(bounds);
  const last = axis.last.get(bounds);
  const hasOdd = (low.odd ?? 0) > 0 || isOdd(low.value) || (high !== undefined && isOdd(high.value));
  const extremes = hasOdd ? [axis.lowestFinite.get(bounds), axis.highestFinite.get(bounds)] : [low, high];
  const seen = new Map<string, Point>();
  for (const p of [first, ...extremes, last])
    if (p && p.step !== null)
      seen.set(`${p.step}/${p.timestamp}/${p.value}`, { step: p.step, timestamp: p.timestamp, value: p.value });
  return {
    n: low.n,
    points: [...seen.values()].sort((a, b) => a.step - b.step || a.timestamp - b.timestamp),
    odd: hasOdd && room > 0 ? axis.odd.all({ ...bounds, limit: room }) : [],
    oddCount: hasOdd ? (axis.oddCount.get(bounds) ?? 0) : 0,
  };
};

/** Reads thinned histories: cost is two walks over the range, whatever its size; only the kept points become objects. */
export const createSeriesViews = (db: Database) => {
  const keyId = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  const extent = db.prepare<Bounds, { low: number | null; high: number | null }>(
    "SELECT (SELECT min(step) FROM metrics WHERE run = @run AND key = @key AND step >= @from AND step <= @to) AS low," +
      " (SELECT max(step) FROM metrics WHERE run = @run AND key = @key AND step >= @from AND step <= @to) AS high",
  );
  const timeExtent = db.prepare<{ run: number; key: number; step: number }, { low: number; high: number }>(
    "SELECT (SELECT min(timestamp) FROM metrics WHERE run = @run AND key = @key AND step = @step) AS low," +
      " (SELECT max(timestamp) FROM metrics WHERE run = @run AND key = @key AND step = @step) AS high",
  );
  const enough = db
    .prepare<Bounds & { limit: number }, number>(
      "SELECT count(*) FROM (SELECT 1 FROM metrics WHERE run = @run AND key = @key AND step >= @from AND step <= @to LIMIT @limit)",
    )
    .pluck();
  const byStep = createAxis(db, "step");
  const byTime = createAxis(db, "timestamp");

  const whole = (bounds: Bounds, name: string): Series => {
    const rows = byStep.all.all({ ...bounds, step: 0 });
    const odd = rows.filter((row) => row.is_nan !== 0 || isOdd(row.value));
    const kept = odd.length === 0 ? rows : rows.filter((row) => row.is_nan === 0 && !isOdd(row.value));
    return toSeries(name, rows.length, kept, odd, odd.length);
  };

  const thinned = (
    bounds: Bounds,
    name: string,
    points: number,
    { low, high }: { low: number; high: number },
  ): Series => {
    const axis = low === high ? byTime : byStep;
    const span = low === high ? timeExtent.get({ run: bounds.run, key: bounds.key, step: low }) : { low, high };
    if (!span) return toSeries(name, 0, [], [], 0);
    const buckets = Math.max(1, Math.floor(points / POINTS_PER_BUCKET));
    const width = Math.max(1, Math.ceil((span.high - span.low + 1) / buckets));
    const kept: Point[] = [];
    const odd: (Point & { is_nan: number })[] = [];
    let total = 0;
    let notFinite = 0;
    for (let from = span.low; from <= span.high; from += width) {
      const part = readBucket(
        axis,
        { ...bounds, step: low, from, to: Math.min(from + width - 1, span.high) },
        MAX_MARKS - odd.length,
      );
      total += part.n;
      notFinite += part.oddCount;
      kept.push(...part.points);
      odd.push(...part.odd);
    }
    return toSeries(name, total, kept, odd, notFinite);
  };

  /** All points where they are few enough, else a faithful thinning. An unknown key is an empty series. */
  const read = (range: SeriesRange): Series => {
    const key = keyId.get(range.key);
    if (key === undefined) return toSeries(range.key, 0, [], [], 0);
    const bounds: Bounds = { run: range.run, key, from: range.from, to: range.to };
    if ((enough.get({ ...bounds, limit: range.points + 1 }) ?? 0) <= range.points) return whole(bounds, range.key);
    const { low, high } = extent.get(bounds) ?? { low: null, high: null };
    if (low === null || high === null) return toSeries(range.key, 0, [], [], 0);
    return thinned(bounds, range.key, range.points, { low, high });
  };

  /** How many points a range has, counted no further than `limit`. */
  const countUpTo = ({ run, key: name, from, to }: SeriesRange, limit: number): number => {
    const key = keyId.get(name);
    return key === undefined ? 0 : (enough.get({ run, key, from, to, limit }) ?? 0);
  };

  return { read, countUpTo };
};
export type SeriesViews = ReturnType<typeof createSeriesViews>;
