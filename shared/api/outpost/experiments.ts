import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Int32, Opt, Required, Str } from "../wire.ts";
import { OUTPOST_API, Pair, Stage, Text, Whole } from "./words.ts";

export const ExperimentRow = Type.Object({
  experiment_id: Text(),
  name: Text(),
  creation_time: Whole(),
  last_activity: Whole(), // newest start or end of one of its runs, else its own last update
  runs: Whole(),
  running: Whole(),
  note: Text(),
});
export type ExperimentRow = Static<typeof ExperimentRow>;

export const listExperiments = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments`,
  summary: "Active experiments whose name contains `search`, the latest active first, with run counts",
  request: Type.Object({ search: Opt(Str()), max_results: Opt(Int32()), page_token: Opt(Str()) }),
  response: Type.Object({
    experiments: Type.Array(ExperimentRow),
    total: Whole(),
    next_page_token: Type.Optional(Text()),
  }),
});

export const Experiment = Type.Object({
  ...ExperimentRow.properties,
  lifecycle_stage: Stage,
  last_update_time: Whole(),
  tags: Type.Array(Pair),
  artifact_bytes: Whole(),
});
export type Experiment = Static<typeof Experiment>;

export const getExperiment = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id`,
  summary: "One experiment with its tags, run counts and the size of its artifacts",
  request: Type.Object({ experiment_id: Required() }),
  response: Experiment,
});

export const Column = Type.Object({ key: Text(), differs: Type.Boolean() });
export type Column = Static<typeof Column>;

export const listColumns = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/columns`,
  summary: "Keys that an experiment's runs have; `differs`: its values are not all the same",
  request: Type.Object({ experiment_id: Required() }),
  response: Type.Object({
    metrics: Type.Array(Column),
    params: Type.Array(Column),
    tags: Type.Array(Column),
    more: Type.Boolean(), // there are further keys than the 2,000 of each kind that are listed
  }),
});
export type Columns = Static<typeof listColumns.response>;
