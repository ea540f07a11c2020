import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Enum, Int32, List, Opt, Required, Str } from "../wire.ts";
import { Nullable, OUTPOST_API, RunStatus, Text, Whole } from "./words.ts";
import { RunRow, VIEW_TYPES } from "./runs.ts";

/** What can be found by its text. */
export const FIND_KINDS = {
  experiment: 1,
  run: 2,
  registered_model: 3,
  model_version: 4,
  logged_model: 5,
  dataset: 6,
  metric: 7,
  param: 8,
  tag: 9,
} as const;
export type FindKind = keyof typeof FIND_KINDS;

/** One thing that was found, with what its address is made of. */
export const FindRow = Type.Object({
  kind: Type.Unsafe<FindKind>({ type: "string", enum: Object.keys(FIND_KINDS) }),
  id: Text(), // as the MLflow wire calls it: a run's or experiment's id, a model's name, <model>/<version>, a key
  title: Text(),
  context: Nullable(Text()), // the experiment's name
  experiment_id: Nullable(Text()), // of a key: the newest experiment that has it
  version: Nullable(Text()),
  semver: Nullable(Text()),
  digest: Nullable(Text()), // of a dataset
  status: Nullable(RunStatus),
  time: Nullable(Whole()), // when it began or was changed
  excerpt: Nullable(Text()), // where the words stand, when the title does not hold them
});
export type FindRow = Static<typeof FindRow>;

export const find = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/find`,
  summary:
    "Things whose name, note, tags or id contain every word of `text`, best first: of each kind at most `max_results`",
  request: Type.Object({ text: Required(), kinds: Opt(List(Enum(FIND_KINDS))), max_results: Opt(Int32()) }),
  response: Type.Object({
    rows: Type.Array(FindRow),
    behind: Whole(), // about how many changes the index has still to take in
  }),
});

/** A run with the name of its experiment. */
export const FoundRun = Type.Object({ ...RunRow.properties, experiment_name: Text() });
export type FoundRun = Static<typeof FoundRun>;

export const searchRuns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/runs`,
  summary: "A page of runs of all active experiments, or of some; filter and order_by in MLflow's grammar",
  request: Type.Object({
    experiment_ids: Opt(List(Str())),
    filter: Opt(Str()),
    order_by: Opt(List(Str())),
    max_results: Opt(Int32()),
    page_token: Opt(Str()),
    view_type: Opt(Enum(VIEW_TYPES)),
    metrics: Opt(List(Str())),
    params: Opt(List(Str())),
    tags: Opt(List(Str())),
  }),
  response: Type.Object({ runs: Type.Array(FoundRun), next_page_token: Type.Optional(Text()) }),
});
