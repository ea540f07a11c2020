/** Takes a request's body in as an artifact: refused early, stored, then named in a write. */
import type { IncomingMessage } from "node:http";
import type { FastifyRequest } from "fastify";
import { Socket } from "node:net";
import { DomainError } from "../../../shared/errors.ts";
import type { Artifacts } from "../../domain/artifacts/artifacts.ts";
import type { ArtifactFileDeps } from "./artifact-files.ts";

type Body = Parameters<Artifacts["receive"]>[0];
type Expected = Parameters<Artifacts["receive"]>[1];

/** Source: mlflow/server/handlers.py upload_artifact_handler. */
const SMALL_LIMIT_BYTES = 10 * 1024 * 1024;

const isBody = (body: unknown): body is Body =>
  typeof body === "object" && body !== null && Symbol.asyncIterator in body;

const noBody: Body = {
  [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true, value: undefined }) }),
};

/** The digest that a client announced. Other algorithms are for others to check. Source: RFC 9530. */
const announcedDigest = (header: string | string[] | undefined): string | undefined => {
  for (const item of String(header ?? "").split(",")) {
    const [, name, value] = /^\s*([\w-]+)\s*=\s*(.*?)\s*$/.exec(item) ?? [];
    if (name?.toLowerCase() !== "sha-256") continue;
    const bytes = Buffer.from(/^:([A-Za-z0-9+/]+=*):$/.exec(value ?? "")?.[1] ?? "", "base64");
    if (bytes.length !== 32)
      throw new DomainError("invalid", "Content-Digest must hold sha-256=:<32 bytes in base64>:");
    return bytes.toString("hex");
  }
  return undefined;
};

const expectedOf = ({ headers, raw }: FastifyRequest): Expected => {
  const length = headers["content-length"];
  const sha256 = announcedDigest(headers["content-digest"]);
  return {
    ...(length === undefined ? {} : { size: Number(length) }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ownsChunks: raw.socket instanceof Socket, // and not a test's request, made of buffers that the test keeps
  };
};

const limited = async function* (body: Body): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > SMALL_LIMIT_BYTES) throw new DomainError("invalid", "Artifact size is too large. Max size is 10MB.");
    yield chunk;
  }
};

/** The body as it comes; giving it up in the middle does not cut the connection that the answer needs. */
const keepOpen = ({ raw }: FastifyRequest): Body => ({
  [Symbol.asyncIterator]: () => raw.iterator({ destroyOnReturn: false }),
});

const skipRest = (raw: IncomingMessage): Promise<void> =>
  new Promise((resolve) => {
    if (raw.readableEnded || raw.destroyed) return resolve();
    raw.once("end", resolve).once("close", resolve);
    raw.resume();
  });

/** Answers a refusal only when the rest of the body was read: most clients send all of it before they read anything. */
export const afterBody = async <T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    await skipRest(request.raw);
    throw error;
  }
};

/** A request's body as a stream, also when it has none. */
export const bodyOf = (request: FastifyRequest): Body => (isBody(request.body) ? keepOpen(request) : noBody);

export const createUpload = ({ artifacts, canUpload, write, callerOf }: ArtifactFileDeps) => {
  const store = async (request: FastifyRequest, path: string, body: Body): Promise<void> => {
    artifacts.assertWritable(path);
    if (!canUpload())
      throw new DomainError(
        "exhausted",
        "The disk of the artifact folder is nearly full: free some space, nothing was stored",
      );
    const blob = await artifacts.receive(body, expectedOf(request));
    try {
      await write(callerOf(request), () => artifacts.put(path, blob));
    } finally {
      blob.release();
    }
  };

  /** Stores the body at `path`. @throws DomainError `invalid` for a path or body that will not do, `exhausted` for a full disk. */
  const upload = (request: FastifyRequest, path: string): Promise<void> =>
    afterBody(request, () => store(request, path, bodyOf(request)));

  /** The same for a body of 1 byte to 10 MiB. `pathOf` may throw; it is asked after the size is known to fit. */
  const small = async (request: FastifyRequest, pathOf: () => string): Promise<void> => {
    const length = Number(request.headers["content-length"] ?? NaN);
    if (length > SMALL_LIMIT_BYTES) throw new DomainError("invalid", "Artifact size is too large. Max size is 10MB.");
    if (!isBody(request.body) || length === 0) throw new DomainError("invalid", "Request must specify data.");
    await afterBody(request, () => store(request, pathOf(), limited(keepOpen(request))));
  };

  return Object.assign(upload, { small });
};
