/**
 * What people do to tags, aliases and descriptions in the interface: taking one away and writing over one both leave the
 * old value in the trash. Scripts write over their tags all the time; theirs are not kept.
 */
import { DomainError } from "../../../shared/errors.ts";
import type { ExperimentStore } from "../../store/experiments.ts";
import type { LoggedModelStore } from "../../store/logged-models.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelStore } from "../../store/registered-models.ts";
import type { OwnerKind } from "../../store/removals.ts";
import type { RunStore } from "../../store/runs.ts";
import type { Registry } from "../registry/registry.ts";
import type { Experiments } from "../tracking/experiments.ts";
import type { LoggedModels } from "../tracking/logged-models.ts";
import type { Logging } from "../tracking/logging.ts";
import { RUN_NAME_TAG, type Runs } from "../tracking/runs.ts";
import type { Removals } from "./removals.ts";

export interface LabelDeps {
  readonly stores: {
    readonly experiments: Pick<ExperimentStore, "tag">;
    readonly runs: Pick<RunStore, "tag">;
    readonly loggedModels: Pick<LoggedModelStore, "tagsOf">;
    readonly models: Pick<RegisteredModelStore, "tag">;
    readonly versions: Pick<ModelVersionStore, "tag">;
  };
  readonly experiments: Pick<Experiments, "get" | "setTag" | "deleteTag">;
  readonly runs: Pick<Runs, "find">;
  readonly logging: Pick<Logging, "setTag" | "deleteTag">;
  readonly loggedModels: Pick<LoggedModels, "find" | "setTags" | "deleteTag">;
  readonly registry: Pick<Registry, "lookup" | "models" | "versions">;
  readonly removals: Pick<Removals, "keep">;
}

/** A thing with tags: an id, or the name of a model and perhaps the number of its version. */
export interface Owner {
  readonly owner_kind: OwnerKind;
  readonly owner_id: string;
  readonly version?: string;
}

/** Tags of one thing. */
interface Tags {
  readonly id: number; // of its row
  readonly get: (key: string) => string | undefined;
  readonly set: (key: string, value: string) => void;
  /** Gives the trash id of what it took away. */
  readonly remove: (key: string) => string | undefined;
}

const versionIn = ({ version }: Owner): string => {
  if (version === undefined || version === "")
    throw new DomainError("invalid", "Missing value for required parameter 'version'.");
  return version;
};

export type Labels = ReturnType<typeof createLabels>;

export const createLabels = (deps: LabelDeps) => {
  const { stores, experiments, runs, logging, loggedModels, registry, removals } = deps;
  const { lookup } = registry;

  const tagsOf: Readonly<Record<OwnerKind, (owner: Owner) => Tags>> = {
    experiment: ({ owner_id: id }) => ({
      id: experiments.get(id).id,
      get: (key) => stores.experiments.tag(experiments.get(id).id, key),
      set: (key, value) => experiments.setTag(id, key, value),
      remove: (key) => experiments.deleteTag(id, key),
    }),
    run: ({ owner_id: id }) => ({
      id: runs.find(id).id,
      get: (key) => stores.runs.tag(runs.find(id).id, key),
      set: (key, value) => logging.setTag(id, key, value),
      remove: (key) => logging.deleteTag(id, key),
    }),
    logged_model: ({ owner_id: id }) => {
      const row = loggedModels.find(id);
      return {
        id: row.id,
        get: (key) =>
          stores.loggedModels
            .tagsOf([row.id])
            .get(row.id)
            ?.find((tag) => tag.key === key)?.value,
        set: (key, value) => loggedModels.setTags(id, [{ key, value }]),
        remove: (key) => loggedModels.deleteTag(id, key),
      };
    },
    registered_model: ({ owner_id: name }) => {
      const { id } = lookup.modelOf(name);
      return {
        id,
        get: (key) => stores.models.tag(id, key),
        set: (key, value) => registry.models.setTag(name, key, value),
        remove: (key) => registry.models.deleteTag(name, key),
      };
    },
    model_version: (owner) => {
      const [name, version] = [owner.owner_id, versionIn(owner)];
      const { id } = lookup.versionOf(name, version);
      return {
        id,
        get: (key) => stores.versions.tag(id, key),
        set: (key, value) => registry.versions.setTag(name, version, key, value),
        remove: (key) => registry.versions.deleteTag(name, version, key),
      };
    },
  };

  return {
    /** @throws DomainError `not_found`; `invalid` */
    removeTag: (owner: Owner, key: string): string | undefined => tagsOf[owner.owner_kind](owner).remove(key),

    /** Gives the trash id of the value it wrote over. @throws DomainError as setting a tag does. */
    setTag: (owner: Owner, key: string, value: string): string | undefined => {
      const { owner_kind } = owner;
      const tags = tagsOf[owner_kind](owner);
      const before = tags.get(key);
      tags.set(key, value);
      // A run's name is an attribute of its own: putting back its tag alone would part the two.
      if (!before || before === value || key === RUN_NAME_TAG) return undefined;
      return removals.keep({ kind: "tags", owner_kind, owner: tags.id, name: key, value: before, replaced_by: value });
    },

    /** The description of a model or a version; gives the trash id of the one it wrote over. */
    describe: (owner: Owner, text: string): string | undefined => {
      const { owner_kind, owner_id: name } = owner;
      if (owner_kind !== "registered_model" && owner_kind !== "model_version")
        throw new DomainError(
          "invalid",
          `Invalid value '${owner_kind}' for 'owner_kind': only models and their versions have a description. Set the tag 'mlflow.note.content' instead.`,
        );
      const row = owner_kind === "model_version" ? lookup.versionOf(name, versionIn(owner)) : lookup.modelOf(name);
      if (owner_kind === "model_version") registry.versions.update(name, versionIn(owner), text);
      else registry.models.update(name, text);
      if (!row.description || row.description === text) return undefined;
      return removals.keep({
        kind: "texts",
        owner_kind,
        owner: row.id,
        name: "description",
        value: row.description,
        replaced_by: text,
      });
    },

    /** Points an alias to a version; gives the trash id of where it pointed before. */
    setAlias: (name: string, alias: string, version: string): string | undefined =>
      registry.models.setAlias(name, alias, version),
    removeAlias: (name: string, alias: string): string | undefined => registry.models.deleteAlias(name, alias),
  };
};
