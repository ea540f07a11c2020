/**
 * Registered models: names, tags, aliases, search. A deleted model goes to the trash with its versions and frees its
 * name; one made again under that name starts at version 1, as in MLflow.
 */
import type { KeyValueInput } from "../../../shared/api/mlflow/entities.ts";
import type { ModelVersion } from "../../../shared/api/mlflow/model-versions.ts";
import type { CreateRegisteredModel, RegisteredModel } from "../../../shared/api/mlflow/registered-models.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelRow, RegisteredModelStore } from "../../store/registered-models.ts";
import type { Removals } from "../trash/removals.ts";
import { toAliasedVersions, toRegisteredModels } from "./entities.ts";
import type { Lookup } from "./lookup.ts";
import {
  assertAlias,
  assertFreeAlias,
  assertModelName,
  assertNewModelName,
  assertTag,
  assertTagKey,
  isPromptTag,
  PROMPT_TAG,
} from "./names.ts";
import type { RegistrySearch, SearchInput } from "./search.ts";

export interface RegisteredModelDeps {
  readonly models: RegisteredModelStore;
  readonly versions: ModelVersionStore;
  readonly lookup: Lookup;
  readonly search: RegistrySearch;
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
  readonly now: () => number;
}

const DEFAULT_RESULTS = 100;

export type RegisteredModels = ReturnType<typeof createRegisteredModels>;

/** Tags as sent; of a key that comes twice the last counts. */
export const toTagMap = (tags: readonly KeyValueInput[] | undefined): Map<string, string> =>
  new Map((tags ?? []).map(({ key = "", value = "" }) => [key, value]));

export const createRegisteredModels = (deps: RegisteredModelDeps) => {
  const { models, versions, lookup, journal, now } = deps;

  const record = (row: RegisteredModelRow, action: string, before: unknown, after: unknown): void =>
    journal.record({
      action: `registered-model.${action}`,
      kind: "registered_model",
      uid: row.uid,
      subject: row.name,
      before,
      after,
    });

  const toWire = (rows: readonly RegisteredModelRow[]): RegisteredModel[] => toRegisteredModels(rows, models, versions);
  const get = (name: string): RegisteredModel => {
    const [model] = toWire([lookup.modelOf(name)]);
    if (!model) throw new Error("a row becomes one model");
    return model;
  };

  const refuseTaken = (row: RegisteredModelRow, asPrompt: boolean): never => {
    const [old, wanted] = [isPromptTag(models.tag(row.id, PROMPT_TAG)), asPrompt].map((prompt) =>
      prompt ? "Prompt" : "Registered Model",
    );
    throw new DomainError(
      "already_exists",
      old === wanted
        ? `${wanted} (name=${row.name}) already exists.`
        : `The name '${row.name}' is taken by a ${old?.toLowerCase()}; a model and a prompt cannot have the same name.`,
    );
  };

  /** @throws DomainError `invalid`, `already_exists` */
  const create = ({ name, tags: sent, description = "" }: CreateRegisteredModel): RegisteredModel => {
    assertNewModelName(name);
    for (const { key = "", value = "" } of sent ?? []) assertTag(key, value);
    const tags = toTagMap(sent);
    const taken = models.byName(name);
    if (taken) refuseTaken(taken, isPromptTag(tags.get(PROMPT_TAG)));
    const row = models.insert(name, description, now());
    for (const [key, value] of tags) models.setTag(row.id, key, value);
    record(row, "create", undefined, { name, description, tags: [...tags] });
    return get(name);
  };

  const update = (name: string, description: string): RegisteredModel => {
    const row = lookup.modelOf(name);
    models.describe(row.id, description, now());
    record(row, "update", { description: row.description }, { description });
    return get(name);
  };

  /** @throws DomainError `invalid`, `not_found`, `already_exists` when another model has the new name. */
  const rename = (name: string, newName: string): RegisteredModel => {
    assertNewModelName(newName, "new_name");
    const row = lookup.modelOf(name);
    const taken = models.byName(newName);
    if (taken && taken.id !== row.id)
      throw new DomainError("already_exists", `Registered Model (name=${newName}) already exists.`);
    const at = now();
    models.rename(row.id, newName, at);
    for (const uid of versions.touchAllOf(row.id, at)) journal.mark("model_version", uid);
    record(row, "rename", { name }, { name: newName });
    return get(newName);
  };

  const trash = (name: string): void => {
    const row = lookup.modelOf(name);
    const at = now();
    for (const uid of versions.trashAllOf(row.id, at)) journal.mark("model_version", uid);
    models.trash(row.id, at);
    record(row, "delete", { name }, undefined);
  };

  const search = (input: SearchInput): { models: RegisteredModel[]; nextPageToken: string | undefined } => {
    const page = deps.search.search({ ...input, maxResults: Number(input.maxResults ?? DEFAULT_RESULTS) });
    return { models: toWire(models.byIds(page.ids)), nextPageToken: page.nextPageToken };
  };

  return { create, get, update, rename, trash, search, ...tagsOf(deps, record), ...aliasesOf(deps, record) };
};

type Record = (row: RegisteredModelRow, action: string, before: unknown, after: unknown) => void;

const tagsOf = ({ models, lookup, removals }: RegisteredModelDeps, record: Record) => ({
  setTag: (name: string, key: string, value: string): void => {
    assertModelName(name);
    assertTag(key, value);
    const row = lookup.modelOf(name);
    const before = models.tag(row.id, key);
    models.setTag(row.id, key, value);
    record(row, "set-tag", { key, value: before }, { key, value });
  },
  /** Removing what is not there is fine; else it gives the trash id of the tag. */
  deleteTag: (name: string, key: string): string | undefined => {
    assertModelName(name);
    assertTagKey(key);
    const row = lookup.modelOf(name);
    const value = models.tag(row.id, key);
    if (value === undefined) return undefined;
    models.deleteTag(row.id, key);
    record(row, "delete-tag", { key, value }, undefined);
    return removals.keep({ kind: "tags", owner_kind: "registered_model", owner: row.id, name: key, value });
  },
});

const lostAlias = (model: RegisteredModelRow, alias: string, version: number) => ({
  kind: "aliases" as const,
  owner_kind: "registered_model" as const,
  owner: model.id,
  name: alias,
  value: String(version),
});

const aliasesOf = ({ models, versions, lookup, removals, journal }: RegisteredModelDeps, record: Record) => ({
  /**
   * Gives the trash id of where the alias pointed before, if that was elsewhere.
   * @throws DomainError `invalid` for a reserved alias, `not_found` for an unknown version.
   */
  setAlias: (name: string, alias: string, version: string): string | undefined => {
    assertModelName(name);
    assertFreeAlias(alias);
    const row = lookup.versionOf(name, version);
    const model = lookup.modelOf(name);
    const before = models.alias(model.id, alias);
    models.setAlias(model.id, alias, row.id);
    journal.mark("model_version", row.uid);
    record(model, "set-alias", { alias, version: before }, { alias, version: row.version });
    if (before === undefined || before === row.version) return undefined;
    return removals.keep({ ...lostAlias(model, alias, before), replaced_by: String(row.version) });
  },
  /** Removing what is not there is fine; else it gives the trash id of the alias. */
  deleteAlias: (name: string, alias: string): string | undefined => {
    assertModelName(name);
    assertAlias(alias);
    const model = lookup.modelOf(name);
    const before = models.alias(model.id, alias);
    if (before === undefined) return undefined;
    models.deleteAlias(model.id, alias);
    record(model, "delete-alias", { alias, version: before }, undefined);
    return removals.keep(lostAlias(model, alias, before));
  },
  byAlias: (name: string, alias: string): ModelVersion => {
    const [version] = toAliasedVersions([lookup.byAlias(name, alias)], versions);
    if (!version) throw new Error("a row becomes one version");
    return version;
  },
  latestVersions: (name: string, stages: readonly string[]): ModelVersion[] =>
    toAliasedVersions(lookup.latest(name, stages), versions),
});
