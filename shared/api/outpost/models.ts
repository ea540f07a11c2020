import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { KeyValueInput } from "../mlflow/entities.ts";
import { Enum, Int, Int32, List, Opt, Required, Str } from "../wire.ts";
import { MetricValue, type MetricValue as MetricNumber, Nullable, OUTPOST_API, Pair, Text, Whole } from "./words.ts";

export const Alias = Type.Object({ alias: Text(), version: Text() });

export const RegisteredModelRow = Type.Object({
  uid: Text(), // `registered_model:<uid>` is its id in the trash
  name: Text(),
  description: Nullable(Text()),
  versions: Whole(),
  latest_version: Nullable(Text()), // the highest integer
  latest_semver: Nullable(Text()), // of that version
  highest_semver: Nullable(Text()), // the highest by precedence: another one where versions were made out of order
  aliases: Type.Array(Alias),
  tags: Type.Array(Pair),
  creation_timestamp: Whole(),
  last_updated_timestamp: Whole(), // of the model or of its version that changed last
});
export type RegisteredModelRow = Static<typeof RegisteredModelRow>;

/** What a list of models can be ordered by; each has its natural direction first. */
export const ModelOrder = Enum({ changed: 1, name: 2, versions: 3, created: 4 });
export type ModelOrder = Static<typeof ModelOrder>;

export const listRegisteredModels = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registered-models`,
  summary: "Registered models whose name, or a tag of theirs, contains `search`; the latest changed first",
  request: Type.Object({
    search: Opt(Str()),
    order: Opt(ModelOrder),
    direction: Opt(Enum({ asc: 1, desc: 2 })),
    max_results: Opt(Int32()),
    page_token: Opt(Str()),
  }),
  response: Type.Object({
    registered_models: Type.Array(RegisteredModelRow),
    total: Whole(),
    next_page_token: Type.Optional(Text()),
  }),
});

export const VersionRow = Type.Object({
  uid: Text(), // `model_version:<uid>` is its id in the trash
  version: Text(),
  semver: Text(),
  description: Nullable(Text()),
  current_stage: Text(),
  status: Text(),
  status_message: Nullable(Text()),
  source: Text(),
  run_id: Nullable(Text()), // of the training run; null where the version was made without one
  run_name: Nullable(Text()), // null where the run is not kept here
  experiment_id: Nullable(Text()),
  model_id: Nullable(Text()),
  user_id: Nullable(Text()),
  aliases: Type.Array(Text()),
  tags: Type.Array(Pair),
  creation_timestamp: Whole(),
  last_updated_timestamp: Whole(),
});
export type VersionRow = Static<typeof VersionRow>;

export const RegisteredModel = Type.Object({
  ...RegisteredModelRow.properties,
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

/** A metric's latest value. `own`: it was logged to the version itself, not by its training run. */
const VersionMetric = Type.Object({ key: Text(), value: MetricValue, own: Type.Boolean() });
const VersionParam = Type.Object({ ...Pair.properties, own: Type.Boolean() });

export const ModelVersion = Type.Object({
  ...VersionRow.properties,
  name: Text(),
  params: Type.Array(VersionParam),
  metrics: Type.Array(VersionMetric),
  files: Type.Array(Type.Object({ path: Text(), sha256: Text(), size: Whole() })),
  root: Nullable(Text()), // of its files below the artifact root; null for files that are not kept here
  own_run_id: Nullable(Text()), // the run that carries what was added to the version itself
  previous: Nullable(Text()), // number of the version before
  next: Nullable(Text()),
});
export type ModelVersion = Static<typeof ModelVersion>;

const ByVersion = { name: Required(), version: Required() };

export const getModelVersion = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registered-models/:name/versions/:version`,
  summary: "A model version by its number or its semantic version, with its files and their digests",
  request: Type.Object(ByVersion),
  response: ModelVersion,
});

export const createVersion = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/registered-models/:name/versions`,
  summary:
    "Make a version: of a logged model (`model_id`), of a run's folder (`run_id` and `path`), or empty, for files to come",
  request: Type.Object({
    name: Required(),
    semver: Opt(Str()), // without one: the highest with its patch raised
    description: Opt(Str()),
    tags: Opt(List(KeyValueInput)),
    model_id: Opt(Str()),
    run_id: Opt(Str()),
    path: Opt(Str()),
  }),
  response: Type.Object({ version: Text(), semver: Text() }),
});

/** A double, or the word that stands for one that JSON has no number for. */
const AnyDouble = Type.Unsafe<MetricNumber>({ type: "number", format: "double" });

export const logToVersion = endpoint({
  method: "POST",
  path: `${OUTPOST_API}/registered-models/:name/versions/:version/log`,
  summary: "Add metrics and params to a version's own run",
  request: Type.Object({
    ...ByVersion,
    metrics: Opt(List(Type.Object({ key: Required(), value: AnyDouble, step: Opt(Int()) }))),
    params: Opt(List(Type.Object({ key: Required(), value: Str() }))),
  }),
  response: Type.Object({ run_id: Text() }),
});

/** What a version can be made of. */
export const Registrable = Type.Object({
  model_id: Text(),
  model_name: Text(),
  run_id: Nullable(Text()),
  run_name: Nullable(Text()),
  experiment_id: Text(),
  experiment_name: Text(),
  creation_timestamp: Whole(),
  files: Whole(),
  size: Whole(), // bytes
  versions: Type.Array(Type.Object({ name: Text(), version: Text() })), // already made of it
});
export type Registrable = Static<typeof Registrable>;

export const listRegistrable = endpoint({
  method: "GET",
  path: `${OUTPOST_API}/registrable-models`,
  summary: "Logged models that a version can be made of, by their name, run or experiment; the newest first",
  request: Type.Object({ search: Opt(Str()), max_results: Opt(Int32()) }),
  response: Type.Object({ logged_models: Type.Array(Registrable), total: Whole() }),
});
