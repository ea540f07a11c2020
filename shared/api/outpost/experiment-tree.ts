import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Required } from "../wire.ts";
import { ExperimentRow } from "./experiments.ts";
import { OUTPOST_API, Pair, RunStatus, Text, Whole } from "./words.ts";

export const ExperimentNode = Type.Object({
  ...ExperimentRow.properties,
  tags: Type.Array(Pair), // without MLflow's own; values cut
});
export type ExperimentNode = Static<typeof ExperimentNode>;

export const listExperimentTree = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiment-tree`,
  summary: "All active experiments with counts and tags, the latest active first: what a tree by name is built from",
  request: Type.Object({}),
  response: Type.Object({
    experiments: Type.Array(ExperimentNode),
    total: Whole(), // of which the first 5,000 are listed
  }),
});

export const listExperimentSizes = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiment-sizes`,
  summary: "Bytes of the artifacts of each experiment; the same content counts for each that has it",
  request: Type.Object({}),
  response: Type.Object({ sizes: Type.Array(Type.Object({ experiment_id: Text(), bytes: Whole() })) }),
});

export const getExperimentOverview = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/experiments/:experiment_id/overview`,
  summary: "How an experiment's runs went, and the data they used",
  request: Type.Object({ experiment_id: Required() }),
  response: Type.Object({
    statuses: Type.Array(Type.Object({ status: RunStatus, runs: Whole() })),
    datasets: Type.Array(
      Type.Object({
        name: Text(),
        digest: Text(),
        source_type: Text(),
        contexts: Type.Array(Text()),
        runs: Whole(),
      }),
    ),
  }),
});
export type ExperimentOverview = Static<typeof getExperimentOverview.response>;
