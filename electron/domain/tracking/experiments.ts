/** Experiments: a name, tags, and a trash. Their artifacts always live in Outpost's own store. */
import type { KeyValue, KeyValueInput, ViewType } from "../../../shared/api/mlflow/entities.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { ExperimentRow, ExperimentStore } from "../../store/experiments.ts";
import type { Journal } from "../../store/journal.ts";
import type { RunStore } from "../../store/runs.ts";
import type { Removals } from "../trash/removals.ts";
import { checkExperimentName, checkExperimentTag, checkUniqueKeys, parseExperimentId } from "./names.ts";

export type Experiment = ExperimentRow & { readonly tags: readonly KeyValue[] };

export interface ExperimentQuery {
  readonly filter: string | undefined;
  readonly viewType: ViewType;
  readonly orderBy: readonly string[];
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

/** One page of a search: row ids in order, and where the next page starts. */
export interface Page {
  readonly ids: readonly number[];
  readonly nextPageToken: string | undefined;
}

export interface ExperimentDeps {
  readonly experiments: ExperimentStore;
  readonly runs: RunStore;
  readonly search: { search(query: ExperimentQuery): Page };
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
  readonly now: () => number;
}

export type Experiments = ReturnType<typeof createExperiments>;

/** Where an experiment's artifacts live, as clients see it. */
export const experimentRoot = (id: number): string => `mlflow-artifacts:/${id}`;

/** @throws DomainError `invalid` unless the location is absent or Outpost's own scheme without a foreign host or path. */
const checkLocation = (location: string | undefined): void => {
  if (!location) return;
  throw new DomainError(
    "invalid",
    `Invalid artifact_location '${location.slice(0, 60)}': Outpost keeps artifacts in its own store. Leave artifact_location out.`,
  );
};

export const createExperiments = ({ experiments, runs, search, removals, journal, now }: ExperimentDeps) => {
  const find = (id: string): ExperimentRow => {
    const number = parseExperimentId(id);
    const row = Number.isSafeInteger(number) ? experiments.byId(number) : undefined;
    if (!row) throw new DomainError("not_found", `No Experiment with id=${id} exists`);
    return row;
  };
  const record = (row: ExperimentRow, action: string, before: unknown, after: unknown): void =>
    journal.record({
      action: `experiment.${action}`,
      kind: "experiment",
      uid: row.uid,
      subject: row.name,
      before,
      after,
    });

  const withTags = (rows: readonly ExperimentRow[]): Experiment[] => {
    const tags = experiments.tagsOf(rows.map((row) => row.id));
    return rows.map((row) => ({ ...row, tags: tags.get(row.id) ?? [] }));
  };
  const one = (row: ExperimentRow): Experiment => ({ ...row, tags: experiments.tagsOf([row.id]).get(row.id) ?? [] });

  /** The row of an active experiment. @throws DomainError `not_found`, `invalid` when it is in the trash. */
  const active = (id: string): ExperimentRow => {
    const row = find(id);
    if (row.lifecycle_stage !== "active")
      throw new DomainError(
        "invalid",
        `The experiment ${row.id} must be in the 'active' state. Current state is ${row.lifecycle_stage}.`,
      );
    return row;
  };

  /** What a model keeps for its versions goes with them. @throws DomainError `invalid` naming the way out. */
  const assertNoModels = (row: ExperimentRow, act: string, way: string): void => {
    if (row.model === null) return;
    throw new DomainError(
      "invalid",
      `The experiment ${row.id} ('${row.name}') holds what the versions of a registered model keep of their own: it cannot be ${act}. ${way}`,
    );
  };

  /** The row of an active experiment that takes runs and logged models. @throws DomainError `not_found`, `invalid` */
  const open = (id: string): ExperimentRow => {
    const row = active(id);
    assertNoModels(row, "logged to or moved into", "Name another experiment.");
    return row;
  };

  /** @throws DomainError `invalid`; `already_exists` for a taken name, which a trashed experiment keeps too. */
  const create = (name: string, location: string | undefined, tags: readonly KeyValueInput[]): ExperimentRow => {
    checkExperimentName(name);
    checkLocation(location);
    for (const { key = "", value = "" } of tags) checkExperimentTag(key, value);
    if (experiments.byName(name))
      throw new DomainError(
        "already_exists",
        `Experiment(name=${name}) already exists. Choose another name, or restore it if it is in the trash.`,
      );
    checkUniqueKeys(tags, "already_exists");
    const row = experiments.insert(name, now());
    for (const { key = "", value = "" } of tags) experiments.setTag(row.id, key, value);
    record(row, "create", undefined, { name, tags });
    return row;
  };

  const rename = (id: string, name: string): void => {
    checkExperimentName(name);
    const row = find(id);
    assertNoModels(row, "renamed", "Rename the model instead.");
    if (row.lifecycle_stage !== "active")
      throw new DomainError("invalid", "Cannot rename a non-active experiment. Restore it first.");
    const holder = experiments.byName(name);
    if (holder && holder.id !== row.id)
      throw new DomainError("bad_request", `The name '${name}' is taken by experiment ${holder.id}.`);
    experiments.rename(row.id, name, now());
    record(row, "rename", { name: row.name }, { name });
  };

  /** Moves an active experiment and its active runs to the trash. */
  const trash = (id: string): void => {
    const row = find(id);
    if (row.lifecycle_stage !== "active") throw new DomainError("not_found", `No Experiment with id=${row.id} exists`);
    assertNoModels(row, "deleted", "Delete the model or its versions instead.");
    const at = now();
    experiments.setStage(row.id, "deleted", at, at);
    for (const run of runs.ofExperiment(row.id, "active")) {
      runs.setStage(run.id, "deleted", at);
      journal.mark("run", run.uid);
    }
    record(row, "delete", { lifecycle_stage: "active" }, { lifecycle_stage: "deleted" });
  };

  /** Takes an experiment and all its runs out of the trash, as MLflow does. */
  const restore = (id: string): void => {
    const row = find(id);
    if (row.lifecycle_stage !== "deleted") throw new DomainError("not_found", `No Experiment with id=${row.id} exists`);
    experiments.setStage(row.id, "active", null, now());
    for (const run of runs.ofExperiment(row.id, "deleted")) {
      runs.setStage(run.id, "active", null);
      journal.mark("run", run.uid);
    }
    record(row, "restore", { lifecycle_stage: "deleted" }, { lifecycle_stage: "active" });
  };

  const setTag = (id: string, key: string, value: string): void => {
    checkExperimentTag(key, value);
    const row = active(id);
    const before = experiments.tag(row.id, key);
    if (before === value) return;
    experiments.setTag(row.id, key, value);
    record(row, "set-tag", before === undefined ? undefined : { key, value: before }, { key, value });
  };

  /** Gives the trash id of the tag. */
  const deleteTag = (id: string, key: string): string => {
    const row = active(id);
    const before = experiments.tag(row.id, key);
    if (before === undefined)
      throw new DomainError("not_found", `No tag with name: ${key} in experiment with id ${row.id}`);
    experiments.deleteTag(row.id, key);
    record(row, "delete-tag", { key, value: before }, undefined);
    return removals.keep({ kind: "tags", owner_kind: "experiment", owner: row.id, name: key, value: before });
  };

  return {
    create,
    rename,
    trash,
    restore,
    setTag,
    deleteTag,
    active,
    open,
    /** @throws DomainError `invalid` for no integer, `not_found` */
    get: (id: string): Experiment => one(find(id)),
    /** @throws DomainError `not_found` */
    getByName: (name: string): Experiment => {
      const row = experiments.byName(name);
      if (!row) throw new DomainError("not_found", `Could not find experiment with name '${name}'`);
      return one(row);
    },
    search: (query: ExperimentQuery): { experiments: Experiment[]; nextPageToken: string | undefined } => {
      const page = search.search(query);
      return { experiments: withTags(experiments.byIds(page.ids)), nextPageToken: page.nextPageToken };
    },
  };
};
