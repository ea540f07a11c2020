import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Enum, Int32, List, Opt, Required, Str } from "../wire.ts";
import { MetricValue, Nullable, OUTPOST_API, Pair, RunStatus, Stage, Text, Whole } from "./words.ts";

export const RunInfo = Type.Object({
  run_id: Text(),
  experiment_id: Text(),
  run_name: Text(),
  user_id: Text(),
  status: RunStatus,
  start_time: Nullable(Whole()),
  end_time: Nullable(Whole()),
  lifecycle_stage: Stage,
});
export type RunInfo = Static<typeof RunInfo>;

/** A row of the run table: values stand in the order in which their keys were asked for, null where a run has none. */
export const RunRow = Type.Object({
  ...RunInfo.properties,
  parent_run_id: Nullable(Text()),
  children: Whole(), // runs of the same experiment and stage that name it as their parent
  metrics: Type.Array(Nullable(MetricValue)),
  params: Type.Array(Nullable(Text())),
  tags: Type.Array(Nullable(Text())),
});
export type RunRow = Static<typeof RunRow>;

export const VIEW_TYPES = { ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 } as const;

export const listRuns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/runs`,
  summary: "A page of an experiment's runs with only the columns asked for; filter and order_by in MLflow's grammar",
  request: Type.Object({
    experiment_id: Required(),
    filter: Opt(Str()),
    order_by: Opt(List(Str())),
    max_results: Opt(Int32()),
    page_token: Opt(Str()),
    view_type: Opt(Enum(VIEW_TYPES)),
    group: Opt(Str()), // only the runs of a group: JSON, a list of [by, value]
    parent_run_id: Opt(Str()), // only the children of this run
    roots: Opt(Bool()), // only runs whose parent does not match as well: the top of the tree
    metrics: Opt(List(Str())),
    params: Opt(List(Str())),
    tags: Opt(List(Str())),
  }),
  response: Type.Object({ runs: Type.Array(RunRow), next_page_token: Type.Optional(Text()) }),
});

export const RecentRun = Type.Object({ ...RunInfo.properties, experiment_name: Text() });
export type RecentRun = Static<typeof RecentRun>;

export const listRecentRuns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/recent-runs`,
  summary: "Runs that are running now, and the newest ones, over all experiments",
  request: Type.Object({ max_results: Opt(Int32()) }),
  response: Type.Object({ running: Type.Array(RecentRun), recent: Type.Array(RecentRun) }),
});

export const Dataset = Type.Object({
  name: Text(),
  digest: Text(),
  source_type: Text(),
  source: Text(),
  schema: Nullable(Text()),
  profile: Nullable(Text()),
  context: Nullable(Text()),
});
export const LoggedModelRef = Type.Object({
  model_id: Text(),
  name: Text(),
  direction: Type.Union([Type.Literal("input"), Type.Literal("output")]),
  step: Whole(),
});
export const RunRef = Type.Object({ run_id: Text(), run_name: Text() });
export const VersionRef = Type.Object({ name: Text(), version: Text() });

export const Run = Type.Object({
  ...RunInfo.properties,
  experiment_name: Text(),
  parent: Nullable(RunRef),
  children: Type.Array(RunRef),
  params: Type.Array(Pair),
  tags: Type.Array(Pair),
  datasets: Type.Array(Dataset),
  logged_models: Type.Array(LoggedModelRef),
  model_versions: Type.Array(VersionRef),
});
export type Run = Static<typeof Run>;

export const getRun = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id`,
  summary: "One run: status, params, tags, datasets, models, parent and children",
  request: Type.Object({ run_id: Required() }),
  response: Run,
});

export const LatestMetric = Type.Object({
  key: Text(),
  value: MetricValue,
  step: Whole(),
  timestamp: Whole(),
  once: Type.Boolean(), // it has this one point and no history
});
export type LatestMetric = Static<typeof LatestMetric>;

export const listRunMetrics = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id/metrics`,
  summary: "The metric keys of a run, each with its latest value",
  request: Type.Object({ run_id: Required() }),
  response: Type.Object({ metrics: Type.Array(LatestMetric) }),
});

export const getRunNeighbours = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id/neighbours`,
  summary: "The runs before and after a run in its experiment, the newest first",
  request: Type.Object({ run_id: Required() }),
  response: Type.Object({ previous: Nullable(RunRef), next: Nullable(RunRef) }),
});

export const MetricRange = Type.Object({
  key: Text(),
  min: Nullable(MetricValue), // null where every value is NaN
  max: Nullable(MetricValue),
  points: Whole(),
});
export type MetricRange = Static<typeof MetricRange>;

export const listMetricRanges = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs/:run_id/metric-ranges`,
  summary: "Lowest and highest value and number of points of each metric of a run",
  request: Type.Object({ run_id: Required() }),
  response: Type.Object({ metrics: Type.Array(MetricRange) }),
});
