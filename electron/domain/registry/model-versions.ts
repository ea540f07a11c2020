/**
 * Model versions: made from files that are fixed at that moment, tagged, staged, searched. Numbers are never used twice
 * within a model, not even a deleted version's; each version also has a semantic version.
 */
import type {
  CreateModelVersion,
  ModelVersion,
  TransitionModelVersionStage,
} from "../../../shared/api/mlflow/model-versions.ts";
import { DomainError } from "../../../shared/errors.ts";
import { nextSemver, SEMVER_TAG } from "../../../shared/semver/semver.ts";
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionRow, ModelVersionStore, VersionFile } from "../../store/model-versions.ts";
import type { RegisteredModelRow, RegisteredModelStore } from "../../store/registered-models.ts";
import type { LoggedModels } from "../tracking/logged-models.ts";
import type { Removals } from "../trash/removals.ts";
import { toAliasedVersions, toModelVersions } from "./entities.ts";
import type { Lookup } from "./lookup.ts";
import type { OwnRuns } from "./own-runs.ts";
import {
  assertModelName,
  assertSemver,
  assertTag,
  assertTagKey,
  isPromptTag,
  PROMPT_TAG,
  toStage,
  toVersionNumber,
} from "./names.ts";
import { toTagMap } from "./registered-models.ts";
import { withRegistration, REGISTRATIONS_TAG } from "./registrations.ts";
import type { RegistrySearch, SearchInput } from "./search.ts";
import { toPromptSource, type Source, type Sources } from "./sources.ts";

export interface ModelVersionDeps {
  readonly models: RegisteredModelStore;
  readonly versions: ModelVersionStore;
  readonly lookup: Lookup;
  readonly sources: Sources;
  readonly ownRuns: Pick<OwnRuns, "startWith">;
  readonly loggedModels: Pick<LoggedModels, "get" | "setTags">;
  readonly search: RegistrySearch;
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
  readonly now: () => number;
}

const DEFAULT_RESULTS = 200_000; // of MLflow's proto

export type ModelVersions = ReturnType<typeof createModelVersions>;

export const createModelVersions = (deps: ModelVersionDeps) => {
  const { versions, models, lookup, sources, removals, journal, now } = deps;
  const record: Record = (row, action, before, after) =>
    journal.record({
      action: `model-version.${action}`,
      kind: "model_version",
      uid: row.uid,
      subject: `${row.name}/${row.version}`,
      before,
      after,
    });

  const toWire = (row: ModelVersionRow): ModelVersion => {
    const [version] = toAliasedVersions([row], versions);
    if (!version) throw new Error("a row becomes one version");
    return version;
  };
  const get = (name: string, version: string): ModelVersion => toWire(lookup.versionOf(name, version));

  const update = (name: string, version: string, description: string | null): ModelVersion => {
    const row = lookup.versionOf(name, version);
    versions.describe(row.id, description, now());
    record(row, "update", { description: row.description }, { description });
    return get(name, version);
  };

  const trash = (name: string, version: string): void => {
    const row = lookup.versionOf(name, version);
    const at = now();
    for (const { alias } of versions.aliasesOf([row.id]).get(row.id) ?? [])
      removals.keep({
        kind: "aliases",
        owner_kind: "registered_model",
        owner: row.model,
        name: alias,
        value: String(row.version),
        part_of: `model_version:${row.uid}`,
        at,
      });
    versions.trash(row.id, at);
    models.touch(row.model, at);
    journal.mark("registered_model", lookup.modelOf(row.name).uid); // its aliases went
    record(row, "delete", { version: row.version }, undefined);
  };

  const search = (input: SearchInput): { versions: ModelVersion[]; nextPageToken: string | undefined } => {
    const page = deps.search.search({ ...input, maxResults: Number(input.maxResults ?? DEFAULT_RESULTS) });
    return { versions: toModelVersions(versions.byIds(page.ids), versions), nextPageToken: page.nextPageToken };
  };

  return {
    ...creation(deps, record, toWire),
    transition: transition(deps, record, get),
    get,
    update,
    trash,
    search,
    ...tagsOf(deps, record),
    downloadUri: (name: string, version: string): string => sources.locationOf(lookup.versionOf(name, version)),
    /**
     * The path below the artifact root that a version's files lie under.
     * @throws DomainError `not_found`; `invalid` for a version whose files are not kept here.
     */
    rootOfVersion: (name: string, version: string): string => {
      const location = sources.locationOf(lookup.versionOf(name, version));
      const root = sources.rootOf(location);
      if (root === undefined)
        throw new DomainError(
          "invalid",
          `The files of version ${version} of model '${name}' are at '${location}', which is not kept here.`,
        );
      return root;
    },
    /** The files that were fixed when the version was made, by path. */
    filesOf: (name: string, version: string): VersionFile[] => versions.filesOf(lookup.versionOf(name, version).id),
  };
};

type Record = (row: ModelVersionRow, action: string, before: unknown, after: unknown) => void;

/** Makes a version. @throws DomainError `invalid`, `not_found`; `already_exists` for a semver that is taken. */
const creation = (deps: ModelVersionDeps, record: Record, toWire: (row: ModelVersionRow) => ModelVersion) => {
  const { versions, models, lookup, sources, ownRuns, loggedModels, now } = deps;

  const semverFor = (model: RegisteredModelRow, tag: string | undefined): string => {
    if (tag === undefined) return nextSemver(versions.highestSemver(model.id));
    assertFreeSemver(versions, model.id, tag);
    return tag;
  };

  const insert = (
    model: RegisteredModelRow,
    input: CreateModelVersion,
    from: Source,
    semver: string,
  ): ModelVersionRow => {
    const version = versions.highestNumber(model.id) + 1;
    const id = versions.insert({
      model: model.id,
      version,
      semver,
      description: input.description ?? "",
      source: from.source,
      run_id: from.run_id,
      run_link: input.run_link ?? "",
      model_id: from.model_id,
      creation_timestamp: now(),
    });
    if (from.location !== undefined) versions.setLocation(id, from.location);
    if (from.root !== undefined) versions.fixFiles(id, from.root);
    return lookup.versionOf(model.name, String(version));
  };

  const noteOnLoggedModel = (modelId: string, row: ModelVersionRow): void => {
    const { tags } = loggedModels.get(modelId);
    const before = tags.find((tag) => tag.key === REGISTRATIONS_TAG)?.value;
    loggedModels.setTags(modelId, [{ key: REGISTRATIONS_TAG, value: withRegistration(before, row.name, row.version) }]);
  };

  const make = (input: CreateModelVersion, from: Source, tags: ReadonlyMap<string, string>): ModelVersionRow => {
    assertModelName(input.name);
    for (const { key = "", value = "" } of input.tags ?? []) assertTag(key, value);
    const model = lookup.modelOf(input.name);
    const row = insert(model, input, from, semverFor(model, tags.get(SEMVER_TAG)));
    for (const [key, value] of tags) versions.setTag(row.id, key, value);
    models.touch(model.id, row.creation_timestamp);
    return row;
  };

  const made = (row: ModelVersionRow, tags: ReadonlyMap<string, string>): ModelVersion => {
    record(row, "create", undefined, {
      source: row.source,
      semver: row.semver,
      run_id: row.run_id,
      model_id: row.model_id,
      tags: [...tags],
    });
    return toWire(row);
  };

  return {
    create: (input: CreateModelVersion): ModelVersion => {
      const tags = toTagMap(input.tags);
      const isPrompt = isPromptTag(tags.get(PROMPT_TAG));
      const row = make(input, isPrompt ? toPromptSource(input) : sources.resolve(input), tags);
      if (!isPrompt && input.model_id) noteOnLoggedModel(input.model_id, row);
      return made(row, tags);
    },
    /** A version without files, for those to come: its source is its own run. */
    createEmpty: (input: Omit<CreateModelVersion, "source" | "run_id" | "model_id">): ModelVersion => {
      const tags = toTagMap(input.tags);
      if (isPromptTag(tags.get(PROMPT_TAG)))
        throw new DomainError("invalid", "A prompt's version has no files: register the prompt's text instead.");
      const row = make({ ...input, source: "" }, NOTHING, tags);
      ownRuns.startWith(row);
      return made(lookup.versionOf(row.name, String(row.version)), tags);
    },
  };
};

const NOTHING: Source = { source: "", run_id: "", model_id: null, location: undefined, root: undefined };

/** Sets a stage; with `archive_existing_versions` those that held it are archived. */
const transition =
  (
    { versions, models, lookup, now }: ModelVersionDeps,
    record: Record,
    get: (name: string, version: string) => ModelVersion,
  ) =>
  ({
    name,
    version,
    stage: word,
    archive_existing_versions: archive = false,
  }: TransitionModelVersionStage): ModelVersion => {
    const stage = toStage(word);
    if (archive && stage !== "Staging" && stage !== "Production")
      throw new DomainError(
        "invalid",
        `archive_existing_versions needs the stage Staging or Production; '${word}' is not an active stage.`,
      );
    const row = lookup.versionOf(name, version);
    const at = now();
    const move = (from: ModelVersionRow, to: string): void => {
      versions.setStage(from.id, to, at);
      record(from, "transition-stage", { current_stage: from.current_stage }, { current_stage: to });
    };
    if (archive)
      for (const other of versions.inStage(row.model, stage)) if (other.id !== row.id) move(other, "Archived");
    move(row, stage);
    models.touch(row.model, at);
    return get(name, version);
  };

const tagsOf = ({ versions, lookup, removals, journal }: ModelVersionDeps, record: Record) => ({
  /** The tag gitlab.version also sets the semver. @throws DomainError `already_exists` for one that is taken. */
  setTag: (name: string, version: string, key: string, value: string): void => {
    assertModelName(name);
    toVersionNumber(version);
    assertTag(key, value);
    const row = lookup.versionOf(name, version);
    const before = versions.tag(row.id, key);
    if (key === SEMVER_TAG && value !== row.semver) {
      assertFreeSemver(versions, row.model, value);
      versions.setSemver(row.id, value);
      journal.mark("registered_model", lookup.modelOf(row.name).uid); // its aliases name it by that
    }
    versions.setTag(row.id, key, value);
    record(row, "set-tag", { key, value: before }, { key, value });
  },
  /** Removing what is not there is fine; else it gives the trash id of the tag. */
  deleteTag: (name: string, version: string, key: string): string | undefined => {
    assertModelName(name);
    toVersionNumber(version);
    assertTagKey(key);
    const row = lookup.versionOf(name, version);
    const value = versions.tag(row.id, key);
    if (value === undefined) return undefined;
    versions.deleteTag(row.id, key);
    record(row, "delete-tag", { key, value }, undefined);
    return removals.keep({ kind: "tags", owner_kind: "model_version", owner: row.id, name: key, value });
  },
});

const assertFreeSemver = (versions: ModelVersionStore, model: number, semver: string): void => {
  assertSemver(semver);
  const taken = versions.bySemver(model, semver);
  if (taken)
    throw new DomainError("already_exists", `Version ${taken.version} of model '${taken.name}' already is ${semver}.`);
};
