/**
 * The model registry: registered models, their versions, where those come from. Owns the rules of names, stages, aliases,
 * numbers and semantic versions; refuses sources that are not files of the run or logged model they are said to be of.
 */
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelStore } from "../../store/registered-models.ts";
import type { ExperimentStore } from "../../store/experiments.ts";
import type { RunStore } from "../../store/runs.ts";
import type { VersionFileStore } from "../../store/version-files.ts";
import type { LoggedModels } from "../tracking/logged-models.ts";
import type { Removals } from "../trash/removals.ts";
import { createLookup } from "./lookup.ts";
import { createModelVersions } from "./model-versions.ts";
import { createOwnRuns } from "./own-runs.ts";
import { createRegisteredModels } from "./registered-models.ts";
import type { RegistrySearch } from "./search.ts";
import { createSources } from "./sources.ts";

export interface RegistryDeps {
  readonly models: RegisteredModelStore;
  readonly versions: ModelVersionStore;
  readonly experiments: Pick<ExperimentStore, "byName" | "insert">;
  readonly runs: Pick<RunStore, "byRunId" | "insert" | "update" | "setTag">;
  readonly versionFiles: VersionFileStore;
  readonly loggedModels: Pick<LoggedModels, "get" | "setTags">;
  readonly modelSearch: RegistrySearch;
  readonly versionSearch: RegistrySearch;
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
  readonly now: () => number; // ms since epoch
  readonly newRunId: () => string; // 32 hex digits
}

export type Registry = ReturnType<typeof createRegistry>;

export const createRegistry = ({ modelSearch, versionSearch, ...deps }: RegistryDeps) => {
  const lookup = createLookup(deps);
  const sources = createSources({ ...deps, lookup });
  const ownRuns = createOwnRuns({ ...deps, files: deps.versionFiles, sources });
  return {
    lookup,
    sources,
    ownRuns,
    models: createRegisteredModels({ ...deps, lookup, search: modelSearch }),
    versions: createModelVersions({ ...deps, lookup, sources, ownRuns, search: versionSearch }),
  };
};
