/** Finds models and versions the ways clients name them: by number, by alias, by stage, by semantic version. */
import { isSemver } from "../../../shared/semver/semver.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { ModelVersionRow, ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelRow, RegisteredModelStore } from "../../store/registered-models.ts";
import { assertAlias, assertModelName, isLatest, toStage, toVersionNumber } from "./names.ts";

export type Lookup = ReturnType<typeof createLookup>;

export const createLookup = ({ models, versions }: { models: RegisteredModelStore; versions: ModelVersionStore }) => {
  /** @throws DomainError `not_found`, `invalid` for a name that no model can have. */
  const modelOf = (name: string): RegisteredModelRow => {
    assertModelName(name);
    const row = models.byName(name);
    if (!row) throw new DomainError("not_found", `Registered Model with name=${name} not found`);
    return row;
  };

  const requireVersion = (row: ModelVersionRow | undefined, name: string, version: string): ModelVersionRow => {
    if (!row) throw new DomainError("not_found", `Model Version (name=${name}, version=${version}) not found`);
    return row;
  };

  /** @throws DomainError `not_found`, `invalid` for what is no name or no number. */
  const versionOf = (name: string, version: string): ModelVersionRow => {
    assertModelName(name);
    const number = toVersionNumber(version);
    const model = models.byName(name);
    return requireVersion(model && versions.byNumber(model.id, number), name, version);
  };

  const latestOf = (model: RegisteredModelRow): ModelVersionRow[] => versions.latestOf([model.id]).get(model.id) ?? [];

  /** The newest version of each of the stages, or of all; a stage in the form of a semver is that version. */
  const latest = (name: string, stages: readonly string[]): ModelVersionRow[] => {
    const model = modelOf(name);
    const wanted = new Set(stages.filter((stage) => !isSemver(stage)).map(toStage));
    const ofStages = stages.length === 0 || wanted.size > 0 ? latestOf(model) : [];
    const bySemver = stages.filter(isSemver).flatMap((semver) => versions.bySemver(model.id, semver) ?? []);
    const rows = ofStages.filter(
      (row) => wanted.size === 0 || wanted.values().some((stage) => stage === row.current_stage),
    );
    return [...rows, ...bySemver.filter((row) => rows.every(({ id }) => id !== row.id))];
  };

  /** @throws DomainError `not_found` when there is none. */
  const newest = (name: string, stages: readonly string[]): ModelVersionRow => {
    const rows = latest(name, stages);
    const [first] = rows.toSorted((a, b) => b.version - a.version);
    if (!first)
      throw new DomainError(
        "not_found",
        `No versions of model with name '${name}'${stages.length > 0 ? ` and stage '${stages.join(", ")}'` : ""} found`,
      );
    return first;
  };

  /** The version behind an alias, behind `latest`, or with that semver. @throws DomainError `invalid` for a missing alias, as MLflow. */
  const byAlias = (name: string, alias: string): ModelVersionRow => {
    assertModelName(name);
    if (isSemver(alias)) return requireVersion(versions.bySemver(modelOf(name).id, alias), name, alias);
    assertAlias(alias);
    const model = modelOf(name);
    if (isLatest(alias)) {
      if (latestOf(model).length === 0)
        throw new DomainError("not_found", `Latest version not found for model ${name}.`);
      return newest(name, []);
    }
    const number = models.alias(model.id, alias);
    if (number === undefined) throw new DomainError("invalid", `Registered model alias ${alias} not found.`);
    return requireVersion(versions.byNumber(model.id, number), name, String(number));
  };

  return { modelOf, versionOf, latest, newest, byAlias };
};
