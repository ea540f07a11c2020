/**
 * Takes things out of the trash. Where a name was given away meanwhile, the thing comes back under another one. All
 * checks come before the first write, so that one refusal leaves nothing half done.
 */
import { DomainError } from "../../../shared/errors.ts";
import { isSemver, nextSemver } from "../../../shared/semver/semver.ts";
import type { ExperimentStore } from "../../store/experiments.ts";
import type { Journal, Kind } from "../../store/journal.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { SavedViewStore } from "../../store/saved-views.ts";
import type { RegisteredModelStore } from "../../store/registered-models.ts";
import type { TrashKind, TrashRow, TrashStore } from "../../store/trash.ts";
import { assertNewModelName, assertSemver } from "../registry/names.ts";
import type { SavedViews } from "../saved-views/saved-views.ts";
import { checkExperimentName } from "../tracking/names.ts";
import type { Experiments } from "../tracking/experiments.ts";
import type { Runs } from "../tracking/runs.ts";
import type { ArtifactTrash } from "./artifact-trash.ts";
import type { Removals } from "./removals.ts";

export interface RestoreDeps {
  readonly trash: TrashStore;
  readonly files: ArtifactTrash;
  readonly removals: Pick<Removals, "blockOf" | "restore" | "restoreWith">;
  readonly views: Pick<SavedViews, "restore">;
  readonly viewRows: Pick<SavedViewStore, "byUid" | "byName">;
  readonly experimentRows: Pick<ExperimentStore, "byName" | "byId">;
  readonly experiments: Pick<Experiments, "restore">;
  readonly runs: Pick<Runs, "restore">;
  readonly models: Pick<RegisteredModelStore, "byName" | "touch">;
  readonly versions: Pick<ModelVersionStore, "byIds" | "bySemver" | "highestSemver">;
  readonly journal: Pick<Journal, "record" | "mark">;
  readonly now: () => number;
}

/** Why a thing cannot come back as it is, and a name that would do. */
export interface RestoreBlock {
  readonly why: string;
  readonly suggestedName: string | undefined;
  /** It can, when what took its place is given up: that goes to the trash in turn. */
  readonly canOverwrite?: boolean;
  /** Trash id of what has to come back before it. */
  readonly first?: string | undefined;
}

/** How values come back: over what took their place; the rest of one that came in part. */
export interface RestoreWay {
  readonly overwrite?: boolean | undefined;
  readonly goesOn?: boolean | undefined;
}
type Restorer = (row: TrashRow, newName: string | undefined, way: RestoreWay) => boolean | void;

const firstFree = (name: string, isTaken: (name: string) => boolean): string => {
  for (let i = 1; ; i++) {
    const candidate = `${name} (restored${i === 1 ? "" : ` ${i}`})`;
    if (!isTaken(candidate)) return candidate;
  }
};

export type Restore = ReturnType<typeof createRestore>;

export const createRestore = (deps: RestoreDeps) => {
  const { trash, files, removals, views, viewRows, experimentRows, experiments, runs, models, versions, journal, now } =
    deps;

  const modelOf = (row: TrashRow): number => {
    const [version] = versions.byIds([row.id]);
    if (!version)
      throw new DomainError("not_found", `Version ${row.key} of model '${row.place ?? ""}' is gone for good`);
    return version.model;
  };

  /** Undefined when a thing can come back under its own name. */
  const blockOf = (row: TrashRow): RestoreBlock | undefined => {
    if (trash.isPurging(row.kind, row.uid)) return { why: "it is being deleted for good", suggestedName: undefined };
    if (row.kind === "registered_model" && models.byName(row.name))
      return {
        why: `another model is called '${row.name}' now`,
        suggestedName: firstFree(row.name, (name) => models.byName(name) !== undefined),
      };
    if (row.kind === "model_version") {
      const model = modelOf(row);
      const taken = versions.bySemver(model, row.name);
      if (taken)
        return {
          why: `version ${taken.version} is ${row.name} now`,
          suggestedName: nextSemver(versions.highestSemver(model)),
        };
    }
    if (row.kind === "artifacts") return blockOfFiles(row);
    if (row.kind === "tags" || row.kind === "aliases" || row.kind === "texts") {
      const block = removals.blockOf(row.uid);
      return block && { ...block, suggestedName: undefined };
    }
    return row.kind === "saved_view" ? blockOfView(row) : undefined;
  };

  const blockOfView = (row: TrashRow): RestoreBlock | undefined => {
    const scope = viewRows.byUid(row.uid)?.experiment ?? null;
    const experiment = scope === null ? undefined : experimentRows.byId(scope);
    if (experiment?.lifecycle_stage === "deleted")
      return {
        why: `the experiment '${experiment.name}' is in the trash itself`,
        suggestedName: undefined,
        first: `experiment:${experiment.uid}`,
      };
    if (!viewRows.byName(scope, row.name)) return undefined;
    return {
      why: `another view is called '${row.name}' now`,
      suggestedName: firstFree(row.name, (name) => viewRows.byName(scope, name) !== undefined),
    };
  };

  const restoreView = (row: TrashRow, newName: string | undefined): void => {
    const block = blockOfView(row);
    if (block?.first !== undefined)
      throw new DomainError("conflict", `The view '${row.name}' was not restored: ${block.why}, restore that first`);
    views.restore(row.uid, newName);
  };

  const blockOfFiles = (row: TrashRow): RestoreBlock | undefined => {
    const act = files.byUid(row.uid);
    if (!act) return undefined;
    const [path, ...more] = files.blockedBy(act);
    if (path === undefined) return undefined;
    const rest = more.length > 0 ? ` and ${more.length} more` : "";
    return {
      why: `'${path}'${rest} exists again`,
      suggestedName: `restored-${new Date(row.trashed_at).toISOString().slice(0, 10)}`,
    };
  };

  const record = (row: TrashRow, kind: Kind, subject: string, after: unknown): void =>
    journal.record({
      action: `${kind.replaceAll("_", "-")}.restore`,
      kind,
      uid: row.uid,
      subject,
      before: { trashed_at: row.trashed_at },
      after,
    });

  const restoreExperiment = (row: TrashRow, newName: string | undefined): void => {
    const name = newName ?? row.name;
    if (name !== row.name) {
      checkExperimentName(name);
      if (experimentRows.byName(name))
        throw new DomainError("already_exists", `The name '${name}' is taken by another experiment: give a third one`);
      trash.renameExperiment(row.id, name, now());
      journal.record({
        action: "experiment.rename",
        kind: "experiment",
        uid: row.uid,
        subject: row.name,
        before: { name: row.name },
        after: { name },
      });
    }
    experiments.restore(row.key);
  };

  const restoreModel = (row: TrashRow, newName: string | undefined): void => {
    const name = newName ?? row.name;
    assertNewModelName(name);
    if (models.byName(name))
      throw new DomainError("already_exists", `Another model is called '${name}' now: give it a new name`);
    for (const uid of trash.restoreModel(row, name, now())) journal.mark("model_version", uid);
    record(row, "registered_model", name, { name });
  };

  const restoreVersion = (row: TrashRow, newSemver: string | undefined): void => {
    const semver = newSemver ?? row.name;
    if (newSemver !== undefined || isSemver(semver)) assertSemver(semver);
    const model = modelOf(row);
    const taken = versions.bySemver(model, semver);
    if (taken)
      throw new DomainError(
        "already_exists",
        `Version ${taken.version} of model '${taken.name}' is ${semver} now: give another semantic version`,
      );
    const at = now();
    trash.restoreVersion(row.id, semver, at);
    models.touch(model, at);
    removals.restoreWith(`model_version:${row.uid}`);
    record(row, "model_version", `${row.place ?? ""}/${row.key}`, { semver });
  };

  const restoreValues: Restorer = (row, _newName, { overwrite = false, goesOn = false }) =>
    removals.restore(row.uid, overwrite, goesOn);

  const by: Readonly<Record<TrashKind, Restorer>> = {
    experiment: restoreExperiment,
    run: (row) => runs.restore(row.key),
    logged_model: (row) => {
      trash.restoreLoggedModel(row.id, now());
      record(row, "logged_model", row.key, { lifecycle_stage: "active" });
    },
    registered_model: restoreModel,
    model_version: restoreVersion,
    artifacts: (row, into) => {
      const act = files.byUid(row.uid);
      if (!act) throw new DomainError("not_found", "These files are no longer in the trash");
      files.restoreArtifacts(act, into);
    },
    tags: restoreValues,
    aliases: restoreValues,
    texts: restoreValues,
    saved_view: restoreView,
  };

  /**
   * Brings a thing back; inside a write. True when only a part of it could come in this one: the rest comes by calling
   * again with `goesOn`.
   * @throws DomainError `already_exists` when its name is taken, `conflict` when its purge has begun.
   */
  const restore = (row: TrashRow, newName?: string, way: RestoreWay = {}): boolean => {
    if (trash.isPurging(row.kind, row.uid))
      throw new DomainError(
        "conflict",
        `'${row.name}' is being deleted for good and cannot come back: let the purge finish`,
      );
    return by[row.kind](row, newName === "" ? undefined : newName, way) === true;
  };

  return { restore, blockOf };
};
