/** Registered models and their aliases on the wire. Source: mlflow's model_registry.proto, release 3.17.2. */
import { Type, type Static } from "typebox";
import { endpoint, type Method, type RequestOf } from "../endpoint.ts";
import { Int, List, Opt, Required, Str } from "../wire.ts";
import { Empty, KeyValue, KeyValueInput } from "./entities.ts";
import { ModelVersion } from "./model-versions.ts";

export const RegisteredModelAlias = Type.Object({ alias: Str(), version: Str() });

/** A registered model with the newest version of each stage. */
export const RegisteredModel = Type.Object({
  name: Str(),
  creation_timestamp: Int(), // ms since epoch
  last_updated_timestamp: Int(),
  description: Opt(Str()),
  latest_versions: Opt(List(ModelVersion)),
  tags: Opt(List(KeyValue)),
  aliases: Opt(List(RegisteredModelAlias)),
});
export type RegisteredModel = Static<typeof RegisteredModel>;

const ByName = Type.Object({ name: Required() });
const One = Type.Object({ registered_model: RegisteredModel });

export const createRegisteredModel = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/registered-models/create",
  summary: "Create a registered model; with the tag mlflow.prompt.is_prompt it is a prompt",
  request: Type.Object({
    name: Required(),
    tags: Opt(List(KeyValueInput)),
    description: Opt(Str()),
    deployment_job_id: Opt(Str()), // Databricks only; MLflow's own store leaves it out too
  }),
  response: One,
});
export type CreateRegisteredModel = RequestOf<typeof createRegisteredModel>;

export const getRegisteredModel = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/registered-models/get",
  summary: "Get a registered model by name",
  request: ByName,
  response: One,
});

export const updateRegisteredModel = endpoint({
  method: "PATCH",
  path: "/api/2.0/mlflow/registered-models/update",
  summary: "Replace a registered model's description; without one it is removed",
  request: Type.Object({ name: Required(), description: Opt(Str()), deployment_job_id: Opt(Str()) }),
  response: One,
});

export const renameRegisteredModel = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/registered-models/rename",
  summary: "Rename a registered model",
  request: Type.Object({ name: Required(), new_name: Required() }),
  response: One,
});

export const deleteRegisteredModel = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/registered-models/delete",
  summary: "Move a registered model and its versions to the trash; its name is free again",
  request: ByName,
  response: Empty,
});

const latestVersions = (method: Method) =>
  endpoint({
    method,
    path: "/api/2.0/mlflow/registered-models/get-latest-versions",
    summary: "The newest version of each of the stages; a semantic version as a stage finds that version",
    request: Type.Object({ name: Required(), stages: Opt(List(Str())) }),
    response: Type.Object({ model_versions: Opt(List(ModelVersion)) }),
  });
export const getLatestVersions = latestVersions("GET");
export const postLatestVersions = latestVersions("POST");

export const setRegisteredModelTag = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/registered-models/set-tag",
  summary: "Set a tag of a registered model",
  request: Type.Object({ name: Required(), key: Required(), value: Opt(Str()) }),
  response: Empty,
});

export const deleteRegisteredModelTag = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/registered-models/delete-tag",
  summary: "Remove a tag of a registered model, if it is there",
  request: Type.Object({ name: Required(), key: Required() }),
  response: Empty,
});

export const searchRegisteredModels = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/registered-models/search",
  summary: "Search registered models; prompts are left out unless the filter asks for them",
  request: Type.Object({
    filter: Opt(Str()),
    max_results: Opt(Int()),
    order_by: Opt(List(Str())),
    page_token: Opt(Str()),
  }),
  response: Type.Object({ registered_models: Opt(List(RegisteredModel)), next_page_token: Opt(Str()) }),
});

export const setRegisteredModelAlias = endpoint({
  method: "POST",
  path: "/api/2.0/mlflow/registered-models/alias",
  summary: "Point an alias at a version",
  request: Type.Object({ name: Required(), alias: Required(), version: Required() }),
  response: Empty,
});

export const deleteRegisteredModelAlias = endpoint({
  method: "DELETE",
  path: "/api/2.0/mlflow/registered-models/alias",
  summary: "Remove an alias, if it is there",
  request: Type.Object({ name: Required(), alias: Required() }),
  response: Empty,
});

export const getModelVersionByAlias = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/registered-models/alias",
  summary: "Get the version behind an alias, behind `latest`, or by its semantic version",
  request: Type.Object({ name: Required(), alias: Required() }),
  response: Type.Object({ model_version: ModelVersion }),
});
