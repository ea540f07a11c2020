import type { Series, XAxis } from "../../../shared/api/outpost/series.ts";
import type { Database } from "../database.ts";
import { createJoin } from "./series-join.ts";
import { ALL_STEPS, createWindows, type Steps } from "./series-window.ts";
import { toMetricValue } from "./values.ts";

/** Which points of a run's metric: all, those after a step, or those in a part of an axis. */
export interface SeriesRange {
  readonly run: number;
  readonly key: string;
  readonly points: number; // wanted at most, about
  readonly after?: number | bigint | undefined;
  readonly window?: { readonly axis: XAxis; readonly from: number; readonly to: number } | undefined;
  readonly xMetric?: string | undefined;
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

/** Of the points that no line can show, how many are named. */
export const MAX_MARKS = 200;
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

type Thinned = Omit<Series, "origin">;

const toSeries = (
  key: string,
  total: number,
  points: readonly Point[],
  odd: readonly (Point & { is_nan: number })[],
  notFinite: number,
): Thinned => ({
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
  const firstTime = db
    .prepare<{ run: number; key: number }, number>(
      "SELECT timestamp FROM metrics WHERE run = @run AND key = @key ORDER BY step, timestamp LIMIT 1",
    )
    .pluck();
  const startOf = db.prepare<[number], number | null>("SELECT start_time FROM runs WHERE id = ?").pluck();
  const stepsIn = createWindows(db);
  const join = createJoin(db);
  const byStep = createAxis(db, "step");
  const byTime = createAxis(db, "timestamp");

  const whole = (bounds: Bounds, name: string): Thinned => {
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
  ): Thinned => {
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

  /** What relative times count from; 0 where there is no point. */
  const originOf = (run: number, key: number): number => {
    const first = firstTime.get({ run, key });
    const start = startOf.get(run) ?? undefined;
    return first === undefined ? 0 : start !== undefined && start <= first ? start : first;
  };

  const stepsOf = ({ run, window, after, xMetric }: SeriesRange, key: number): Steps => {
    if (!window) return after === undefined ? ALL_STEPS : { from: BigInt(after) + 1n, to: ALL_STEPS.to };
    const { axis, from, to } = window;
    if (axis === "metric") {
      const x = xMetric === undefined ? undefined : keyId.get(xMetric);
      return x === undefined ? ALL_STEPS : stepsIn(run, x, { axis, from, to });
    }
    if (axis === "step") return stepsIn(run, key, { axis, from, to });
    const origin = axis === "relative" ? originOf(run, key) : 0;
    return stepsIn(run, key, { axis: "time", from: from + origin, to: to + origin });
  };

  const readSteps = (range: SeriesRange, bounds: Bounds): Thinned => {
    if ((enough.get({ ...bounds, limit: range.points + 1 }) ?? 0) <= range.points) return whole(bounds, range.key);
    const { low, high } = extent.get(bounds) ?? { low: null, high: null };
    if (low === null || high === null) return toSeries(range.key, 0, [], [], 0);
    return thinned(bounds, range.key, range.points, { low, high });
  };

  /**
   * All points where they are few enough, else a faithful thinning by steps, whatever the axis: a part of another axis
   * is read as the range of steps that covers it. An unknown key is an empty series.
   */
  const read = (range: SeriesRange): Series => {
    const key = keyId.get(range.key);
    if (key === undefined) return { ...toSeries(range.key, 0, [], [], 0), origin: 0 };
    const { run } = range;
    const series = { ...readSteps(range, { run, key, ...stepsOf(range, key) }), origin: originOf(run, key) };
    return range.xMetric === undefined ? series : join(series, run, keyId.get(range.xMetric));
  };

  /** The lowest and the highest step of a range; undefined where it has none, or other axes than the step have a say in it. */
  const stepsBetween = (range: SeriesRange): { low: number; high: number } | undefined => {
    const key = keyId.get(range.key);
    if (key === undefined || range.xMetric !== undefined || (range.window && range.window.axis !== "step"))
      return undefined;
    const { low, high } = extent.get({ run: range.run, key, ...stepsOf(range, key) }) ?? { low: null, high: null };
    return Number.isSafeInteger(low) && Number.isSafeInteger(high)
      ? { low: Number(low), high: Number(high) }
      : undefined;
  };

  /** How many points reading a range walks, counted no further than `limit`. */
  const countUpTo = (range: SeriesRange, limit: number): number => {
    const key = keyId.get(range.key);
    if (key === undefined) return 0;
    const { run } = range;
    const walksAll = range.window !== undefined && range.window.axis !== "step"; // to find its steps
    return enough.get({ run, key, ...(walksAll ? ALL_STEPS : stepsOf(range, key)), limit }) ?? 0;
  };

  return { read, countUpTo, stepsBetween };
};
export type SeriesViews = ReturnType<typeof createSeriesViews>;
