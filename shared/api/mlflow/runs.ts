import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Double, Int, Int32, List, Opt, Required, Str } from "../wire.ts";
import { Empty, KeyValueInput, MetricInput, Run, RunInfo, RunStatus, ViewType } from "./entities.ts";

/** Either spelling names the run; the edge resolves them to one. */
const RunRef = { run_id: Opt(Str({ snakeOnly: true })), run_uuid: Opt(Str({ snakeOnly: true })) };
const OnlyRun = Type.Object(RunRef);

export const createRun = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/create",
  summary: "Create a run in an active experiment; without a name it gets a random one",
  request: Type.Object({
    experiment_id: Opt(Str()),
    user_id: Opt(Str()),
    run_name: Opt(Str()),
    start_time: Opt(Int()),
    tags: Opt(List(KeyValueInput)),
  }),
  response: Type.Object({ run: Run }),
});

export const updateRun = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/update",
  summary: "Set a run's status, end time or name",
  request: Type.Object({ ...RunRef, status: Opt(RunStatus), end_time: Opt(Int()), run_name: Opt(Str()) }),
  response: Type.Object({ run_info: RunInfo }),
});

export const deleteRun = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/delete",
  summary: "Move a run to the trash",
  request: Type.Object({ run_id: Required() }),
  response: Empty,
});

export const restoreRun = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/restore",
  summary: "Take a run out of the trash",
  request: Type.Object({ run_id: Required() }),
  response: Empty,
});

export const getRun = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/runs/get",
  summary: "Get a run with its latest metrics, params, tags, inputs and outputs",
  request: OnlyRun,
  response: Type.Object({ run: Run }),
});

export const searchRuns = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/search",
  summary: "Search runs of experiments by MLflow's filter grammar, and OR, NOT, IN and parentheses",
  request: Type.Object({
    experiment_ids: Opt(List(Str())),
    filter: Opt(Str()),
    run_view_type: Opt(ViewType),
    max_results: Opt(Int32({ refuseNull: true })),
    order_by: Opt(List(Str())),
    page_token: Opt(Str()),
  }),
  response: Type.Object({ runs: Opt(List(Run)), next_page_token: Opt(Str()) }),
});

export const logMetric = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/log-metric",
  summary: "Append one point of a metric",
  request: Type.Object({
    ...RunRef,
    key: Required(),
    value: Double(),
    timestamp: Int(),
    step: Opt(Int()),
    model_id: Opt(Str()),
    dataset_name: Opt(Str()),
    dataset_digest: Opt(Str()),
  }),
  response: Empty,
});

export const logParameter = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/log-parameter",
  summary: "Set a param once; the same value again is fine, another one is refused",
  request: Type.Object({ ...RunRef, key: Required(), value: Opt(Str()) }),
  response: Empty,
});

export const setTag = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/set-tag",
  summary: "Set a tag of a run",
  request: Type.Object({ ...RunRef, key: Required(), value: Opt(Str()) }),
  response: Empty,
});

export const deleteTag = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/delete-tag",
  summary: "Delete a tag of a run",
  request: Type.Object({ run_id: Required(), key: Required() }),
  response: Empty,
});

export const logBatch = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/log-batch",
  summary: "Append metrics, set params once, overwrite tags: all or nothing, at most 1000 in all",
  request: Type.Object({
    run_id: Required(),
    metrics: Opt(List(MetricInput, { refuseNull: true })),
    params: Opt(List(KeyValueInput, { refuseNull: true })),
    tags: Opt(List(KeyValueInput, { refuseNull: true })),
  }),
  response: Empty,
});

const DatasetIn = Type.Object({
  name: Opt(Str()),
  digest: Opt(Str()),
  source_type: Opt(Str()),
  source: Opt(Str()),
  schema: Opt(Str()),
  profile: Opt(Str()),
});

export const logInputs = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/log-inputs",
  summary: "Note the datasets and logged models that a run reads",
  request: Type.Object({
    run_id: Required(),
    datasets: Opt(List(Type.Object({ tags: Opt(List(KeyValueInput)), dataset: Opt(DatasetIn) }))),
    models: Opt(List(Type.Object({ model_id: Opt(Str()) }))),
  }),
  response: Empty,
});

export const logOutputs = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/outputs",
  summary: "Note the logged models that a run made",
  request: Type.Object({
    run_id: Required(),
    models: List(Type.Object({ model_id: Opt(Str()), step: Opt(Int()) })),
  }),
  response: Empty,
});

export const logModel = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/runs/log-model",
  summary: "Append a model's description to the tag mlflow.log-model.history (clients before MLflow 3)",
  request: Type.Object({ run_id: Required(), model_json: Required() }),
  response: Empty,
});
