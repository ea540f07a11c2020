/** Carries registered models, their versions and aliases over, and points versions at the files that came with the runs. */
import { artifactUri, below, loggedModelRoot, parseArtifactPath, runRoot } from "../../../shared/artifact-path.ts";
import { DomainError } from "../../../shared/errors.ts";
import { isSemver, nextSemver, SEMVER_TAG } from "../../../shared/semver/semver.ts";
import type { SourceModel, SourceVersion } from "../../store/mlflow-source.ts";
import type { RegisteredModelRow } from "../../store/registered-models.ts";
import type { Carriage } from "./carry-runs.ts";
import type { ImporterDeps } from "./import.ts";

/** Where a version's files are here, and what its source and location are called here. */
interface Place {
  readonly source: string;
  readonly location: string | null;
  readonly root: string | undefined;
}

const LOGGED_MODEL = /^models:\/+(m-[0-9a-f]{32})$/;
const RUNS_URI = /^runs:\/+([0-9a-f]{32})\/?(.*)$/;
const RUN_FILES = /([0-9a-f]{32})\/artifacts(?:\/(.*))?$/;
const MODEL_FILES = /models\/(m-[0-9a-f]{32})\/artifacts(?:\/(.*))?$/;

const isLocal = (uri: string): boolean =>
  uri.startsWith("file:") || uri.startsWith("/") || uri.startsWith("mlflow-artifacts:");

export const createModelCarriage = (deps: ImporterDeps, { source, report }: Carriage) => {
  const { imports, runs, loggedModels, models, versions, journal } = deps;
  const { identity } = source;

  const rootInRun = (runId: string, path: string): string | undefined => {
    const run = runs.byRunId(runId);
    return run && below(runRoot(run.home, runId), parseArtifactPath(path));
  };
  const rootInModel = (modelId: string, path: string): string | undefined => {
    const model = loggedModels.byModelId(modelId);
    return model && below(loggedModelRoot(model.home, modelId), parseArtifactPath(path));
  };
  /** The root here of a place there. */
  const rootOf = (uri: string): string | undefined => {
    const [, ofModel, inModel = ""] = MODEL_FILES.exec(uri) ?? [];
    if (ofModel !== undefined) return rootInModel(ofModel, inModel);
    const [, ofRun, inRun = ""] = RUNS_URI.exec(uri) ?? RUN_FILES.exec(uri) ?? [];
    return ofRun === undefined ? undefined : rootInRun(ofRun, inRun);
  };

  const placeOf = (version: SourceVersion): Place => {
    const { source: uri, storage_location: stored } = version;
    const modelId = LOGGED_MODEL.exec(uri)?.[1] ?? (uri.startsWith("models:") ? version.model_id : null);
    const root =
      (modelId ? rootInModel(modelId, "") : undefined) ?? rootOf(uri) ?? (stored === null ? undefined : rootOf(stored));
    if (root === undefined || uri.startsWith("runs:")) return { source: uri, location: null, root };
    return uri.startsWith("models:")
      ? { source: uri, location: artifactUri(root), root }
      : { source: artifactUri(root), location: null, root };
  };

  const semverFor = (model: RegisteredModelRow, version: SourceVersion, what: string): string => {
    const wanted = version.tags.find((tag) => tag.key === SEMVER_TAG)?.value;
    if (wanted !== undefined && isSemver(wanted) && !versions.bySemver(model.id, wanted)) return wanted;
    const semver = nextSemver(versions.highestSemver(model.id));
    if (wanted !== undefined)
      report.problem(what, `its ${SEMVER_TAG} '${wanted}' is taken or no semantic version; it is ${semver} here`);
    return semver;
  };

  /** Whether a version of that number here is the same one. */
  const isSame = (model: RegisteredModelRow, version: SourceVersion): boolean => {
    const here = versions.byNumber(model.id, version.version);
    return (
      here !== undefined &&
      (here.run_id ?? "") === (version.run_id ?? "") &&
      here.creation_timestamp === version.creation_timestamp
    );
  };

  const addVersion = (model: RegisteredModelRow, version: SourceVersion, what: string): string => {
    const { root, ...place } = placeOf(version);
    const { id, uid } = imports.addVersion(version, {
      ...place,
      model: model.id,
      semver: semverFor(model, version, what),
    });
    for (const { key, value } of version.tags) versions.setTag(id, key, value);
    if (root !== undefined) versions.fixFiles(id, root);
    else if (isLocal(version.source))
      report.problem(`files of ${what}`, `'${version.source}' is not part of an imported run or logged model`);
    journal.record({
      action: "model_version.import",
      kind: "model_version",
      uid,
      subject: what,
      after: { from: identity, source: place.source },
    });
    return uid;
  };

  const carryVersion = (model: RegisteredModelRow, version: SourceVersion): void => {
    const [id, what] = [`${model.name}/${version.version}`, `version ${version.version} of model '${model.name}'`];
    if (imports.find(identity, "model_version", id)) return void (report.counts.model_versions.present += 1);
    if (imports.numberTaken(model.id, version.version)) {
      if (isSame(model, version)) report.counts.model_versions.present += 1;
      else report.problem(what, "a model of this name has another version of this number here");
      return;
    }
    imports.note(identity, "model_version", id, { uid: addVersion(model, version, what), done: true });
    report.counts.model_versions.new += 1;
  };

  const carryAliases = (model: RegisteredModelRow, aliases: SourceModel["aliases"]): void => {
    for (const { alias, version } of aliases) {
      const what = `alias '${alias}' of model '${model.name}'`;
      const [now, target] = [models.alias(model.id, alias), versions.byNumber(model.id, version)];
      if (now === version) continue;
      if (isSemver(alias))
        report.problem(what, "an alias of the form of a semantic version finds the version with that semver here");
      else if (now !== undefined) report.problem(what, `it names version ${now} here`);
      else if (target) models.setAlias(model.id, alias, target.id);
      else report.problem(what, `version ${version} is not here`);
    }
  };

  const add = (model: SourceModel): void => {
    const { uid } = imports.addModel(model);
    imports.note(identity, "registered_model", model.name, { uid, done: true });
    journal.record({
      action: "registered_model.import",
      kind: "registered_model",
      uid,
      subject: model.name,
      after: { from: identity },
    });
  };

  /** Inside a write. A model that was carried before and has gone here since stays away. */
  return (model: SourceModel): void => {
    const known = imports.find(identity, "registered_model", model.name) !== undefined;
    const here = models.byName(model.name);
    report.counts.registered_models[known || here ? "present" : "new"] += 1;
    if (known && !here) return;
    if (!here) add(model);
    const row = models.byName(model.name);
    if (!row) throw new DomainError("conflict", `Model '${model.name}' is not there after its insert`);
    for (const { key, value } of model.tags)
      if (models.tag(row.id, key) === undefined) models.setTag(row.id, key, value);
    for (const version of model.versions) carryVersion(row, version);
    if (!known) carryAliases(row, model.aliases);
    journal.mark("registered_model", row.uid);
  };
};
