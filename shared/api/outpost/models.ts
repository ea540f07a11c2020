import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Int32, Opt, Required, Str } from "../wire.ts";
import { MetricValue, Nullable, OUTPOST_API, Pair, Text, Whole } from "./words.ts";

export const Alias = Type.Object({ alias: Text(), version: Text() });

export const RegisteredModelRow = Type.Object({
  name: Text(),
  description: Nullable(Text()),
  versions: Whole(),
  latest_version: Nullable(Text()), // the highest integer
  latest_semver: Nullable(Text()), // of that version
  aliases: Type.Array(Alias),
  creation_timestamp: Whole(),
  last_updated_timestamp: Whole(),
});
export type RegisteredModelRow = Static<typeof RegisteredModelRow>;

export const listRegisteredModels = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registered-models`,
  summary: "Registered models whose name contains `search`, the latest changed first",
  request: Type.Object({ search: Opt(Str()), max_results: Opt(Int32()), page_token: Opt(Str()) }),
  response: Type.Object({
    registered_models: Type.Array(RegisteredModelRow),
    total: Whole(),
    next_page_token: Type.Optional(Text()),
  }),
});

export const VersionRow = Type.Object({
  version: Text(),
  semver: Text(),
  description: Nullable(Text()),
  current_stage: Text(),
  status: Text(),
  status_message: Nullable(Text()),
  source: Text(),
  run_id: Nullable(Text()),
  run_name: Nullable(Text()), // null where the run is not kept here
  experiment_id: Nullable(Text()),
  model_id: Nullable(Text()),
  user_id: Nullable(Text()),
  aliases: Type.Array(Text()),
  creation_timestamp: Whole(),
  last_updated_timestamp: Whole(),
});
export type VersionRow = Static<typeof VersionRow>;

export const RegisteredModel = Type.Object({
  ...RegisteredModelRow.properties,
  tags: Type.Array(Pair),
  model_versions: Type.Array(VersionRow),
});
export type RegisteredModel = Static<typeof RegisteredModel>;

export const getRegisteredModel = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registered-models/:name`,
  summary: "A registered model with its tags, aliases and versions",
  request: Type.Object({ name: Required() }),
  response: RegisteredModel,
});

export const ModelVersion = Type.Object({
  ...VersionRow.properties,
  name: Text(),
  tags: Type.Array(Pair),
  params: Type.Array(Pair), // of its source run
  metrics: Type.Array(Type.Object({ key: Text(), value: MetricValue })),
  files: Type.Array(Type.Object({ path: Text(), sha256: Text(), size: Whole() })),
});
export type ModelVersion = Static<typeof ModelVersion>;

export const getModelVersion = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registered-models/:name/versions/:version`,
  summary: "A model version by its number or its semantic version, with its files and their digests",
  request: Type.Object({ name: Required(), version: Required() }),
  response: ModelVersion,
});
