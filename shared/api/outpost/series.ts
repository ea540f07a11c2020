import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Double, Enum, Int, Int32, List, Opt, Required, Str } from "../wire.ts";
import { MetricValue, OUTPOST_API, Text, Whole } from "./words.ts";

/** What a chart's horizontal axis counts: steps, ms since epoch, ms since the series' `origin`, values of `x_metric`. */
export const X_AXES = { step: 1, time: 2, relative: 3, metric: 4 } as const;
export type XAxis = keyof typeof X_AXES;

/** A value that no line can show: drawn as a mark at its step. */
export const SeriesMark = Type.Object({
  step: Whole(),
  timestamp: Whole(),
  value: MetricValue,
  x: Type.Optional(Type.Number()), // with `x_metric`: as a point's
});

/**
 * Points of one metric, thinned: of each bucket of steps the first, lowest, highest and last. `total` counts every
 * point in the range, so that the page can say how many of them it shows.
 *
 * With `x_metric` each kept point is joined, after the thinning, with that metric's value at the same step, or else its
 * last one before that step (an epoch that is logged every hundred steps holds until the next). `without_x` counts
 * the kept points that have none or one that is not finite: they are left out.
 */
export const Series = Type.Object({
  key: Text(),
  total: Whole(),
  /** What relative times count from: the run's start, or the first point where that lies before it. */
  origin: Whole(),
  steps: Type.Array(Whole()),
  timestamps: Type.Array(Whole()),
  values: Type.Array(Type.Number()),
  xs: Type.Optional(Type.Array(Type.Number())),
  without_x: Type.Optional(Whole()),
  marks: Type.Array(SeriesMark), // the first ones; `not_finite` counts all
  not_finite: Whole(),
});
export type Series = Static<typeof Series>;

/** Which part of a series, and on which axis: `from` and `to` are inclusive and in the axis' own unit. */
const window = {
  points: Opt(Int32()), // at most this many per series, about
  x_axis: Opt(Enum(X_AXES)),
  x_metric: Opt(Str()),
  from: Opt(Double()),
  to: Opt(Double()),
};

export const getSeries = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id/series`,
  summary: "Points of metrics, thinned on the server; `after_step` asks only for what came later, for live charts",
  request: Type.Object({ run_id: Required(), metric_keys: List(Str()), after_step: Opt(Int()), ...window }),
  response: Type.Object({ series: Type.Array(Series) }),
});

export const RunSeries = Type.Object({ run_id: Text(), run_name: Text(), series: Series });
export type RunSeries = Static<typeof RunSeries>;

/** Most runs that one chart compares. */
export const MAX_COMPARED = 200;

export const getRunsSeries = endpoint({
  method: "POST", // reads only; two hundred run ids would not fit every URL
  path: `${OUTPOST_API}/series`,
  summary: "Points of one metric of many runs, each thinned by itself; runs that are gone are named in `missing`",
  request: Type.Object({ run_ids: List(Str()), metric_key: Required(), ...window }),
  response: Type.Object({ runs: Type.Array(RunSeries), missing: Type.Array(Text()) }),
});

/** `GET` of every raw point as CSV, streamed: `run_ids` and `metric_keys`, both repeated. */
export const SERIES_CSV_PATH = `${OUTPOST_API}/series.csv`;
