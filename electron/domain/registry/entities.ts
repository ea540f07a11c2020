/** Rows to wire objects. Present and absent fields as in MLflow's to_proto. */
import type { ModelVersion } from "../../../shared/api/mlflow/model-versions.ts";
import type { RegisteredModel } from "../../../shared/api/mlflow/registered-models.ts";
import type { ModelVersionRow, ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelRow, RegisteredModelStore } from "../../store/registered-models.ts";

interface Tagged {
  readonly key: string;
  readonly value: string;
}

const toTags = (rows: readonly Tagged[] | undefined): { tags?: { key: string; value: string }[] } =>
  rows === undefined ? {} : { tags: rows.map(({ key, value }) => ({ key, value })) };

const toModelVersion = (row: ModelVersionRow, tags: readonly Tagged[] | undefined): ModelVersion => ({
  name: row.name,
  version: String(row.version),
  creation_timestamp: row.creation_timestamp,
  last_updated_timestamp: row.last_updated_timestamp,
  ...(row.user_id === null ? {} : { user_id: row.user_id }),
  current_stage: row.current_stage,
  ...(row.description === null ? {} : { description: row.description }),
  source: row.source,
  ...(row.run_id === null ? {} : { run_id: row.run_id }),
  status: row.status,
  ...(row.status_message === null ? {} : { status_message: row.status_message }),
  ...toTags(tags),
  ...(row.run_link === null ? {} : { run_link: row.run_link }),
});

/** Versions without their aliases, as MLflow gives them in searches and inside a registered model. */
export const toModelVersions = (rows: readonly ModelVersionRow[], versions: ModelVersionStore): ModelVersion[] => {
  const tags = versions.tagsOf(rows.map((row) => row.id));
  return rows.map((row) => toModelVersion(row, tags.get(row.id)));
};

/** Versions with their aliases. */
export const toAliasedVersions = (rows: readonly ModelVersionRow[], versions: ModelVersionStore): ModelVersion[] => {
  const aliases = versions.aliasesOf(rows.map((row) => row.id));
  return toModelVersions(rows, versions).map((version, i) => {
    const of = aliases.get(rows[i]?.id ?? -1);
    return of === undefined ? version : { ...version, aliases: of.map(({ alias }) => alias) };
  });
};

export const toRegisteredModels = (
  rows: readonly RegisteredModelRow[],
  models: RegisteredModelStore,
  versions: ModelVersionStore,
): RegisteredModel[] => {
  const ids = rows.map((row) => row.id);
  const latest = versions.latestOf(ids);
  const versionTags = versions.tagsOf([...latest.values()].flat().map((row) => row.id));
  const tags = models.tagsOf(ids);
  const aliases = models.aliasesOf(ids);
  return rows.map((row) => {
    const [newest, names] = [latest.get(row.id), aliases.get(row.id)];
    return {
      name: row.name,
      creation_timestamp: row.creation_timestamp,
      last_updated_timestamp: row.last_updated_timestamp,
      ...(row.description ? { description: row.description } : {}),
      ...(newest
        ? { latest_versions: newest.map((version) => toModelVersion(version, versionTags.get(version.id))) }
        : {}),
      ...toTags(tags.get(row.id)),
      ...(names ? { aliases: names.map(({ alias, version }) => ({ alias, version: String(version) })) } : {}),
    };
  });
};
