/** What the store's side of a sync is made of. */
import type { Blobs } from "../artifacts/blobs.ts";
import type { Artifacts } from "../domain/artifacts/artifacts.ts";
import type { OwnRuns } from "../domain/registry/own-runs.ts";
import type { Sources } from "../domain/registry/sources.ts";
import type { ArtifactStore } from "../store/artifacts.ts";
import type { ExperimentStore } from "../store/experiments.ts";
import type { InputStore } from "../store/inputs.ts";
import type { Caller, Journal } from "../store/journal.ts";
import type { LoggedModelStore } from "../store/logged-models.ts";
import type { MetricStore } from "../store/metrics.ts";
import type { ModelVersionStore } from "../store/model-versions.ts";
import type { RegisteredModelStore } from "../store/registered-models.ts";
import type { RunStore } from "../store/runs.ts";
import type { ApplyStore } from "../store/sync/apply.ts";
import type { DocStore } from "../store/sync/docs.ts";
import type { SyncStore } from "../store/sync/sync-store.ts";
import type { Writer } from "../store/writer.ts";
import type { PartialFile } from "./local.ts";

export interface StoreLocalDeps {
  readonly stores: {
    readonly experiments: ExperimentStore;
    readonly runs: RunStore;
    readonly metrics: MetricStore;
    readonly inputs: InputStore;
    readonly loggedModels: LoggedModelStore;
    readonly models: RegisteredModelStore;
    readonly versions: ModelVersionStore;
    readonly artifacts: ArtifactStore;
  };
  readonly docs: DocStore;
  readonly apply: ApplyStore;
  readonly sync: Pick<SyncStore, "files" | "objects" | "origins">;
  readonly registry: { readonly ownRuns: OwnRuns; readonly sources: Pick<Sources, "locationOf" | "rootOf"> };
  readonly artifacts: Pick<Artifacts, "put" | "digestAt" | "inTheWay">;
  readonly blobs: Pick<Blobs, "read" | "sizeOnDisk">;
  readonly partials: { readonly open: (sha256: string) => PartialFile };
  readonly journal: Journal;
  readonly writer: Pick<Writer, "write">;
  /** In whose name pulled changes are written. */
  readonly caller: Caller;
  readonly workstation: string; // 32 hex
  readonly now: () => number; // ms since epoch
  readonly newRunId: () => string; // 32 hex digits
}
