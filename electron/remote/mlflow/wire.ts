/**
 * What an MLflow server answers, as far as a sync reads it. Everything may be missing: servers of other versions and
 * stores leave out what they have not. Source: mlflow's service.proto and model_registry.proto, release 3.17.2.
 */
import { Type, type Static, type TObject } from "typebox";
import { Bool, compileBody, Double, Enum, Int, List, Opt, Str } from "../../../shared/api/wire.ts";

const Pair = Type.Object({ key: Opt(Str()), value: Opt(Str()) });
export type Pair = Static<typeof Pair>;

const Point = Type.Object({ key: Opt(Str()), value: Opt(Double()), timestamp: Opt(Int()), step: Opt(Int()) });
export type WirePoint = Static<typeof Point>;

const Experiment = Type.Object({
  experiment_id: Str(),
  name: Str(),
  artifact_location: Opt(Str()),
  lifecycle_stage: Opt(Str()),
  last_update_time: Opt(Int()),
  creation_time: Opt(Int()),
  tags: Opt(List(Pair)),
});
export type WireExperiment = Static<typeof Experiment>;

const Status = Enum({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 });
const Dataset = Type.Object({
  name: Opt(Str()),
  digest: Opt(Str()),
  source_type: Opt(Str()),
  source: Opt(Str()),
  schema: Opt(Str()),
  profile: Opt(Str()),
});
const DatasetInput = Type.Object({ tags: Opt(List(Pair)), dataset: Opt(Dataset) });
export type WireDatasetInput = Static<typeof DatasetInput>;

const Run = Type.Object({
  info: Type.Object({
    run_id: Str(),
    experiment_id: Str(),
    run_name: Opt(Str()),
    user_id: Opt(Str()),
    status: Opt(Status),
    start_time: Opt(Int()),
    end_time: Opt(Int()),
    artifact_uri: Opt(Str()),
    lifecycle_stage: Opt(Str()),
  }),
  data: Opt(Type.Object({ metrics: Opt(List(Point)), params: Opt(List(Pair)), tags: Opt(List(Pair)) })),
  inputs: Opt(Type.Object({ dataset_inputs: Opt(List(DatasetInput)) })),
});
export type WireRun = Static<typeof Run>;

const Version = Type.Object({
  name: Str(),
  version: Str(),
  creation_timestamp: Opt(Int()),
  last_updated_timestamp: Opt(Int()),
  user_id: Opt(Str()),
  current_stage: Opt(Str()),
  description: Opt(Str()),
  source: Opt(Str()),
  run_id: Opt(Str()),
  status: Opt(Str()),
  tags: Opt(List(Pair)),
  run_link: Opt(Str()),
});
export type WireVersion = Static<typeof Version>;

const Model = Type.Object({
  name: Str(),
  creation_timestamp: Opt(Int()),
  last_updated_timestamp: Opt(Int()),
  description: Opt(Str()),
  latest_versions: Opt(List(Version)),
  tags: Opt(List(Pair)),
  aliases: Opt(List(Type.Object({ alias: Str(), version: Str() }))),
});
export type WireModel = Static<typeof Model>;

const Next = { next_page_token: Opt(Str()) };
const reader = <T extends TObject>(schema: T): ((raw: unknown) => Static<T>) => compileBody(schema);

/** One reader for each answer; each throws DomainError for what is none. */
export const answers = {
  nothing: reader(Type.Object({})),
  experiment: reader(Type.Object({ experiment: Experiment })),
  experimentId: reader(Type.Object({ experiment_id: Str() })),
  experiments: reader(Type.Object({ experiments: Opt(List(Experiment)), ...Next })),
  run: reader(Type.Object({ run: Run })),
  runs: reader(Type.Object({ runs: Opt(List(Run)), ...Next })),
  history: reader(Type.Object({ metrics: Opt(List(Point)), ...Next })),
  model: reader(Type.Object({ registered_model: Model })),
  models: reader(Type.Object({ registered_models: Opt(List(Model)), ...Next })),
  version: reader(Type.Object({ model_version: Version })),
  versions: reader(Type.Object({ model_versions: Opt(List(Version)), ...Next })),
  downloadUri: reader(Type.Object({ artifact_uri: Opt(Str()) })),
  files: reader(
    Type.Object({ files: Opt(List(Type.Object({ path: Str(), is_dir: Opt(Bool()), file_size: Opt(Int()) }))) }),
  ),
  errorCode: reader(Type.Object({ error_code: Opt(Str()) })),
};
