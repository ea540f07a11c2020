/**
 * The routes that carry an artifact's bytes. They live in a Fastify scope of their own, where a body of any type is
 * handed over as a stream and never parsed or gathered.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Readable } from "node:stream";
import { below, decodePath, parseArtifactPath, parseFilePath } from "../../../shared/artifact-path.ts";
import { type ByteRange, parseRange } from "../../../shared/api/byte-range.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Artifacts } from "../../domain/artifacts/artifacts.ts";
import { failure } from "../errors.ts";
import { sendJson, type RouteDeps } from "../route.ts";
import { sendPieces } from "./send-pieces.ts";
import { fileHeaders } from "./artifact-types.ts";
import { awaitFile, type FarFile, type FarFiles, fetchFor, PATIENCE, type Patience } from "./far-files.ts";
import type { Roots } from "./artifacts.ts";
import { createUpload } from "./upload.ts";

export interface ArtifactFileDeps extends RouteDeps {
  readonly artifacts: Artifacts;
  readonly roots: Roots;
  /** Files whose bytes are on a remote; without it there are none. */
  readonly far?: FarFiles | undefined;
  readonly patience?: Patience;
  /** Whether the disk has room for uploads. */
  readonly canUpload: () => boolean;
  /** Told when a file breaks off because its content is not what it was. */
  readonly onError: (error: unknown) => void;
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

const PROXY = "/2.0/mlflow-artifacts";
const PREFIXES = ["/api", "/ajax-api"] as const;

/** What follows the first `segments` segments of the path, as sent: the router would decode it by rules of its own. */
export const restOfPath = (request: FastifyRequest, segments: number): string => {
  const [path = ""] = (request.raw.url ?? "").split("?");
  return decodePath(
    path
      .split("/")
      .slice(segments + 1)
      .join("/"),
  );
};

/** Parameters of the query string; the first of several wins, as in MLflow. */
const queryOf = (request: FastifyRequest): ((name: string) => string | undefined) => {
  const url = request.raw.url ?? "";
  const query = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?") + 1) : "");
  return (name) => query.get(name) ?? undefined;
};

const required = (value: string | undefined, name: string): string => {
  if (value === undefined || value === "")
    throw new DomainError("invalid", `Missing value for required parameter '${name}'.`);
  return value;
};

type SendDeps = Pick<ArtifactFileDeps, "artifacts" | "far" | "patience" | "onError">;

/** Sends the file at a path, or the range asked for, with the headers that `headersOf` gives it. */
export const createSendFile = (deps: SendDeps, headersOf = fileHeaders) => {
  const { artifacts, far, patience = PATIENCE, onError } = deps;

  const sendHere = (request: FastifyRequest, reply: FastifyReply, path: string) => {
    const file = artifacts.find(path);
    const headers = headersOf(path, file);
    const { range: wanted, "if-range": ifRange, "if-none-match": known } = request.headers;
    if (known === headers["etag"]) return reply.code(304).headers(headers).send();
    const range = parseRange(ifRange === undefined || ifRange === headers["etag"] ? wanted : undefined, file.size);
    if (range === "unsatisfiable") return reply.code(416).header("content-range", `bytes */${file.size}`).send();
    const length = range ? range.end - range.start + 1 : file.size;
    const body = request.method === "HEAD" ? "" : artifacts.read(file, range);
    void reply.headers({ ...headers, "content-length": String(length) });
    if (range) void reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${file.size}`);
    return body instanceof Readable ? sendPieces(reply, body, onError) : reply.send(body);
  };

  /** The rest of a file that has come meanwhile. */
  const restOf = async function* (path: string, range: ByteRange): AsyncGenerator<Buffer<ArrayBuffer>> {
    const body = artifacts.read(artifacts.find(path), range);
    if (body instanceof Readable) yield* body;
    else yield Buffer.from(body);
  };

  const sendFar = async (request: FastifyRequest, reply: FastifyReply, path: string, file: FarFile) => {
    const { size, sha256 } = file;
    const { etag, ...headers } = headersOf(path, { sha256: sha256 ?? "", modified_at: Date.now() });
    const isKnown = sha256 !== null && request.headers["if-none-match"] === etag;
    if (isKnown)
      return reply
        .code(304)
        .headers({ ...headers, etag })
        .send();
    const head = { ...headers, ...(sha256 !== null && { etag }), "content-length": String(size) };
    if (request.method === "HEAD") return reply.headers(head).send("");
    const arriving = fetchFor(reply, file);
    const inParts = request.headers.range !== undefined; // waits for the whole: a range of it is answered from there
    if (await awaitFile(arriving, path, file, inParts ? { ...patience, whole: patience.first } : patience))
      return sendHere(request, reply, path);
    void reply.headers(head);
    const pieces = arriving.pieces({ start: 0, end: size - 1 }, (rest) => restOf(path, rest));
    return sendPieces(reply, pieces, (error) => {
      if (!reply.raw.destroyed) onError(error); // going away is a client's right
    });
  };

  return (request: FastifyRequest, reply: FastifyReply, path: string) => {
    const file = far && artifacts.digestAt(path) === undefined ? far.find(path) : undefined;
    return file ? sendFar(request, reply, path, file) : sendHere(request, reply, path);
  };
};

const createHandlers = (deps: ArtifactFileDeps) => {
  const { artifacts, roots } = deps;
  const sendFile = createSendFile(deps);
  const upload = createUpload(deps);

  return {
    download: async (request, reply) => sendFile(request, reply, parseArtifactPath(restOfPath(request, 4))),
    put: async (request, reply) => {
      await upload(request, parseFilePath(restOfPath(request, 4)));
      return reply.send("");
    },
    remove: async (request, reply) => {
      const path = parseArtifactPath(restOfPath(request, 4));
      if (path === "") return sendFailure(reply, "no_endpoint", "The artifact root itself cannot be deleted");
      await deps.write(deps.callerOf(request), () => artifacts.remove(path));
      return sendJson(reply, {});
    },
    ofRun: async (request, reply) => {
      const query = queryOf(request);
      const path = parseArtifactPath(query("path") ?? required(undefined, "path"));
      const id = query("run_id") || query("run_uuid") || "None"; // MLflow's answer to no id: no run 'None'
      return sendFile(request, reply, below(roots.rootOfRun(id), path));
    },
    ofVersion: async (request, reply) => {
      const query = queryOf(request);
      const path = parseArtifactPath(query("path") ?? required(undefined, "path"));
      const root = roots.rootOfVersion(required(query("name"), "name"), required(query("version"), "version"));
      return sendFile(request, reply, below(root, path));
    },
    ofLoggedModel: async (request, reply) => {
      const wanted = queryOf(request)("artifact_file_path");
      if (!wanted)
        throw new DomainError("bad_request", 'Request must include the "artifact_file_path" query parameter.');
      const path = parseArtifactPath(wanted);
      const { model_id: modelId = "" } = request.params as Record<string, string>;
      return sendFile(request, reply, below(roots.rootOfLoggedModel(modelId), path));
    },
    uploadToRun: async (request, reply) => {
      const query = queryOf(request);
      const runId = query("run_uuid");
      if (!runId) throw new DomainError("invalid", "Request must specify run_uuid.");
      const wanted = query("path");
      if (!wanted) throw new DomainError("invalid", "Request must specify path.");
      const path = parseFilePath(wanted);
      await upload.small(request, () => below(roots.rootOfRun(runId), path));
      return reply.type("application/json").send("");
    },
    noMultipart: async (request, reply) => {
      parseArtifactPath(restOfPath(request, request.url.includes("/presigned/") ? 4 : 5));
      const what = request.method === "GET" ? "download" : "upload";
      return sendFailure(
        reply,
        "not_implemented",
        `Multipart ${what} is not supported for the current artifact repository`,
      );
    },
    noTraces: async (_request, reply) => sendFailure(reply, "no_endpoint", "This server keeps no traces yet"),
  } satisfies Record<string, Handler>;
};

const sendFailure = (reply: FastifyReply, ...args: Parameters<typeof failure>) => {
  const { status, body } = failure(...args);
  return sendJson(reply.code(status), body);
};

/** Mounts the routes that carry bytes, each proxied one under `/api` and `/ajax-api`. */
export const mountArtifacts = (app: FastifyInstance, deps: ArtifactFileDeps): void => {
  const handlers = createHandlers(deps);
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, body, next) => next(null, body));
    const file = (url: string, handler: Handler): unknown =>
      scope.route({ method: ["GET", "HEAD"], url, handler, exposeHeadRoute: false });
    for (const prefix of PREFIXES) {
      const artifacts = `${prefix}${PROXY}/artifacts/*`;
      file(artifacts, handlers.download);
      scope.put(artifacts, handlers.put);
      scope.delete(artifacts, handlers.remove);
      for (const step of ["create", "complete", "abort"])
        scope.post(`${prefix}${PROXY}/mpu/${step}/*`, handlers.noMultipart);
      scope.get(`${prefix}${PROXY}/presigned/*`, { exposeHeadRoute: false }, handlers.noMultipart);
    }
    file("/get-artifact", handlers.ofRun);
    file("/model-versions/get-artifact", handlers.ofVersion);
    file("/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files", handlers.ofLoggedModel);
    scope.post("/ajax-api/2.0/mlflow/upload-artifact", handlers.uploadToRun);
    for (const version of ["2.0", "3.0"])
      scope.get(`/ajax-api/${version}/mlflow/get-trace-artifact`, handlers.noTraces);
    done();
  });
};
