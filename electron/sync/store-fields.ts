/** Writes one field of an object that is here, in the words of shared/sync/doc.ts. Inside a write. */
import { DomainError } from "../../shared/errors.ts";
import { isSemver } from "../../shared/semver/semver.ts";
import type { SyncKind } from "../../shared/sync/doc.ts";
import { assertFreeAlias, assertNewModelName, toStage } from "../domain/registry/names.ts";
import { checkExperimentName } from "../domain/tracking/names.ts";
import type { ModelVersionRow } from "../store/model-versions.ts";
import type { RunRow } from "../store/runs.ts";
import { parseDataset, parseInt64, parseInteger, parseLoggedModel } from "../store/sync/parts.ts";
import { createLoggedModelWriter } from "./store-logged-models.ts";
import type { StoreLocalDeps } from "./store-parts.ts";

const RUN_STATUSES = new Set(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]);
const VERSION_STATUSES = new Set(["PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY"]);

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
const invalid = (message: string): DomainError => new DomainError("invalid", message);

/** @throws DomainError `invalid` for a word that is no status of that kind. */
export const checkStatus = (kind: "run" | "model_version", status: string): string => {
  if ((kind === "run" ? RUN_STATUSES : VERSION_STATUSES).has(status)) return status;
  throw invalid(
    `The field 'status' is '${shown(status)}', which no ${kind === "run" ? "run" : "model version"} can have`,
  );
};

/** `<head>/<rest>`; a head alone has no rest. */
export const splitField = (field: string): { head: string; rest: string } => {
  const slash = field.indexOf("/");
  return slash < 0 ? { head: field, rest: "" } : { head: field.slice(0, slash), rest: field.slice(slash + 1) };
};

const unknown = (kind: SyncKind, field: string): DomainError =>
  invalid(`No ${kind.replace("_", " ")} has a field '${shown(field)}'`);

/** An alias that a version here can have; others are only remembered. */
const isAlias = (alias: string): boolean => {
  try {
    assertFreeAlias(alias);
    return true;
  } catch {
    return false;
  }
};

export type FieldWriter = ReturnType<typeof createFieldWriter>;

/** Each function writes a field of a thing that is here; null unsets. @throws DomainError `invalid`, `already_exists` */
export const createFieldWriter = (deps: StoreLocalDeps) => ({
  experiment: experimentFields(deps),
  run: runFields(deps),
  model: modelFields(deps),
  version: versionFields(deps),
});

const required = (field: string, value: string | null): string => {
  if (value === null || value === "") throw invalid(`The field '${field}' cannot be unset`);
  return value;
};

const experimentFields =
  ({ stores, docs, now }: StoreLocalDeps) =>
  (experiment: { id: number; uid: string }, field: string, value: string | null): void => {
    const { head, rest } = splitField(field);
    if (head === "tag" && rest !== "") {
      if (value === null) stores.experiments.deleteTag(experiment.id, rest);
      else stores.experiments.setTag(experiment.id, rest, value);
    } else if (field === "name") {
      const name = required(field, value);
      checkExperimentName(name);
      const holder = stores.experiments.byName(name);
      if (holder && holder.id !== experiment.id)
        throw new DomainError("already_exists", `Another experiment is called '${shown(name)}' here (${holder.id})`);
      if (docs.rows.experiment(experiment.uid)?.name !== name) stores.experiments.rename(experiment.id, name, now());
    } else throw unknown("experiment", field);
  };

const runFields = (deps: StoreLocalDeps) => {
  const { stores, apply } = deps;
  const loggedModels = createLoggedModelWriter(deps);

  const column = (run: RunRow, field: string, value: string | null): void => {
    if (field === "run_id") return; // what it has here it keeps
    if (field === "name" || field === "user_id") apply.setRunColumn(run.id, field, value ?? "");
    else if (field === "status") apply.setRunColumn(run.id, field, checkStatus("run", required(field, value)));
    else if (field === "start_time" || field === "end_time")
      apply.setRunColumn(run.id, field, value === null ? null : parseInt64(field, value));
    else throw unknown("run", field);
  };

  const dataset = (run: RunRow, field: string, before: string | undefined, value: string | null): void => {
    if (before !== undefined) {
      const { name, digest } = parseDataset(field, before);
      apply.dropDataset(run.id, name, digest);
    }
    if (value === null) return;
    const { tags, ...part } = parseDataset(field, value);
    stores.inputs.addDataset(run.id, run.experiment, part, tags);
  };

  const model = (run: RunRow, field: string, rest: string, value: string | null): void => {
    const { head: direction, rest: modelId } = splitField(rest);
    if ((direction !== "input" && direction !== "output") || modelId === "") throw unknown("run", field);
    apply.dropModelOfRun(run.id, direction, modelId);
    if (value !== null) stores.inputs.addModel(run.id, modelId, direction, parseInt64(field, value));
  };

  return (run: RunRow, field: string, value: string | null, before: string | undefined): void => {
    const { head, rest } = splitField(field);
    if (rest === "") column(run, field, value);
    else if (head === "param") {
      if (value === null) apply.dropParam(run.id, rest);
      else apply.setParam(run, rest, value);
    } else if (head === "tag") {
      if (value === null) stores.runs.deleteTag(run.id, rest);
      else stores.runs.setTag(run, rest, value);
    } else if (head === "dataset") dataset(run, field, before, value);
    else if (head === "model") model(run, field, rest, value);
    else if (head === "logged_model") loggedModels(run, rest, value === null ? null : parseLoggedModel(field, value));
    else throw unknown("run", field);
  };
};

const modelFields = ({ stores, apply, docs, journal, now }: StoreLocalDeps) => {
  const { models, versions } = stores;

  const alias = (model: { id: number; uid: string }, field: string, name: string, semver: string | null): void => {
    apply.dropLink("registered_model", model.uid, field);
    const target = semver !== null && isAlias(name) ? versions.bySemver(model.id, semver) : undefined;
    if (target) {
      models.setAlias(model.id, name, target.id);
      journal.mark("model_version", target.uid);
      return;
    }
    models.deleteAlias(model.id, name);
    if (semver !== null) apply.putLink("registered_model", model.uid, field, semver);
  };

  return (model: { id: number; uid: string }, field: string, value: string | null): void => {
    const { head, rest } = splitField(field);
    if (head === "tag" && rest !== "") {
      if (value === null) models.deleteTag(model.id, rest);
      else models.setTag(model.id, rest, value);
    } else if (head === "alias" && rest !== "") alias(model, field, rest, value);
    else if (field === "description") models.describe(model.id, value ?? "", now());
    else if (field === "name") {
      const name = required(field, value);
      assertNewModelName(name);
      const holder = models.byName(name);
      if (holder && holder.id !== model.id)
        throw new DomainError("already_exists", `Another model is called '${shown(name)}' here`);
      if (docs.rows.model(model.uid)?.name !== name) {
        models.rename(model.id, name, now());
        for (const uid of versions.touchAllOf(model.id, now())) journal.mark("model_version", uid);
      }
    } else throw unknown("registered_model", field);
  };
};

const versionFields = ({ stores, apply, docs, registry, now }: StoreLocalDeps) => {
  const { runs, versions } = stores;

  const run = (version: ModelVersionRow, uid: string | null): void => {
    apply.dropLink("model_version", version.uid, "run");
    const runId = uid === null ? "" : docs.rows.run(uid)?.run_id;
    if (runId === undefined && uid !== null) apply.putLink("model_version", version.uid, "run", uid);
    apply.setVersionRun(version.id, runId ?? "");
  };

  const semver = (version: ModelVersionRow, text: string): void => {
    if (!isSemver(text)) throw invalid(`The field 'semver' is '${shown(text)}', not a semantic version`);
    const holder = versions.bySemver(version.model, text);
    if (holder && holder.id !== version.id)
      throw new DomainError("already_exists", `Version ${holder.version} of model '${holder.name}' is ${text} here`);
    apply.setVersionColumn(version.id, "semver", text, now());
  };

  const column = (version: ModelVersionRow, field: string, value: string | null): void => {
    const put = (name: Parameters<typeof apply.setVersionColumn>[1], to: string | number): void =>
      apply.setVersionColumn(version.id, name, to, now());
    if (field === "number") return; // what it has here it keeps
    if (field === "run") run(version, value);
    else if (field === "semver") semver(version, required(field, value));
    else if (field === "stage") put(field, toStage(value ?? "None"));
    else if (field === "status") put(field, checkStatus("model_version", required(field, value)));
    else if (field === "created") put(field, parseInteger(field, required(field, value)));
    else if (field === "description" || field === "user_id" || field === "source" || field === "run_link")
      put(field, value ?? "");
    else throw unknown("model_version", field);
  };

  const ownParam = (version: ModelVersionRow, key: string, value: string | null): void => {
    const own = registry.ownRuns.of(version);
    if (value === null) apply.dropParam(own.id, key);
    else apply.setParam(own, key, value);
  };
  const ownTag = (version: ModelVersionRow, key: string, value: string | null): void => {
    const own = registry.ownRuns.of(version);
    if (value === null) runs.deleteTag(own.id, key);
    else runs.setTag(own, key, value);
  };

  return (version: ModelVersionRow, field: string, value: string | null): void => {
    const { head, rest } = splitField(field);
    if (rest === "") column(version, field, value);
    else if (head === "tag") {
      if (value === null) versions.deleteTag(version.id, rest);
      else versions.setTag(version.id, rest, value);
    } else if (head === "param") ownParam(version, rest, value);
    else if (head === "run_tag") ownTag(version, rest, value);
    else throw unknown("model_version", field);
  };
};
