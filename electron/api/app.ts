/** The Fastify instance: body rules, errors in MLflow's shape, and every route. The gate stands in front of it. */
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import type { IncomingMessage } from "node:http";
import { decodeJsonBody } from "../../shared/api/wire.ts";
import { failure, toFailure, type Failure } from "./errors.ts";
import { refuse } from "./gate/answer.ts";
import { mount, type Caller, type Route, type RouteDeps, type Write } from "./route.ts";

export interface AppDeps {
  readonly routes: readonly Route[];
  /** What streams or answers other than JSON mounts itself. */
  readonly mounts: readonly ((app: FastifyInstance, deps: RouteDeps) => void)[];
  readonly write: Write;
  readonly callerOf: (request: IncomingMessage) => Caller;
  /** Told of what was no expected failure. */
  readonly onBug: (error: unknown, where: string) => void;
  /** The gate's part: its server in front of Fastify. */
  readonly server?: Pick<FastifyServerOptions, "serverFactory" | "clientErrorHandler">;
}

const MAX_JSON_BYTES = 16 * 1024 * 1024;
/** A path parameter may be a long model name; Fastify's default is 100 characters. */
const MAX_PARAM_LENGTH = 16_384;

/** Fastify's own refusals in MLflow's shape; undefined for anything else. */
const ofFastify = (error: unknown): Failure | undefined => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return failure("too_large", `The request body is larger than ${MAX_JSON_BYTES} bytes.`);
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return failure("invalid", "Bad Request. Content-Type must be application/json.");
  if (typeof code === "string" && code.startsWith("FST_ERR_CTP"))
    return failure("invalid", "Bad Request. The body does not fit its headers.");
  return undefined;
};

/**
 * Nothing reaches Fastify's own: routes read and write by `shared/api`. Loading Ajv would be a tenth of a start's work.
 * A route that declares a schema to Fastify fails here rather than being let through unread.
 */
const noCompiler = (): never => {
  throw new Error("Routes declare their schemas in shared/api, not to Fastify");
};
const schemaController = { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } };

/** Builds the app; it neither listens nor owns anything but its routes. */
export const createApp = (deps: AppDeps): FastifyInstance => {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_JSON_BYTES,
    onProtoPoisoning: "ignore",
    onConstructorPoisoning: "ignore",
    exposeHeadRoutes: true,
    schemaController,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, caseSensitive: true },
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack();
      refuse(reply.raw, failure("invalid", "The path is not a valid URL path."));
    },
    ...deps.server,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/(?:[\w.+-]+\+)?json\b/i, { parseAs: "buffer" }, (_request, body, done) => {
    try {
      done(null, decodeJsonBody(Buffer.isBuffer(body) ? body : Buffer.from(body)));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = ofFastify(error) ?? toFailure(error);
    if (status === 500) deps.onBug(error, `${request.method} ${request.routeOptions.url ?? "?"}`);
    void reply.code(status).send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = (request.raw.url ?? "").split("?")[0] ?? "";
    const { status, body } = failure(
      "no_endpoint",
      `No endpoint ${request.method} ${path.slice(0, 200)}: see /api/outpost/docs and the README for what is served.`,
    );
    void reply.code(status).send(body);
  });
  const routeDeps: RouteDeps = { write: deps.write, callerOf: (request) => deps.callerOf(request.raw) };
  mount(app, deps.routes, routeDeps);
  for (const add of deps.mounts) add(app, routeDeps);
  return app;
};
