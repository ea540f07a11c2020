/** Puts the trash together from the stores and domains whose things it keeps. */
import type { ArtifactStore } from "../../store/artifacts.ts";
import type { ArtifactTrashStore } from "../../store/artifact-trash.ts";
import type { ExperimentStore } from "../../store/experiments.ts";
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelStore } from "../../store/registered-models.ts";
import type { PurgeStore } from "../../store/purge.ts";
import type { TrashStore } from "../../store/trash.ts";
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { SavedViewStore } from "../../store/saved-views.ts";
import type { SavedViews } from "../saved-views/saved-views.ts";
import type { Registry } from "../registry/registry.ts";
import type { Experiments } from "../tracking/experiments.ts";
import type { Runs } from "../tracking/runs.ts";
import { createArtifactTrash } from "./artifact-trash.ts";
import { createPurge, type PurgeDeps } from "./purge.ts";
import type { Removals } from "./removals.ts";
import { createRestore } from "./restore.ts";
import { createTrash } from "./trash.ts";

export interface TrashDomainDeps {
  readonly stores: {
    readonly trash: TrashStore;
    readonly purges: PurgeStore;
    readonly artifactTrash: ArtifactTrashStore;
    readonly artifacts: ArtifactStore;
    readonly experiments: ExperimentStore;
    readonly models: RegisteredModelStore;
    readonly versions: ModelVersionStore;
    readonly savedViews: SavedViewStore;
  };
  readonly removals: Removals;
  readonly savedViews: Pick<SavedViews, "restore">;
  readonly artifacts: Artifacts;
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly registry: Pick<Registry, "sources" | "lookup" | "ownRuns">;
  readonly collector: PurgeDeps["collector"];
  readonly keepDays: number;
  readonly journal: Journal;
  readonly now: () => number;
}

export type TrashDomain = ReturnType<typeof createTrashDomain>;

export const createTrashDomain = ({
  stores,
  artifacts,
  experiments,
  runs,
  registry,
  removals,
  savedViews,
  collector,
  keepDays,
  journal,
  now,
}: TrashDomainDeps) => {
  const { sources, lookup, ownRuns } = registry;
  const files = createArtifactTrash({
    trash: stores.artifactTrash,
    store: stores.artifacts,
    artifacts,
    versionOf: lookup.versionOf,
    versionById: (id) => stores.versions.byIds([id])[0],
    openVersion: ownRuns.openRoot,
    rootOfVersion: (row) => sources.rootOf(sources.locationOf(row)),
    journal,
    now,
  });
  const restore = createRestore({
    trash: stores.trash,
    files,
    removals,
    views: savedViews,
    viewRows: stores.savedViews,
    experimentRows: stores.experiments,
    experiments,
    runs,
    models: stores.models,
    versions: stores.versions,
    journal,
    now,
  });
  const purge = createPurge({
    trash: stores.trash,
    purges: stores.purges,
    versions: stores.versions,
    collector,
    journal,
    find: (trashId) => trash.find(trashId),
  });
  const trash = createTrash({ trash: stores.trash, files, restore, purge, keepDays, now });
  return { ...trash, purge };
};
