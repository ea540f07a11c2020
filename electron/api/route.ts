/**
 * Binds declared endpoints to functions and mounts them on Fastify. Parsing happens here and nowhere else; a write runs
 * inside the store's next commit and is answered after it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Static, TObject, TSchema } from "typebox";
import type { Endpoint } from "../../shared/api/endpoint.ts";
import { compileBody, compileQuery, refuse, toCamel } from "../../shared/api/wire.ts";
import { DomainError } from "../../shared/errors.ts";

/** Who asked, and through which surface. Filled by the gate. */
export interface Caller {
  readonly actor: string;
  readonly surface: string;
}

/** An answer that is JSON text already, or its UTF-8 bytes: large lists are built as text, without an object per row. */
export class JsonText {
  readonly text: string | Uint8Array;
  constructor(text: string | Uint8Array) {
    this.text = text;
  }
}

/** Runs a job in the next commit; resolves when it is on disk. */
export type Write = <T>(caller: Caller, job: () => T) => Promise<T>;

export interface RouteDeps {
  readonly write: Write;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

export interface Route {
  readonly endpoint: Endpoint;
  readonly answer: (input: unknown, request: FastifyRequest, deps: RouteDeps) => unknown;
}

type Answer<Res extends TSchema> = Static<Res> | JsonText;

/** An endpoint that changes nothing. */
export const reads = <Req extends TObject, Res extends TSchema>(
  endpoint: Endpoint<Req, Res>,
  handle: (input: Static<Req>) => Answer<Res> | Promise<Answer<Res>>,
): Route => ({ endpoint, answer: (input) => handle(input as Static<Req>) });

/** An endpoint whose synchronous handler runs inside a write transaction. */
export const writes = <Req extends TObject, Res extends TSchema>(
  endpoint: Endpoint<Req, Res>,
  handle: (input: Static<Req>, caller: Caller) => Answer<Res>,
): Route => ({
  endpoint,
  answer: (input, request, deps) => {
    const caller = deps.callerOf(request);
    return deps.write(caller, () => handle(input as Static<Req>, caller));
  },
});

/** An endpoint that may need several writes, so that those who log get their turn between them. */
export const actsInWrites = <Req extends TObject, Res extends TSchema>(
  endpoint: Endpoint<Req, Res>,
  handle: (input: Static<Req>, write: <T>(job: () => T) => Promise<T>) => Promise<Answer<Res>>,
): Route => ({
  endpoint,
  answer: (input, request, deps) => {
    const caller = deps.callerOf(request);
    return handle(input as Static<Req>, (job) => deps.write(caller, job));
  },
});

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

const writeBigInt = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? JSON.rawJSON(value.toString()) : value;

/** A replacer costs five times the text itself; so it is asked only where a bigint made the plain way fail. */
const toJson = (value: unknown): string => {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError) return JSON.stringify(value, writeBigInt);
    throw error;
  }
};

/** Sends an answer as JSON. int64 values beyond 2^53 keep their digits. */
export const sendJson = (reply: FastifyReply, value: unknown): FastifyReply => {
  void reply.header("content-type", "application/json; charset=utf-8");
  return reply.send(value instanceof JsonText ? value.text : toJson(value));
};

/** A number of the path, said again in the body as the schema has it. */
const isSameNumber = (value: unknown, text: string | undefined): boolean =>
  typeof value === "number" && String(value) === text;

const without = (body: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> =>
  names.some((name) => Object.hasOwn(body, name))
    ? Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
    : body;

/** MLflow serves every `/api/…` path under `/ajax-api/…` too. */
const twinsOf = (path: string): string[] =>
  path.startsWith("/api/") && !path.startsWith("/api/outpost/")
    ? [path, `/ajax${path.replace("/api/", "-api/")}`]
    : [path];

/** Mounts routes, each under its path and MLflow's twin of it. */
export const mount = (app: FastifyInstance, routes: readonly Route[], deps: RouteDeps): void => {
  for (const route of routes) {
    const { endpoint } = route;
    const readBody = compileBody(endpoint.request);
    const readQuery = compileQuery(endpoint.request);
    const names = new Set([...endpoint.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name));
    const needsBody =
      endpoint.method !== "GET" && Object.keys(endpoint.request.properties).some((name) => !names.has(name));
    const inPath = [...names].flatMap((name) => [name, toCamel(name)]);
    const input = (request: FastifyRequest): unknown => {
      const params = request.params as Record<string, string>;
      if (endpoint.method === "GET") {
        const url = request.raw.url ?? "";
        const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?")) : "");
        for (const [name, value] of Object.entries(params)) query.set(name, value);
        return readQuery(query);
      }
      if (needsBody && !JSON_TYPE.test(request.headers["content-type"] ?? ""))
        throw new DomainError("invalid", "Bad Request. Content-Type must be application/json.");
      const body = (request.body ?? {}) as Record<string, unknown>;
      for (const name of inPath)
        if (typeof (body[name] ?? "") !== "string" && !isSameNumber(body[name], params[name]))
          refuse(name, body[name], "it must be a string");
      for (const name of endpoint.repeatedInBody ?? []) {
        if (!body[name]) throw new DomainError("invalid", `Missing value for required parameter '${name}'.`);
        if (body[name] !== params[name]) refuse(name, body[name], "the path names another");
      }
      return readBody({ ...without(body, inPath), ...params });
    };
    for (const url of twinsOf(endpoint.path))
      app.route({
        method: endpoint.method,
        url,
        handler: async (request, reply) => sendJson(reply, await route.answer(input(request), request, deps)),
      });
  }
};
