/** Model versions on the wire. Source: mlflow's model_registry.proto, release 3.17.2. */
import { Type, type Static } from "typebox";
import { endpoint, type RequestOf } from "../endpoint.ts";
import { Bool, Enum, Int, List, Opt, Required, Str } from "../wire.ts";
import { Empty, KeyValue, KeyValueInput } from "./entities.ts";

export const ModelVersionStatus = Enum({ PENDING_REGISTRATION: 1, FAILED_REGISTRATION: 2, READY: 3 });

/** A model version. What is absent was never set; MLflow leaves it out as well. */
export const ModelVersion = Type.Object({
  name: Str(),
  version: Str(),
  creation_timestamp: Int(), // ms since epoch
  last_updated_timestamp: Int(),
  user_id: Opt(Str()),
  current_stage: Str(),
  description: Opt(Str()),
  source: Str(),
  run_id: Opt(Str()),
  status: ModelVersionStatus,
  status_message: Opt(Str()),
  tags: Opt(List(KeyValue)),
  run_link: Opt(Str()),
  aliases: Opt(List(Str())),
});
export type ModelVersion = Static<typeof ModelVersion>;

const ByVersion = Type.Object({ name: Required(), version: Required() });
const One = Type.Object({ model_version: ModelVersion });

export const createModelVersion = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/model-versions/create",
  summary: "Make a version of a registered model from files of a run, of a logged model or of another version",
  request: Type.Object({
    name: Required(),
    source: Required(),
    run_id: Opt(Str()),
    tags: Opt(List(KeyValueInput)),
    run_link: Opt(Str()),
    description: Opt(Str()),
    model_id: Opt(Str()),
  }),
  response: One,
});
export type CreateModelVersion = RequestOf<typeof createModelVersion>;

export const getModelVersion = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/model-versions/get",
  summary: "Get a model version by its number",
  request: ByVersion,
  response: One,
});

export const updateModelVersion = endpoint({
  method: "PATCH",
  path: "/api/2.0/mlflow/model-versions/update",
  summary: "Replace a model version's description; without one it is removed",
  request: Type.Object({ name: Required(), version: Required(), description: Opt(Str()) }),
  response: One,
});

export const deleteModelVersion = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/model-versions/delete",
  summary: "Move a model version to the trash; its number is not used again",
  request: ByVersion,
  response: Empty,
});

export const transitionModelVersionStage = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/model-versions/transition-stage",
  summary: "Set a model version's stage, and archive the ones that held it",
  request: Type.Object({
    name: Required(),
    version: Required(),
    stage: Required(),
    archive_existing_versions: Opt(Bool()),
  }),
  response: One,
});
export type TransitionModelVersionStage = RequestOf<typeof transitionModelVersionStage>;

export const setModelVersionTag = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/model-versions/set-tag",
  summary: "Set a tag of a model version; the tag gitlab.version sets its semantic version",
  request: Type.Object({ name: Required(), version: Required(), key: Required(), value: Opt(Str()) }),
  response: Empty,
});

export const deleteModelVersionTag = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/model-versions/delete-tag",
  summary: "Remove a tag of a model version, if it is there",
  request: Type.Object({ name: Required(), version: Required(), key: Required() }),
  response: Empty,
});

export const getModelVersionDownloadUri = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/model-versions/get-download-uri",
  summary: "Where a model version's files are",
  request: ByVersion,
  response: Type.Object({ artifact_uri: Str() }),
});

export const searchModelVersions = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/model-versions/search",
  summary: "Search model versions; prompts are left out unless the filter asks for them",
  request: Type.Object({
    filter: Opt(Str()),
    max_results: Opt(Int()),
    order_by: Opt(List(Str())),
    page_token: Opt(Str()),
  }),
  response: Type.Object({ model_versions: Opt(List(ModelVersion)), next_page_token: Opt(Str()) }),
});
