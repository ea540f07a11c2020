/** GitLab's types for experiments, runs, models and versions, with the fields that are known. */
import { canRead } from "../auth.ts";
import { experimentsOf } from "../experiments.ts";
import { modelsOf } from "../registry.ts";
import { highest } from "../semver.ts";
import type { Candidate, Experiment, Model, Project, State, Tag, Version } from "../state.ts";
import { QueryError } from "./parse.ts";
import {
  type Context,
  type Fields,
  type Types,
  connection,
  connectionTypes,
  leaf,
  needed,
  object,
  optional,
  pageInfo,
} from "./schema.ts";

export const gid = (kind: string, id: number): string => `gid://gitlab/${kind}/${String(id)}`;

/** The number in a global id. @throws QueryError for one of another class */
export const fromGid = (kind: string, value: unknown): number => {
  const text = String(value);
  const id = text.startsWith(`gid://gitlab/${kind}/`) ? Number(text.split("/").at(-1)) : Number.NaN;
  if (!Number.isInteger(id)) throw new QueryError(`"${text}" does not represent an instance of ${kind}`);
  return id;
};

/** The project where the context's token can read it. */
export const readable = ({ state, token }: Context, find: (project: Project) => boolean): Project | null => {
  const project = state.projects.find(find);
  return project && token && canRead(project, token.userId) ? project : null;
};
export const readableById = (context: Context, id: number): Project | null =>
  readable(context, (each) => each.id === id);

const iso = (ms: number): string => new Date(ms).toISOString();
const userOf = (state: State, id: number | null) => state.users.find((each) => each.id === id) ?? null;
const pathOf = (state: State, id: number): string => state.projects.find((each) => each.id === id)?.path ?? "";
const textIn = (args: Readonly<Record<string, unknown>>, name: string): string =>
  typeof args[name] === "string" ? args[name] : "";
const candidatesOf = (state: State, keep: (run: Candidate) => boolean): readonly Candidate[] =>
  [...state.candidates.values()].filter(keep).toReversed();

const sorted = <T extends { readonly id: number }>(
  items: readonly T[],
  args: Readonly<Record<string, unknown>>,
  keys: Readonly<Record<string, (item: T) => string | number>>,
): readonly T[] => {
  const key = keys[String(args["orderBy"])] ?? ((item: T) => item.id);
  const isAscending = String(args["sort"]).toLowerCase() === "asc";
  const order = (a: T, b: T): number => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id);
  return items.toSorted((a, b) => (isAscending ? order(a, b) : order(b, a)));
};

const sortArg = optional.choice(["ASC", "DESC", "asc", "desc", "CREATED_ASC", "CREATED_DESC"]);
const listArgs = {
  name: optional.string,
  orderBy: optional.choice(["NAME", "CREATED_AT", "UPDATED_AT", "ID"]),
  sort: sortArg,
};
const stampKeys = {
  NAME: (each: Model | Experiment) => each.name,
  CREATED_AT: (each: Model | Experiment) => each.createdAt,
  UPDATED_AT: (each: Model | Experiment) => each.updatedAt,
};

const project: Fields = {
  id: leaf<Project>((each) => gid("Project", each.id)),
  name: leaf<Project>((each) => each.path.split("/").at(-1)),
  fullPath: leaf<Project>((each) => each.path),
  mlModels: connection<Project>(
    "MlModel",
    (each, args, { state }) => {
      if (!each.registryOn) return null;
      const named = modelsOf(state, each).filter(({ name }) => name.includes(textIn(args, "name")));
      return sorted(named, args, stampKeys);
    },
    listArgs,
  ),
  mlExperiments: connection<Project>(
    "MlExperiment",
    // The finder does not look at the name.
    (each, args, { state }) => (each.experimentsOn ? sorted(experimentsOf(state, each), args, stampKeys) : null),
    listArgs,
  ),
};

const showPath = (path: (state: State, source: never) => string): Fields => ({
  showPath: leaf((source: never, _args, { state }) => path(state, source)),
});

const model: Fields = {
  id: leaf<Model>((each) => gid("Ml::Model", each.id)),
  name: leaf<Model>((each) => each.name),
  createdAt: leaf<Model>((each) => iso(each.createdAt)),
  author: object<Model>("UserCore", (each, _args, { state }) => userOf(state, each.userId)),
  description: leaf<Model>((each) => each.description),
  descriptionHtml: leaf<Model>((each) => (each.description === null ? "" : `<p>${each.description}</p>`)),
  latestVersion: object<Model>("MlModelVersion", (each) => highest(each.versions) ?? null),
  versionCount: leaf<Model>((each) => each.versions.length),
  candidateCount: leaf<Model>(
    (each, _args, { state }) =>
      candidatesOf(state, (run) => run.experimentId === each.experimentId && run.versionId === null).length,
  ),
  versions: connection<Model>(
    "MlModelVersion",
    (each, args) => {
      const wanted = each.versions.filter(({ version }) => version.startsWith(textIn(args, "version")));
      return sorted(wanted, args, {
        VERSION: (version: Version) => version.version,
        CREATED_AT: (version: Version) => version.createdAt,
      });
    },
    { version: optional.string, orderBy: optional.choice(["VERSION", "CREATED_AT", "ID"]), sort: sortArg },
  ),
  version: object<Model>(
    "MlModelVersion",
    (each, args) => {
      const id = fromGid("Ml::ModelVersion", args["modelVersionId"]);
      return each.versions.find((version) => version.id === id) ?? null;
    },
    { modelVersionId: needed("ID") },
  ),
  candidates: connection<Model>("MlCandidate", (each, _args, { state }) =>
    candidatesOf(state, (run) => run.experimentId === each.experimentId && run.versionId === null),
  ),
  defaultExperimentPath: leaf<Model>((each, _args, { state }) => {
    const iid = state.experiments.get(each.experimentId)?.iid;
    return `/${pathOf(state, each.projectId)}/-/ml/experiments/${String(iid)}`;
  }),
  _links: object<Model>("MlModelLinks", (each) => each),
};

const version: Fields = {
  id: leaf<Version>((each) => gid("Ml::ModelVersion", each.id)),
  version: leaf<Version>((each) => each.version),
  createdAt: leaf<Version>((each) => iso(each.createdAt)),
  author: object<Version>("UserCore", (each, _args, { state }) =>
    userOf(state, state.models.get(each.modelId)?.userId ?? null),
  ),
  description: leaf<Version>((each) => each.description),
  descriptionHtml: leaf<Version>((each) => (each.description === null ? "" : `<p>${each.description}</p>`)),
  artifactsCount: leaf<Version>(
    (each, _args, { state }) => state.packages.get(each.packageId ?? -1)?.files.length ?? 0,
  ),
  packageId: leaf<Version>((each) => (each.packageId === null ? null : gid("Packages::Package", each.packageId)), true),
  candidate: object<Version>("MlCandidate", (each, _args, { state }) => state.candidates.get(each.candidateId)),
  _links: object<Version>("MlModelVersionLinks", (each) => each),
};

interface Named {
  readonly id: string;
  readonly name: string;
  readonly value: unknown;
  readonly step?: number | null;
}
const named = (kind: string, run: Candidate, tags: readonly Tag[]): readonly Named[] =>
  tags.map(({ key, value }, index) => ({ id: gid(kind, run.id * 10_000 + index), name: key, value }));

const candidate: Fields = {
  id: leaf<Candidate>((each) => gid("Ml::Candidate", each.id)),
  iid: leaf<Candidate>((each) => each.iid),
  eid: leaf<Candidate>((each) => each.eid),
  name: leaf<Candidate>((each) => each.name),
  status: leaf<Candidate>((each) => each.status.toLowerCase()),
  createdAt: leaf<Candidate>((each) => iso(each.createdAt)),
  creator: object<Candidate>("UserCore", (each, _args, { state }) => userOf(state, each.userId)),
  ciJob: object<Candidate>("CiJob", (each) => (each.ciJobId === null ? null : { id: each.ciJobId })),
  params: connection<Candidate>("MlCandidateParam", (run) => named("Ml::CandidateParam", run, run.params)),
  metadata: connection<Candidate>("MlCandidateMetadata", (run) => named("Ml::CandidateMetadata", run, run.tags)),
  metrics: connection<Candidate>("MlCandidateMetric", (run) =>
    run.metrics.map(({ id, key, value, step }) => ({ id: gid("Ml::CandidateMetric", id), name: key, value, step })),
  ),
  _links: object<Candidate>("MlCandidateLinks", (each) => each),
};

const experiment: Fields = {
  id: leaf<Experiment>((each) => gid("Ml::Experiment", each.id)),
  name: leaf<Experiment>((each) => each.name),
  createdAt: leaf<Experiment>((each) => iso(each.createdAt)),
  updatedAt: leaf<Experiment>((each) => iso(each.updatedAt)),
  candidateCount: leaf<Experiment>(
    (each, _args, { state }) => candidatesOf(state, (run) => run.experimentId === each.id).length,
  ),
  path: leaf<Experiment>(
    (each, _args, { state }) => `/${pathOf(state, each.projectId)}/-/ml/experiments/${String(each.iid)}`,
  ),
  creator: object<Experiment>("UserCore", (each, _args, { state }) => userOf(state, each.userId)),
  modelId: leaf<Experiment>((each) => (each.modelId === null ? null : gid("Ml::Model", each.modelId))),
  candidates: connection<Experiment>("MlCandidate", (each, _args, { state }) =>
    candidatesOf(state, (run) => run.experimentId === each.id),
  ),
};

const nameValue: Fields = {
  id: leaf<Named>((each) => each.id),
  name: leaf<Named>((each) => each.name),
  value: leaf<Named>((each) => each.value),
};

const modelPath = (state: State, each: Model): string =>
  `/${pathOf(state, each.projectId)}/-/ml/models/${String(each.id)}`;
const versionPath = (state: State, each: Version): string =>
  `/${pathOf(state, each.projectId)}/-/ml/models/${String(each.modelId)}/versions/${String(each.id)}`;
const packagePath = (state: State, projectId: number, id: number | null): string | null =>
  id === null ? null : `/${pathOf(state, projectId)}/-/packages/${String(id)}`;

/** Every type but the roots. */
export const objectTypes: Types = {
  Project: project,
  MlModel: model,
  MlModelVersion: version,
  MlCandidate: candidate,
  MlExperiment: experiment,
  MlCandidateParam: nameValue,
  MlCandidateMetadata: nameValue,
  MlCandidateMetric: { ...nameValue, step: leaf<Named>((each) => each.step, true) },
  MlModelLinks: showPath(modelPath),
  MlModelVersionLinks: {
    ...showPath(versionPath),
    packagePath: leaf<Version>((each, _args, { state }) => packagePath(state, each.projectId, each.packageId)),
    importPath: leaf<Version>(
      (each) => `/api/v4/projects/${String(each.projectId)}/packages/ml_models/${String(each.id)}/files/`,
    ),
  },
  MlCandidateLinks: {
    ...showPath(
      (state: State, each: Candidate) => `/${pathOf(state, each.projectId)}/-/ml/candidates/${String(each.iid)}`,
    ),
    artifactPath: leaf<Candidate>((each, _args, { state }) => packagePath(state, each.projectId, each.packageId)),
  },
  UserCore: {
    id: leaf<{ id: number }>((each) => gid("User", each.id)),
    username: leaf<{ username: string }>((each) => each.username),
    name: leaf<{ username: string }>((each) => each.username),
  },
  CiJob: { id: leaf<{ id: number }>((each) => gid("Ci::Build", each.id)) },
  PageInfo: pageInfo,
  ...connectionTypes("MlModel"),
  ...connectionTypes("MlModelVersion"),
  ...connectionTypes("MlCandidate"),
  ...connectionTypes("MlExperiment"),
  ...connectionTypes("MlCandidateParam"),
  ...connectionTypes("MlCandidateMetadata"),
  ...connectionTypes("MlCandidateMetric"),
};
