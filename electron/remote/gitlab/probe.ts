/** What a look at a GitLab project finds: who we are there, what we may, and which of the releases' differences it has. */
import { RemoteError } from "../errors.ts";
import type { Probe, Right } from "../remote.ts";
import type { Asked, GitlabApi } from "./api.ts";
import { items, nothing, record, text, textOr } from "./wire.ts";

export interface ProbeDeps {
  readonly baseUrl: string;
  /** ms since epoch. */
  readonly wallClock: () => number;
  /** What an earlier probe found out: what a release has is asked once. */
  readonly known: Probe["capabilities"];
}

interface Project {
  readonly id: string;
  readonly path: string;
  readonly archived: boolean;
  /** Undefined where GitLab does not say: an administrator, a member of a group above. */
  readonly level: number | undefined;
  readonly features: Readonly<Record<"experiments" | "registry" | "packages", boolean>>;
}

interface TokenFacts {
  readonly scopes: readonly string[] | undefined;
  readonly expires: string | undefined;
}

const DEVELOPER = 30;
const roles: Readonly<Record<number, string>> = {
  0: "no role",
  5: "Minimal access",
  10: "Guest",
  15: "Planner",
  20: "Reporter",
  30: "Developer",
  40: "Maintainer",
  50: "Owner",
};

const levelOf = (value: unknown): number | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const level = record(value, "access")["access_level"];
  return typeof level === "number" ? level : undefined;
};

const projectOf = (value: unknown): Project => {
  const raw = record(value, "the project");
  const access =
    typeof raw["permissions"] === "object" && raw["permissions"] !== null ? record(raw["permissions"], "") : {};
  const levels = [levelOf(access["project_access"]), levelOf(access["group_access"])].filter(
    (each) => each !== undefined,
  );
  return {
    id: text(raw, "id"),
    path: textOr(raw, "path_with_namespace", text(raw, "id")),
    archived: raw["archived"] === true,
    level: levels.length > 0 ? Math.max(...levels) : undefined,
    features: {
      experiments: raw["model_experiments_access_level"] !== "disabled",
      registry: raw["model_registry_access_level"] !== "disabled",
      packages: raw["packages_enabled"] !== false,
    },
  };
};

const tokenOf = (value: unknown): TokenFacts => {
  const raw = record(value, "the token");
  return {
    scopes: items(raw["scopes"], "scopes").map(String),
    expires: textOr(raw, "expires_at", "") || undefined,
  };
};

/** What may be closed to a token without being a fault: OAuth tokens, scopes of one kind only. */
const optional = async <T>(call: Promise<{ readonly value: T }>, fallback: T): Promise<T> => {
  try {
    return (await call).value;
  } catch (error) {
    if (error instanceof RemoteError && error.status !== undefined && error.status < 500 && error.status !== 429)
      return fallback;
    throw error;
  }
};

/** Whether GitLab has a call: asked about what is not there, a call that exists says so, and one that does not is a route. */
const hasCall = async (call: Promise<unknown>): Promise<boolean | undefined> => {
  try {
    await call;
    return true;
  } catch (error) {
    if (!(error instanceof RemoteError) || error.status === undefined || error.status >= 500) throw error;
    if (error.trouble === "gone") return true;
    return error.status === 404 && error.trouble === "invalid" ? false : undefined;
  }
};

const NOBODY = "00000000-0000-4000-8000-000000000000";

const isRecordList = (raw: unknown): boolean | undefined => {
  const [model] = items(record(raw, "the answer")["registered_models"], "registered_models");
  const [version] = model === undefined ? [] : items(record(model, "a model")["latest_versions"], "latest_versions");
  return version === undefined ? undefined : Array.isArray(record(version, "a version")["aliases"]);
};

/** Digests are told with each file; without any file nothing is known yet. */
const tellsDigests = async (api: GitlabApi, asked: Asked): Promise<boolean | undefined> => {
  const one = { per_page: 2, package_type: "ml_model" };
  const ids = (raw: unknown): readonly string[] =>
    items(raw, "packages").map((each) => text(record(each, "a package"), "id"));
  for (const id of await optional(api.project("/packages", one, ids, asked), [])) {
    const read = (raw: unknown): boolean | undefined => {
      const [file] = items(raw, "files");
      return file === undefined ? undefined : typeof record(file, "a file")["file_sha256"] === "string";
    };
    const found = await optional(api.project(`/packages/${id}/package_files`, { per_page: 1 }, read, asked), undefined);
    if (found !== undefined) return found;
  }
  return undefined;
};

type Feature = keyof Project["features"];

/** Each capability with what has to be turned on for it, and the call that finds it out. */
const questions = (
  api: GitlabApi,
  asked: Asked,
): readonly (readonly [string, Feature, () => Promise<boolean | undefined>])[] => [
  [
    "metric_history",
    "experiments",
    () => hasCall(api.get("metrics/get-history", { run_id: NOBODY, metric_key: "loss" }, nothing, asked)),
  ],
  [
    "version_objects",
    "registry",
    () => api.get("registered-models/search", { max_results: 1, order_by: "id DESC" }, isRecordList, asked),
  ],
  ["artifact_proxy", "registry", () => hasCall(api.proxy("artifacts", { path: "candidate:0" }, nothing, asked))],
  [
    "file_folders",
    "packages",
    () => hasCall(api.project("/packages/ml_models/candidate%3A0/files/folder/file", {}, nothing, asked)),
  ],
  ["file_sha256", "packages", () => tellsDigests(api, asked)],
];

/** What a release has is asked once; what could not be told yet, for want of a model or a file, again. */
const capabilitiesOf = async (
  api: GitlabApi,
  project: Project,
  known: Probe["capabilities"],
  asked: Asked,
): Promise<Probe["capabilities"]> => {
  const found: Record<string, boolean> = { ...known };
  for (const [name, feature, ask] of questions(api, asked)) {
    if (Object.hasOwn(known, name) || !project.features[feature]) continue;
    const has = await ask();
    if (has !== undefined) found[name] = has;
  }
  return found;
};

type Missing = { right: Right; why: string };

/** What keeps a token from writing at all, in the order in which a person would put it right. */
const writeProblem = ({ archived, level }: Project, scopes: TokenFacts["scopes"]): string | undefined => {
  if (scopes && !scopes.includes("api"))
    return `The token has the scope ${scopes.join(", ") || "of nothing"}: it takes 'api'.`;
  if (archived) return "The project is archived: unarchive it on GitLab.";
  if (level !== undefined && level < DEVELOPER)
    return `The token's user has the role ${roles[level] ?? String(level)} in the project: it takes Developer.`;
  return undefined;
};

const offFeature = ({ experiments, registry }: Project["features"]): string | undefined => {
  const off = [...(experiments ? [] : ["Model experiments"]), ...(registry ? [] : ["The model registry"])];
  return off.length > 0 ? `${off.join(" and ")} turned off in the project: turn on both in its settings.` : undefined;
};

/** GitLab checks searches as writes: one that works proves the role, whatever the project says of it. */
const searches = async (api: GitlabApi, asked: Asked): Promise<string | undefined> => {
  try {
    await api.search("experiments/search", { max_results: 1 }, nothing, asked);
    return undefined;
  } catch (error) {
    const isRefused = error instanceof RemoteError && (error.status === 401 || error.status === 403);
    if (!isRefused) throw error;
    return "GitLab refuses searches to the token: it takes the scope 'api' and a user with the role Developer.";
  }
};

const missingOf = async (
  api: GitlabApi,
  project: Project,
  token: TokenFacts,
  asked: Asked,
): Promise<readonly Missing[]> => {
  const off = offFeature(project.features);
  if (off !== undefined)
    return (["read", "search", "write", "upload", "delete"] as const).map((right) => ({ right, why: off }));
  const refused = await searches(api, asked);
  const why = refused === undefined ? undefined : (writeProblem(project, token.scopes) ?? refused);
  const missing: Missing[] =
    why === undefined ? [] : (["search", "write", "upload", "delete"] as const).map((right) => ({ right, why }));
  if (!project.features.packages && why === undefined)
    missing.push({
      right: "upload",
      why: "The package registry is turned off in the project: turn it on in its settings.",
    });
  return missing;
};

const clockOf = (date: string | undefined, now: number): number => {
  const there = Date.parse(date ?? "");
  return Number.isNaN(there) ? 0 : there - now;
};

const PROBED: readonly Right[] = ["read", "search", "write", "upload", "delete"];

/** @throws RemoteError `auth` for a token that sees nothing, and for a project that it does not see */
export const probe = async (api: GitlabApi, deps: ProbeDeps, asked: Asked): Promise<Probe> => {
  const { value: project, headers } = await api.project("", {}, projectOf, asked);
  const clockOffsetMs = clockOf(headers.date, deps.wallClock());
  const named = (field: string) => (raw: unknown) => textOr(record(raw, "the answer"), field, "");
  const token = await optional(api.rest("/personal_access_tokens/self", tokenOf, asked), {
    scopes: undefined,
    expires: undefined,
  });
  const serverVersion = await optional(api.rest("/version", named("version"), asked), "");
  const user = await optional(api.rest("/user", named("username"), asked), "");
  const missing = await missingOf(api, project, token, asked);
  const cannot = missing.map(({ right }) => right);
  const { host } = new URL(deps.baseUrl);
  const base = deps.baseUrl.replace(/\/+$/, "");
  return {
    identity: `${base}#${project.id}`,
    title: `${project.path} on ${host}`,
    serverVersion,
    user,
    rights: PROBED.filter((right) => !cannot.includes(right)),
    missing,
    tokenExpires: token.expires,
    capabilities: cannot.includes("read") ? {} : await capabilitiesOf(api, project, deps.known, asked),
    clockOffsetMs,
  };
};
