import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Enum, Int32, List, Opt, Required, Str } from "../wire.ts";
import { VIEW_TYPES } from "./runs.ts";
import { MetricValue, Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

/** A metric's latest values over the runs of a group. NaN counts as logged and takes no part in the rest. */
export const Spread = Type.Object({
  runs: Whole(), // that logged it
  nan: Whole(), // of them with NaN
  mean: MetricValue,
  min: MetricValue,
  max: MetricValue,
  std: MetricValue, // of the population
});
export type Spread = Static<typeof Spread>;

/** Runs that have the same values of what was grouped by; null where they have none. */
export const RunGroup = Type.Object({
  values: Type.Array(Nullable(Text())),
  runs: Whole(),
  metrics: Type.Array(Nullable(Spread)), // in the order asked for
});
export type RunGroup = Static<typeof RunGroup>;

export const AGGREGATES = { mean: 1, min: 2, max: 3, std: 4 } as const;
export type Aggregate = keyof typeof AGGREGATES;

export const listRunGroups = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/run-groups`,
  summary:
    "All matching runs by equal values of params, tags, datasets, status or user, with mean, min, max and deviation of metrics",
  request: Type.Object({
    experiment_id: Required(),
    by: List(Str()), // `param/lr`, `tag/team`, `dataset/name`, `attribute/status`, `attribute/user_id`
    filter: Opt(Str()),
    view_type: Opt(Enum(VIEW_TYPES)),
    metrics: Opt(List(Str())),
    order_by: Opt(Str()), // by a metric's aggregate or by what is grouped by; else the largest groups come first
    aggregate: Opt(Enum(AGGREGATES)),
    max_results: Opt(Int32()),
    page_token: Opt(Str()),
  }),
  response: Type.Object({
    groups: Type.Array(RunGroup),
    total_groups: Whole(),
    total_runs: Whole(),
    next_page_token: Type.Optional(Text()),
  }),
});

export const countRuns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/run-count`,
  summary: "How many runs match, and a token that holds exactly these for a bulk action",
  request: Type.Object({
    experiment_id: Required(),
    filter: Opt(Str()),
    view_type: Opt(Enum(VIEW_TYPES)),
    group: Opt(Str()), // only the runs of a group: JSON, a list of [by, value]
  }),
  response: Type.Object({ count: Whole(), page_token: Text() }),
});
