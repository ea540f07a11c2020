/** Models and versions: the rules that the MLflow API and GraphQL share. */
import { createExperiment } from "./experiments.ts";
import { Refusal } from "./http.ts";
import { createCandidate } from "./runs.ts";
import { bumped, highest, isSemver } from "./semver.ts";
import { type Candidate, type Model, type Package, type Project, type State, type Tag, type Version } from "./state.ts";
import { problemsOf, versionTagLimits } from "./tags.ts";

const MODEL_NAME = /^@?(?:[\w\-.+]+\/)*[\w\-.]+$/;
const DESCRIPTION_MAX = 10_000;

/** A rule said no; the surfaces word it differently. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly reasons: readonly string[];
  constructor(reasons: readonly string[]) {
    super(reasons.join(", "));
    this.reasons = reasons;
  }
}

export const modelsOf = (state: State, project: Project): readonly Model[] =>
  [...state.models.values()].filter((each) => each.projectId === project.id);
export const modelByName = (state: State, project: Project, name: string | undefined): Model | undefined =>
  modelsOf(state, project).find((each) => each.name === name);
export const versionBySemver = (model: Model | undefined, version: string | undefined): Version | undefined =>
  model?.versions.find((each) => each.version === version);

const tagProblem = (tags: readonly Tag[]): string | undefined => {
  for (const [index, tag] of tags.entries()) {
    const taken = tags.findIndex((each) => each.key === tag.key) < index ? [`Name '${tag.key}' already taken`] : [];
    const problems = [...problemsOf(tag, versionTagLimits), ...taken];
    if (problems.length > 0) return `Validation failed: ${problems.join(", ")}`;
  }
  return undefined;
};

/** @throws Refused when too long */
export const checkDescription = (text: string | null): void => {
  if (text !== null && [...text].length > DESCRIPTION_MAX)
    throw new Refused([`Description is too long (maximum is ${String(DESCRIPTION_MAX)} characters)`]);
};

const experimentFor = (state: State, project: Project, name: string, userId: number) => {
  try {
    return createExperiment(state, project, `[model]${name}`, userId);
  } catch (cause) {
    if (cause instanceof Refusal) throw new Refused(["Name should be unique in the project"]);
    throw cause;
  }
};

interface NewModel {
  readonly name: string;
  readonly description: string | null;
  readonly tags: readonly Tag[];
  readonly userId: number;
}

/**
 * The experiment is committed first. A refused name or description leaves it behind, in the way of any later model of
 * that name; a refused tag rolls everything back. @throws Refused
 */
export const createModel = (state: State, project: Project, given: NewModel): Model => {
  const experiment = experimentFor(state, project, given.name, given.userId);
  const undo = (): boolean => state.experiments.delete(experiment.id);
  try {
    if (!MODEL_NAME.test(given.name)) throw new Refused(["Name is invalid"]);
    if (modelByName(state, project, given.name)) throw new Refused(["Name has already been taken"]);
    checkDescription(given.description);
  } catch (cause) {
    if (!state.options.orphanExperiment) undo();
    throw cause;
  }
  const problem = tagProblem(given.tags);
  if (problem !== undefined) {
    undo();
    throw new Refused([problem]);
  }
  const now = state.now();
  const model: Model = {
    ...given,
    id: state.nextId("model"),
    projectId: project.id,
    tags: [...given.tags],
    experimentId: experiment.id,
    versions: [],
    createdAt: now,
    updatedAt: now,
  };
  experiment.modelId = model.id;
  state.models.set(model.id, model);
  return model;
};

export const createPackage = (state: State, projectId: number, name: string, version: string): Package => {
  const pack: Package = {
    id: state.nextId("package"),
    projectId,
    name,
    version,
    status: "default",
    createdAt: state.now(),
    downloadedAt: null,
    files: [],
  };
  state.packages.set(pack.id, pack);
  return pack;
};

/** The run that becomes a version. @throws Refused */
const promoted = (state: State, model: Model, run: Candidate | null): Candidate => {
  if (run?.projectId !== model.projectId) throw new Refused(["Run not found"]);
  if (run.versionId !== null) throw new Refused(["Run has already a model version"]);
  if (run.experimentId !== model.experimentId) throw new Refused(["Run's experiment does not belong to this model"]);
  return run;
};

interface NewVersion {
  /** Undefined: the highest with its patch counted up. */
  readonly version: string | undefined;
  readonly description: string | null;
  readonly tags: readonly Tag[];
  /** Undefined: a run of its own; null: the run that was asked for is not there. */
  readonly run: Candidate | null | undefined;
}

const packageFor = (state: State, project: Project, model: Model, version: string, run: Candidate): Package => {
  const own = state.packages.get(run.packageId ?? -1);
  if (!own) return createPackage(state, project.id, model.name, version);
  own.name = model.name; // a promoted run's package becomes the version's, files and all
  own.version = version;
  return own;
};

/** All or nothing. @throws Refused */
export const createVersion = (state: State, project: Project, model: Model, given: NewVersion): Version => {
  const last = highest(model.versions);
  const version = given.version ?? (last ? bumped(last.version) : "1.0.0");
  if (!isSemver(version)) throw new Refused(["Version must be semantic version"]);
  if (versionBySemver(model, version)) throw new Refused(["Version has already been taken"]);
  checkDescription(given.description);
  const problem = tagProblem(given.tags);
  if (problem !== undefined) throw new Refused([problem]);
  const experiment = state.experiments.get(model.experimentId);
  if (!experiment) throw new Refused(["Run not found"]);
  const run =
    given.run === undefined
      ? createCandidate(state, project, experiment, { userId: null })
      : promoted(state, model, given.run);
  const pack = packageFor(state, project, model, version, run);
  const now = state.now();
  const made: Version = {
    id: state.nextId("version"),
    projectId: project.id,
    modelId: model.id,
    version,
    description: given.description,
    tags: [...given.tags],
    candidateId: run.id,
    packageId: pack.id,
    createdAt: now,
    updatedAt: now,
  };
  run.versionId = made.id;
  run.packageId = null;
  state.versions.set(made.id, made);
  model.versions.push(made);
  return made;
};
