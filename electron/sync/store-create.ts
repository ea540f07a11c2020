/** Makes pulled objects, with the identity they have everywhere. Inside a write. */
import { artifactUri, runRoot } from "../../shared/artifact-path.ts";
import { DomainError } from "../../shared/errors.ts";
import { isSemver, nextSemver } from "../../shared/semver/semver.ts";
import { parseOrigin, type Fields } from "../../shared/sync/doc.ts";
import { assertNewModelName, isPromptTag, PROMPT_TAG, toStage } from "../domain/registry/names.ts";
import { checkExperimentName } from "../domain/tracking/names.ts";
import type { ModelVersionRow } from "../store/model-versions.ts";
import { parseInt64, parseInteger } from "../store/sync/parts.ts";
import type { NewLocal } from "./local.ts";
import { checkStatus, splitField, type FieldWriter } from "./store-fields.ts";
import type { StoreLocalDeps } from "./store-parts.ts";

const UID = /^[0-9a-f]{32}$/;
const RUN_ID = /^[0-9a-f]{32}$/;
/** Sources that name files of the server a version comes from: here they are below the version's own root. */
const OF_A_SERVER = /^(?:$|mlflow-artifacts:|runs:|models:|file:|\/)/;

const exists = (what: string): DomainError => new DomainError("already_exists", `${what} is here already`);

const parentOf = (input: NewLocal): string => {
  if (input.parent === null) throw new DomainError("invalid", `A ${input.kind.replace("_", " ")} belongs to something`);
  return input.parent;
};

const missing = (what: string, uid: string): DomainError =>
  new DomainError("not_found", `The ${what} ${uid} is not here: pull it first`);

/** Fields that are no column of the object's own row. */
const rest = (fields: Fields): [string, string][] =>
  Object.entries(fields).filter(([field]) => splitField(field).rest !== "");

/** Aliases of a model that were waiting for a version point to it from now on. */
export const createAliasTaker =
  ({ stores, apply, journal }: StoreLocalDeps, write: FieldWriter) =>
  (model: { id: number; uid: string }, semver: string): void => {
    for (const field of apply.waitingForVersion(model.uid, semver)) {
      if (stores.models.alias(model.id, splitField(field).rest) === undefined) write.model(model, field, semver);
      else apply.dropLink("registered_model", model.uid, field); // it was set here since
      journal.mark("registered_model", model.uid);
    }
  };

/** @throws DomainError `already_exists`, `invalid`, `not_found` */
export const createObjects = (deps: StoreLocalDeps, write: FieldWriter) => {
  const { stores, docs, apply, sync, registry, journal, workstation, now, newRunId } = deps;
  const { versions } = stores;
  const takeAliases = createAliasTaker(deps, write);

  const experiment = ({ uid, fields }: NewLocal): string => {
    const name = fields["name"] ?? "";
    checkExperimentName(name);
    const holder = stores.experiments.byName(name);
    if (holder) throw exists(`An experiment '${name}'${holder.lifecycle_stage === "deleted" ? ", in the trash," : ""}`);
    const id = apply.addExperiment(uid, name, now());
    for (const [field, value] of rest(fields)) write.experiment({ id, uid }, field, value);
    return name;
  };

  const freeRunId = (wanted: string | undefined): string =>
    wanted !== undefined && RUN_ID.test(wanted) && !stores.runs.byRunId(wanted) ? wanted : newRunId();

  /** Logged models come before what names them. */
  const byHead = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);

  const run = (input: NewLocal): string => {
    const { uid, fields } = input;
    const parent = docs.rows.experiment(parentOf(input));
    if (!parent) throw missing("experiment", parentOf(input));
    const time = (field: "start_time" | "end_time") => {
      const text = fields[field];
      return text === undefined ? null : parseInt64(field, text);
    };
    const run_id = freeRunId(fields["run_id"]);
    apply.addRun({
      uid,
      run_id,
      experiment: parent.id,
      name: fields["name"] ?? "",
      user_id: fields["user_id"] ?? "",
      status: checkStatus("run", fields["status"] ?? "FINISHED"),
      start_time: time("start_time"),
      end_time: time("end_time"),
    });
    const row = stores.runs.byRunId(run_id);
    if (!row) throw new Error(`run ${run_id} is not there after its insert`);
    for (const [field, value] of rest(fields).sort(byHead)) write.run(row, field, value, undefined);
    for (const version of apply.waitingForRun(uid)) {
      const waiting = docs.rows.version(version);
      if (waiting) apply.setVersionRun(waiting.id, run_id);
      apply.dropLink("model_version", version, "run");
      journal.mark("model_version", version);
    }
    return run_id;
  };

  const model = ({ uid, fields }: NewLocal): string => {
    const name = fields["name"] ?? "";
    assertNewModelName(name);
    if (stores.models.byName(name)) throw exists(`A model '${name}'`);
    const id = apply.addModel(uid, name, fields["description"] ?? "", now());
    for (const [field, value] of rest(fields)) write.model({ id, uid }, field, value);
    return name;
  };

  const numberFor = (model: number, wanted: string | undefined): number => {
    const number = wanted === undefined ? 0 : parseInteger("number", wanted);
    return number > 0 && !apply.numberTaken(model, number) ? number : versions.highestNumber(model) + 1;
  };

  const semverFor = (model: { id: number; name: string }, wanted: string | undefined): string => {
    if (wanted === undefined) return nextSemver(versions.highestSemver(model.id));
    if (!isSemver(wanted))
      throw new DomainError("invalid", `The field 'semver' is '${wanted.slice(0, 60)}', not a semantic version`);
    if (versions.bySemver(model.id, wanted)) throw exists(`Version ${wanted} of model '${model.name}'`);
    return wanted;
  };

  /** A root of its own, so that its files have a place, whatever its source is called where it comes from. */
  const giveRoot = (row: ModelVersionRow, fields: Fields): void => {
    if (isPromptTag(fields[`tag/${PROMPT_TAG}`]) || !OF_A_SERVER.test(row.source)) return;
    const own = registry.ownRuns.of(row);
    versions.setLocation(row.id, artifactUri(runRoot(own.home, own.run_id)));
  };

  const version = (input: NewLocal): string => {
    const { uid, fields } = input;
    const modelUid = parentOf(input);
    const parent = docs.rows.model(modelUid);
    if (!parent) throw missing("registered model", modelUid);
    const created = fields["created"];
    const id = apply.addVersion({
      uid,
      model: parent.id,
      version: numberFor(parent.id, fields["number"]),
      semver: semverFor(parent, fields["semver"]),
      description: fields["description"] ?? "",
      user_id: fields["user_id"] ?? "",
      current_stage: toStage(fields["stage"] ?? "None"),
      status: checkStatus("model_version", fields["status"] ?? "READY"),
      source: fields["source"] ?? "",
      run_link: fields["run_link"] ?? "",
      created: created === undefined ? now() : parseInteger("created", created),
    });
    const [row] = versions.byIds([id]);
    if (!row) throw new Error(`version ${uid} is not there after its insert`);
    giveRoot(row, fields);
    if (fields["run"] !== undefined) write.version(row, "run", fields["run"]);
    for (const [field, value] of rest(fields)) write.version(row, field, value);
    takeAliases({ id: parent.id, uid: modelUid }, row.semver);
    stores.models.touch(parent.id, now());
    return `${row.name}/${row.version}`;
  };

  const by = { experiment, run, registered_model: model, model_version: version };

  return (input: NewLocal): void => {
    const { kind, uid, origin, fields } = input;
    if (!UID.test(uid))
      throw new DomainError("invalid", `'${uid.slice(0, 60)}' is no uid: it has 32 hexadecimal digits`);
    if (apply.exists(kind, uid)) throw exists(`The ${kind.replace("_", " ")} ${uid}`);
    const from = parseOrigin(origin);
    if (from?.kind !== kind || from.uid !== uid)
      throw new DomainError("invalid", `'${origin.slice(0, 120)}' is no origin of it`);
    if (from.workstation !== workstation) sync.origins.set({ kind, uid }, from.workstation);
    apply.dropLinks(kind, uid);
    const subject = by[kind](input);
    journal.record({ action: `${kind.replace("_", "-")}.pull`, kind, uid, subject, after: { origin, fields } });
  };
};
