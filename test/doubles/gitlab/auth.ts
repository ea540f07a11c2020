/** Who asks, and what they may: tokens by transport, scopes, project, roles; each refusal with its own body. */
import type { IncomingHttpHeaders } from "node:http";
import { forbidden, message, noProject, notFound, tokenError, unauthorized } from "./http.ts";
import { type Project, type Role, type State, type Token, levels } from "./state.ts";

export interface Credentials {
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
}
export type Transport = "private-token" | "bearer" | "job-token" | "query" | "basic";

interface Presented {
  readonly transport: Transport;
  readonly value: string;
}

const first = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0];

/** Every token in the request, in the order the finders look. */
const presented = ({ headers, query }: Credentials): readonly Presented[] => {
  const found: [Transport, string | undefined][] = [
    ["private-token", first(headers["private-token"])],
    ["query", query.get("private_token") ?? undefined],
    ["bearer", /^bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1]],
    ["query", query.get("access_token") ?? undefined],
    ["job-token", first(headers["job-token"])],
  ];
  return found.flatMap(([transport, value]) => (value ? [{ transport, value }] : []));
};

/** The token's name for the log, whether it is good or not. */
export const tokenName = (state: State, credentials: Credentials): string | null => {
  const values = presented(credentials).map((each) => each.value);
  if (values.length === 0) return null;
  return state.tokens.find((token) => values.includes(token.value))?.name ?? "unknown";
};

const checkState = (token: Token): void => {
  if (token.state === "expired")
    throw tokenError(401, "invalid_token", "Token is expired. You can either do re-authorization or token refresh.");
  if (token.state === "revoked")
    throw tokenError(401, "invalid_token", "Token was revoked. You have to re-authorize from the user.");
};

const access: readonly Token["kind"][] = ["personal", "project"];

export interface Accepts {
  readonly transports: readonly Transport[];
  readonly kinds: readonly Token["kind"][];
}
export const anyAccessToken: Accepts = { transports: ["private-token", "bearer", "query"], kinds: access };
/** `ml_models` routes declare their own authentication: nothing but Bearer. */
export const bearerOnly: Accepts = { transports: ["bearer"], kinds: [...access, "job"] };

/** @throws Refusal 401 without a good token of an accepted kind, 403 without the scope. */
export const authenticate = (
  state: State,
  credentials: Credentials,
  accepts: Accepts,
  scopes: readonly string[],
): Token => {
  const token = presented(credentials)
    .filter(({ transport }) => accepts.transports.includes(transport))
    .map(({ value }) => state.tokens.find((each) => each.value === value))[0];
  if (!token || !accepts.kinds.includes(token.kind)) throw unauthorized();
  checkState(token);
  if (token.kind !== "job" && !scopes.some((scope) => token.scopes.includes(scope)))
    throw tokenError(
      403,
      "insufficient_scope",
      "The request requires higher privileges than provided by the access token.",
      scopes.join(" "),
    );
  return token;
};

export const roleIn = (project: Project, userId: number): Role => project.members[userId] ?? "none";
export const isAtLeast = (project: Project, userId: number, role: Role): boolean =>
  levels[roleIn(project, userId)] >= levels[role];
/** True for members, and for anybody signed in where the project is public. */
export const canRead = (project: Project, userId: number): boolean =>
  project.visibility === "public" || isAtLeast(project, userId, "guest");

/** The project by number or full path, as its id in the address says. @throws Refusal 404 when it cannot be seen. */
export const findProject = (state: State, id: string, token: Token): Project => {
  const project = state.projects.find((each) => (/^\d+$/.test(id) ? each.id === Number(id) : each.path === id));
  const bound = token.projectId !== null && token.projectId !== project?.id && project?.visibility !== "public";
  if (!project || bound || !canRead(project, token.userId)) throw noProject();
  return project;
};

export type Feature = "experiments" | "registry" | "packages";
const isOn = (project: Project, feature: Feature): boolean =>
  ({ experiments: project.experimentsOn, registry: project.registryOn, packages: project.packagesOn })[feature];

/** @throws Refusal 404 where the feature is off. */
export const requireFeature = (project: Project, feature: Feature): void => {
  if (!isOn(project, feature)) throw notFound();
};

/** The MLflow API says 401, not 403, to a member whose role is too low. @throws Refusal */
export const requireMlWrite = (project: Project, token: Token): void => {
  if (project.archived || !isAtLeast(project, token.userId, "developer")) throw unauthorized();
};

/** @throws Refusal 403 */
export const requireRole = (project: Project, token: Token, role: Role): void => {
  if (project.archived && levels[role] > levels.reporter) throw forbidden();
  if (!isAtLeast(project, token.userId, role)) throw forbidden();
};

/** @throws Refusal 401 when there is no signed-in user at all. */
export const requireUser = (state: State, token: Token): { id: number; username: string } => {
  const user = state.users.find((each) => each.id === token.userId);
  if (!user) throw message(401, "401 Unauthorized");
  return user;
};
