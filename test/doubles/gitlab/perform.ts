/** From a request that has been read to its answer. Nothing here touches a socket. */
import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "./actions.ts";
import { tokenName } from "./auth.ts";
import { parseBody, parseForm } from "./body.ts";
import { experimentRoutes } from "./experiments.ts";
import { graphqlRoutes } from "./graphql/route.ts";
import { type Answer, Refusal, crash, json, noRoute } from "./http.ts";
import { identityRoutes } from "./identity.ts";
import { modelRoutes } from "./models.ts";
import { packageFileRoutes } from "./package-files.ts";
import { packageRoutes } from "./packages.ts";
import { pipelineRoutes } from "./pipelines.ts";
import { proxyRoutes } from "./proxy.ts";
import { type Call, type Found, type Upload, decodeParts, findRoute } from "./routes.ts";
import { logRoutes } from "./run-log.ts";
import { runRoutes } from "./runs.ts";
import type { State } from "./state.ts";
import { versionRoutes } from "./versions.ts";

const routes = [
  ...experimentRoutes,
  ...runRoutes,
  ...logRoutes,
  ...modelRoutes,
  ...versionRoutes,
  ...packageFileRoutes,
  ...proxyRoutes,
  ...packageRoutes,
  ...identityRoutes,
  ...pipelineRoutes,
  ...graphqlRoutes,
];

/** Where the double is reached. */
export interface Place {
  /** Origin and relative root, without a slash at the end. */
  readonly base: string;
  readonly root: string;
  readonly storage: string;
}

export interface Asked {
  readonly method: string;
  /** As it stands in the request line. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface Target {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly found: Found | Refusal;
  readonly operation: string;
  readonly token: string | null;
}

/** Which operation it is, before anything is checked or done. */
export const targetOf = (state: State, place: Place, { method, url, headers }: Asked): Target => {
  const [full = "/", search = ""] = url.split("?", 2);
  const query = new URLSearchParams(search);
  const isUnder = place.root === "" || full.startsWith(`${place.root}/`);
  const path = isUnder ? full.slice(place.root.length) : full;
  const token = tokenName(state, { headers, query });
  try {
    if (!isUnder) throw noRoute();
    const found = findRoute(routes, state, method, path);
    return { path, query, found, operation: found.route.operation, token };
  } catch (cause) {
    if (cause instanceof Refusal) return { path, query, found: cause, operation: "none", token };
    throw cause;
  }
};

const callOf = (state: State, place: Place, asked: Asked, target: Target, found: Found, body: Buffer): Call => ({
  state,
  method: asked.method,
  base: place.base,
  storage: place.storage,
  headers: asked.headers,
  query: target.query,
  path: decodeParts(found.rawPath),
  rawPath: found.rawPath,
  params: { ...parseForm(target.query.toString()), ...parseBody(asked.headers["content-type"] ?? "", body) },
  upload: null,
});

/** Turns what is thrown into an answer; what nobody meant is printed, since it is a fault of the double itself. */
const guarded = (work: () => Answer): Answer => {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof Refusal) return cause.answer;
    process.stderr.write(`gitlab double: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`);
    return crash().answer;
  }
};

/** The refusal that an upload meets before its bytes are taken, or undefined. */
export const refuseUpload = (state: State, place: Place, asked: Asked, target: Target): Answer | undefined => {
  const { found } = target;
  if (found instanceof Refusal || !found.route.beforeUpload) return undefined;
  let refused = true;
  const answer = guarded(() => {
    found.route.beforeUpload?.(callOf(state, place, asked, target, found, Buffer.alloc(0)));
    refused = false;
    return json({});
  });
  return refused ? answer : undefined;
};

/** Does what is asked. `content` is the body read, or the file that it went to. */
export const perform = (
  state: State,
  place: Place,
  asked: Asked,
  target: Target,
  content: { readonly body: Buffer; readonly upload: Upload | null },
): Answer =>
  guarded(() => {
    const { found } = target;
    if (found instanceof Refusal) throw found;
    return found.route.handle({
      ...callOf(state, place, asked, target, found, content.body),
      upload: content.upload,
    });
  });

/** Somebody else's request, straight to the routes: no socket, no faults, no log. */
export const callerOf =
  (state: State, place: Place): Caller =>
  ({ token, method, path, body }) => {
    const value = state.tokens.find((each) => each.name === token)?.value ?? token;
    const headers = { authorization: `Bearer ${value}`, "content-type": "application/json" };
    const asked = { method, url: `${place.root}${path}`, headers };
    const content = { body: Buffer.from(JSON.stringify(body)), upload: null };
    const answer = perform(state, place, asked, targetOf(state, place, asked), content);
    return { status: answer.status, body: typeof answer.body === "string" ? JSON.parse(answer.body || "null") : null };
  };
