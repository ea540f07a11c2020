import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Enum, Int, Int32, List, Opt, Required, Str } from "../wire.ts";
import { Empty, KeyValue, KeyValueInput, WireDouble } from "./entities.ts";

export const loggedModelStatuses = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 0,
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
} as const;
const Status = Enum(loggedModelStatuses, "LOGGED_MODEL_STATUS_UNSPECIFIED");

export const LoggedModelMetric = Type.Object({
  key: Str(),
  value: WireDouble,
  timestamp: Int(),
  step: Int(),
  dataset_name: Opt(Str()),
  dataset_digest: Opt(Str()),
  model_id: Str(),
  run_id: Str(),
});

export const LoggedModel = Type.Object({
  info: Type.Object({
    model_id: Str(),
    experiment_id: Str(),
    name: Str(),
    creation_timestamp_ms: Int(),
    last_updated_timestamp_ms: Int(),
    artifact_uri: Str(),
    status: Status,
    model_type: Opt(Str()),
    source_run_id: Opt(Str()),
    status_message: Opt(Str()),
    tags: Opt(List(KeyValue)),
  }),
  data: Type.Object({ params: Opt(List(KeyValue)), metrics: Opt(List(LoggedModelMetric)) }),
});
export type LoggedModel = Static<typeof LoggedModel>;

const One = Type.Object({ model: LoggedModel });

export const createLoggedModel = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/logged-models",
  summary: "Create a logged model, pending until its files are there",
  request: Type.Object({
    experiment_id: Required(),
    name: Opt(Str()),
    model_type: Opt(Str()),
    source_run_id: Opt(Str()),
    params: Opt(List(KeyValueInput)),
    tags: Opt(List(KeyValueInput)),
  }),
  response: One,
});

export const getLoggedModel = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/logged-models/:model_id",
  summary: "Get a logged model",
  request: Type.Object({ model_id: Required(), allow_deleted: Opt(Bool()) }),
  response: One,
});

export const finalizeLoggedModel = endpoint({
  method: "PATCH",
  path: "/api/2.0/mlflow/logged-models/:model_id",
  summary: "Say that a logged model is ready, or that its upload failed",
  request: Type.Object({ model_id: Required(), status: Status }),
  repeatedInBody: ["model_id"],
  response: One,
});

export const deleteLoggedModel = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/logged-models/:model_id",
  summary: "Move a logged model to the trash",
  request: Type.Object({ model_id: Required() }),
  response: Empty,
});

export const setLoggedModelTags = endpoint({
  method: "PATCH",
  path: "/api/2.0/mlflow/logged-models/:model_id/tags",
  summary: "Set tags of a logged model",
  request: Type.Object({ model_id: Required(), tags: Opt(List(KeyValueInput)) }),
  response: Empty,
});

export const deleteLoggedModelTag = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/logged-models/:model_id/tags/:tag_key",
  summary: "Delete a tag of a logged model",
  request: Type.Object({ model_id: Required(), tag_key: Required() }),
  response: Empty,
});

export const logLoggedModelParams = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/logged-models/:model_id/params",
  summary: "Set params of a logged model, each once",
  request: Type.Object({ model_id: Required(), params: Opt(List(KeyValueInput)) }),
  repeatedInBody: ["model_id"],
  response: Empty,
});

export const searchLoggedModels = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/logged-models/search",
  summary: "Search logged models of experiments",
  request: Type.Object({
    experiment_ids: List(Str()),
    filter: Opt(Str()),
    datasets: Opt(List(Type.Object({ dataset_name: Opt(Str()), dataset_digest: Opt(Str()) }))),
    max_results: Opt(Int32()),
    order_by: Opt(
      List(
        Type.Object({
          field_name: Opt(Str()),
          ascending: Opt(Bool()),
          dataset_name: Opt(Str()),
          dataset_digest: Opt(Str()),
        }),
      ),
    ),
    page_token: Opt(Str()),
  }),
  response: Type.Object({ models: Opt(List(LoggedModel)), next_page_token: Opt(Str()) }),
});
