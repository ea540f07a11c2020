/** The messages that MLflow's answers and requests are made of. Source: mlflow's service.proto, release 3.17.2. */
import { Type, type Static } from "typebox";
import { Double, Enum, Int, List, Opt, Str } from "../wire.ts";

export const ViewType = Enum({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 });
export type ViewType = Static<typeof ViewType>;

export const RunStatus = Enum({ RUNNING: 1, SCHEDULED: 2, FINISHED: 3, FAILED: 4, KILLED: 5 });
export type RunStatus = Static<typeof RunStatus>;

/** A key with a value, as sent: a missing value is stored as "". */
export const KeyValueInput = Type.Object({ key: Opt(Str()), value: Opt(Str()) });
export type KeyValueInput = Static<typeof KeyValueInput>;

export const KeyValue = Type.Object({ key: Str(), value: Str() });
export type KeyValue = Static<typeof KeyValue>;

export const Experiment = Type.Object({
  experiment_id: Str(),
  name: Str(),
  artifact_location: Str(),
  lifecycle_stage: Str(),
  last_update_time: Int(),
  creation_time: Int(),
  tags: Opt(List(KeyValue)),
  workspace: Str(),
});
export type Experiment = Static<typeof Experiment>;

export const RunInfo = Type.Object({
  run_uuid: Str(),
  experiment_id: Str(),
  run_name: Str(),
  user_id: Str(),
  status: RunStatus,
  start_time: Int(),
  end_time: Opt(Int()),
  artifact_uri: Str(),
  lifecycle_stage: Str(),
  run_id: Str(),
});
export type RunInfo = Static<typeof RunInfo>;

/** A double on its way out: NaN and the infinities travel as words. */
export const WireDouble = Type.Unsafe<number | "NaN" | "Infinity" | "-Infinity">({ type: ["number", "string"] });

export const Metric = Type.Object({ key: Str(), value: WireDouble, timestamp: Int(), step: Int() });
export type Metric = Static<typeof Metric>;

export const Dataset = Type.Object({
  name: Str(),
  digest: Str(),
  source_type: Str(),
  source: Str(),
  schema: Opt(Str()),
  profile: Opt(Str()),
});
export type Dataset = Static<typeof Dataset>;

export const DatasetInput = Type.Object({ tags: Opt(List(KeyValue)), dataset: Dataset });
export type DatasetInput = Static<typeof DatasetInput>;

export const Run = Type.Object({
  info: RunInfo,
  data: Type.Object({
    metrics: Opt(List(Metric)),
    params: Opt(List(KeyValue)),
    tags: Opt(List(KeyValue)),
  }),
  inputs: Opt(
    Type.Object({
      dataset_inputs: Opt(List(DatasetInput)),
      model_inputs: Opt(List(Type.Object({ model_id: Str() }))),
    }),
  ),
  outputs: Opt(Type.Object({ model_outputs: Opt(List(Type.Object({ model_id: Str(), step: Int() }))) })),
});
export type Run = Static<typeof Run>;

export const Empty = Type.Object({});

/** A metric point as sent. */
export const MetricInput = Type.Object({
  key: Opt(Str()),
  value: Opt(Double()),
  timestamp: Opt(Int()),
  step: Opt(Int()),
  model_id: Opt(Str()),
  dataset_name: Opt(Str()),
  dataset_digest: Opt(Str()),
});
export type MetricInput = Static<typeof MetricInput>;
