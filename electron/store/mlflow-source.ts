/** What another tracking store holds, in plain rows: the common ground of MLflow's file store and its database. */
import type { Dataset, KeyValue, RunStatus } from "../../shared/api/mlflow/entities.ts";
import type { Int64 } from "../../shared/api/wire.ts";
import type { MetricPoint } from "./metrics.ts";

export type Stage = "active" | "deleted";

export interface SourceExperiment {
  readonly id: string;
  readonly name: string;
  readonly lifecycle_stage: Stage;
  readonly creation_time: number; // ms since epoch
  readonly last_update_time: number;
  readonly tags: readonly KeyValue[];
}

export interface SourceRun {
  readonly run_id: string;
  readonly name: string;
  readonly user_id: string;
  readonly status: RunStatus;
  readonly start_time: Int64 | null; // ms since epoch
  readonly end_time: Int64 | null;
  readonly lifecycle_stage: Stage;
  readonly deleted_time: number | null;
  readonly artifact_uri: string;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly datasets: readonly { readonly dataset: Dataset; readonly tags: KeyValue[] }[];
  readonly models: readonly {
    readonly model_id: string;
    readonly direction: "input" | "output";
    readonly step: number;
  }[];
}

export interface SourceLoggedModel {
  readonly model_id: string;
  readonly name: string;
  readonly artifact_location: string;
  readonly creation_timestamp_ms: number;
  readonly last_updated_timestamp_ms: number;
  readonly status: number; // LoggedModelStatus of MLflow's service.proto
  readonly lifecycle_stage: Stage;
  readonly model_type: string | null;
  readonly source_run_id: string | null;
  readonly status_message: string | null;
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly metrics: readonly (MetricPoint & {
    readonly run_id: string;
    readonly dataset_name: string | null;
    readonly dataset_digest: string | null;
  })[];
}

export interface SourceVersion {
  readonly version: number;
  readonly description: string | null;
  readonly user_id: string | null;
  readonly current_stage: string;
  readonly source: string;
  readonly storage_location: string | null;
  readonly run_id: string | null;
  readonly run_link: string | null;
  readonly model_id: string | null;
  readonly status: string;
  readonly status_message: string | null;
  readonly creation_timestamp: number; // ms since epoch
  readonly last_updated_timestamp: number;
  readonly tags: readonly KeyValue[];
}

export interface SourceModel {
  readonly name: string;
  readonly description: string | null;
  readonly creation_timestamp: number; // ms since epoch
  readonly last_updated_timestamp: number;
  readonly tags: readonly KeyValue[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  readonly versions: readonly SourceVersion[];
}

/** Something that was not carried over, and why. */
export interface Problem {
  readonly what: string;
  readonly why: string;
}

/** An open store to import from. What cannot be read is told to `onProblem` and left out. */
export interface TrackingSource {
  /** The same for the same store, wherever it is opened from: `mlruns:/abs/path`. */
  readonly identity: string;
  /** Folders that artifacts may be taken from. */
  readonly artifactFolders: readonly string[];
  readonly experiments: () => SourceExperiment[];
  readonly runIds: (experimentId: string) => string[];
  readonly run: (experimentId: string, runId: string) => SourceRun | undefined;
  /** All points of a run, some thousand at a time. */
  readonly points: (experimentId: string, runId: string) => Iterable<MetricPoint[]>;
  readonly loggedModels: (experimentId: string) => SourceLoggedModel[];
  readonly models: () => SourceModel[];
  /** What this store holds and Outpost does not keep: traces, webhooks, … */
  readonly left: () => Problem[];
  readonly close: () => void;
}
