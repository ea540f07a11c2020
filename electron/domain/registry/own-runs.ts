/**
 * A model version's own run: where its metrics, params and files go that no training run has logged. It comes into
 * being on first use, in an experiment of its model that no search and no list shows.
 */
import { DomainError } from "../../../shared/errors.ts";
import type { ExperimentStore } from "../../store/experiments.ts";
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionRow, ModelVersionStore } from "../../store/model-versions.ts";
import type { RunRow, RunStore } from "../../store/runs.ts";
import type { VersionFileStore } from "../../store/version-files.ts";
import { artifactUri } from "../../../shared/artifact-path.ts";
import { RUN_NAME_TAG, runRoot } from "../tracking/runs.ts";
import type { Sources } from "./sources.ts";

export interface OwnRunDeps {
  readonly experiments: Pick<ExperimentStore, "byName" | "insert">;
  readonly runs: Pick<RunStore, "byRunId" | "insert" | "update" | "setTag">;
  readonly versions: Pick<ModelVersionStore, "location" | "setLocation">;
  readonly files: VersionFileStore;
  readonly sources: Pick<Sources, "locationOf" | "rootOf">;
  readonly journal: Journal;
  readonly now: () => number;
  readonly newRunId: () => string; // 32 hex digits
}

export type OwnRuns = ReturnType<typeof createOwnRuns>;

export const createOwnRuns = (deps: OwnRunDeps) => {
  const { experiments, runs, versions, files, sources, journal, now, newRunId } = deps;

  const experimentOf = (model: number, name: string): number => {
    const known = files.experimentOf(model);
    if (known !== undefined) return known;
    const wanted = `[model]${name}`;
    const row = experiments.insert(experiments.byName(wanted) ? `${wanted} #${model}` : wanted, now());
    files.claimExperiment(row.id, model);
    journal.record({
      action: "experiment.create",
      kind: "experiment",
      uid: row.uid,
      subject: row.name,
      after: { name: row.name, model },
    });
    return row.id;
  };

  /** The version's own run; made when there is none. */
  const of = (version: Pick<ModelVersionRow, "id" | "model" | "name" | "semver">): RunRow => {
    const known = runs.byRunId(files.ownRun(version.id) ?? "");
    if (known) return known;
    const time = now();
    const name = `${version.name} ${version.semver}`;
    const experiment = experimentOf(version.model, version.name);
    const run = runs.insert({
      run_id: newRunId(),
      experiment,
      name,
      user_id: "",
      status: "FINISHED",
      start_time: time,
    });
    runs.update(run.id, { status: "FINISHED", end_time: time, name });
    runs.setTag(run, RUN_NAME_TAG, name);
    files.setOwnRun(version.id, run.id);
    journal.record({
      action: "run.create",
      kind: "run",
      uid: run.uid,
      subject: run.run_id,
      after: { name, experiment, version: version.id },
    });
    return run;
  };

  /**
   * The root of the version's own files, below the artifact root. A version whose files are those of a run or a logged
   * model gets them by name (their bytes are stored once), so that neither changes with the other from then on.
   * @throws DomainError `invalid` for a version whose files are not kept here.
   */
  const openRoot = (version: ModelVersionRow): string => {
    const location = sources.locationOf(version);
    const current = sources.rootOf(location);
    if (current === undefined)
      throw new DomainError(
        "invalid",
        `The files of version ${version.version} of model '${version.name}' are at '${location}', which is not kept here: make a new version to add files to.`,
      );
    const root = runRoot(of(version));
    if (current === root) return root;
    files.copyFiles(version.id, root, now());
    versions.setLocation(version.id, artifactUri(root));
    journal.record({
      action: "model-version.own-files",
      kind: "model_version",
      uid: version.uid,
      subject: `${version.name}/${version.version}`,
      before: { location },
      after: { location: artifactUri(root) },
    });
    return root;
  };

  /** Makes the own run of a new version its source. */
  const startWith = (version: ModelVersionRow): void => {
    const run = of(version);
    files.setSource(version.id, artifactUri(runRoot(run)), run.run_id);
  };

  return { of, openRoot, startWith };
};
