import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Int, List, Opt, Required, Str } from "../wire.ts";
import { Empty, Experiment, KeyValueInput, ViewType } from "./entities.ts";

const ById = Type.Object({ experiment_id: Required() });
const One = Type.Object({ experiment: Experiment });

export const createExperiment = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/create",
  summary:
    "Create an experiment; its artifacts live in Outpost, so `artifact_location` must be absent or Outpost's own",
  request: Type.Object({ name: Required(), artifact_location: Opt(Str()), tags: Opt(List(KeyValueInput)) }),
  response: Type.Object({ experiment_id: Str() }),
});

export const getExperiment = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/experiments/get",
  summary: "Get an experiment by id, deleted ones too",
  request: ById,
  response: One,
});

export const getExperimentByName = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/experiments/get-by-name",
  summary: "Get an experiment by name, deleted ones too",
  request: Type.Object({ experiment_name: Required() }),
  response: One,
});

export const updateExperiment = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/update",
  summary: "Rename an active experiment",
  request: Type.Object({ experiment_id: Required(), new_name: Required() }),
  response: Empty,
});

export const deleteExperiment = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/delete",
  summary: "Move an active experiment and its runs to the trash",
  request: ById,
  response: Empty,
});

export const restoreExperiment = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/restore",
  summary: "Take a deleted experiment and its runs out of the trash",
  request: ById,
  response: Empty,
});

export const setExperimentTag = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/set-experiment-tag",
  summary: "Set a tag of an active experiment",
  request: Type.Object({ experiment_id: Required(), key: Required(), value: Opt(Str()) }),
  response: Empty,
});

export const deleteExperimentTag = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/delete-experiment-tag",
  summary: "Delete a tag of an active experiment",
  request: Type.Object({ experiment_id: Required(), key: Required() }),
  response: Empty,
});

const Search = Type.Object({
  max_results: Opt(Int()),
  page_token: Opt(Str()),
  filter: Opt(Str()),
  order_by: Opt(List(Str())),
  view_type: Opt(ViewType),
});
const Found = Type.Object({ experiments: Opt(List(Experiment)), next_page_token: Opt(Str()) });

export const searchExperiments = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/experiments/search",
  summary: "Search experiments",
  request: Search,
  response: Found,
});

export const searchExperimentsByQuery = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/experiments/search",
  summary: "Search experiments, with a query string",
  request: Search,
  response: Found,
});
