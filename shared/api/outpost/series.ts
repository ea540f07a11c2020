import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Int, Int32, List, Opt, Required, Str } from "../wire.ts";
import { MetricValue, OUTPOST_API, Text, Whole } from "./words.ts";

/** A value that no line can show: drawn as a mark at its step. */
export const SeriesMark = Type.Object({ step: Whole(), timestamp: Whole(), value: MetricValue });

/**
 * Points of one metric, thinned: of each bucket of steps the first, lowest, highest and last. `total` counts every
 * point in the range, so that the page can say how many of them it shows.
 */
export const Series = Type.Object({
  key: Text(),
  total: Whole(),
  steps: Type.Array(Whole()),
  timestamps: Type.Array(Whole()),
  values: Type.Array(Type.Number()),
  marks: Type.Array(SeriesMark), // the first ones; `not_finite` counts all
  not_finite: Whole(),
});
export type Series = Static<typeof Series>;

export const getSeries = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id/series`,
  summary: "Points of metrics, thinned on the server; `after_step` asks only for what came later, for live charts",
  request: Type.Object({
    run_id: Required(),
    metric_keys: List(Str()),
    points: Opt(Int32()), // at most this many per metric, about
    from_step: Opt(Int()),
    to_step: Opt(Int()),
    after_step: Opt(Int()),
  }),
  response: Type.Object({ series: Type.Array(Series) }),
});
