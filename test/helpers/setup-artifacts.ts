import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { expect, onTestFinished } from "vitest";
import { mountArtifacts } from "../../electron/api/mlflow/artifact-files.ts";
import { artifactRoutes } from "../../electron/api/mlflow/artifacts.ts";
import { type FarFiles, type Patience, withFarFiles } from "../../electron/api/mlflow/far-files.ts";
import { createApp } from "../../electron/api/app.ts";
import { createBlobs } from "../../electron/artifacts/blobs.ts";
import type { Disk } from "../../electron/artifacts/disk.ts";
import { createArtifacts } from "../../electron/domain/artifacts/artifacts.ts";
import { createSettler, type Limits } from "../../electron/domain/artifacts/settler.ts";
import { createArtifactStore } from "../../electron/store/artifacts.ts";
import { createBlobJournal } from "../../electron/store/blob-journal.ts";
import { openWriter, type Database } from "../../electron/store/database.ts";
import { createJournal } from "../../electron/store/journal.ts";
import { migrate } from "../../electron/store/migrate.ts";
import { createWriter } from "../../electron/store/writer.ts";
import { DomainError } from "../../shared/errors.ts";

export const RUN = "0123456789abcdef0123456789abcdef";
export const ROOT = `0/${RUN}/artifacts`;
export const MODEL = "m-0123456789abcdef0123456789abcdef";
export const PROXY = "/api/2.0/mlflow-artifacts/artifacts";

/** A folder that is gone after the test. */
export const setupFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-artifacts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export interface Options {
  disk?: Disk;
  root?: string;
  canUpload?: () => boolean;
  fixedBy?: (path: string) => string | undefined;
  /** A database that was set up before. */
  db?: Database;
  /** With them short bodies go through the journal, whose files come when the test says so. */
  limits?: Partial<Limits>;
  /** Files whose bytes are elsewhere, and how long an answer waits for one. */
  far?: FarFiles;
  patience?: Patience;
}

/** An in-memory database with one run and one logged model; or a file's. */
export const setupDatabase = (path = ":memory:"): Database => {
  const db = openWriter(path);
  migrate(db);
  db.exec(`INSERT INTO runs (run_id, experiment, name, user_id, status) VALUES ('${RUN}', 0, 'r', 'u', 'RUNNING');
    INSERT INTO logged_models (model_id, experiment, name, status, creation_timestamp_ms, last_updated_timestamp_ms)
    VALUES ('${MODEL}', 0, 'm', 1, 0, 0);`);
  return db;
};

/** A settler that begins a pass only when it is told to. */
export const ON_DEMAND: Partial<Limits> = { manyBytes: Infinity, quietMs: 3_600_000, latestMs: 3_600_000 };

/** Store, blobs and domain over a real database. */
export const setupArtifacts = ({ disk, root = setupFolder(), fixedBy, db = setupDatabase(), limits }: Options = {}) => {
  const clock = { now: 1_700_000_000_000 };
  const journal = createJournal(db, () => clock.now);
  const writer = createWriter(db, journal);
  const store = createArtifactStore(db);
  const blobJournal = createBlobJournal(db);
  const blobs = createBlobs({ root, journal: blobJournal, ...(disk ? { disk } : {}) });
  const write = <T>(job: () => T): Promise<T> => writer.write({ actor: "uid:1", surface: "test" }, job);
  const settleErrors: unknown[] = [];
  const settler = createSettler({
    journal: blobJournal,
    blobs,
    write,
    onError: (error) => void settleErrors.push(error),
    limits: limits ?? ON_DEMAND,
  });
  const artifacts = createArtifacts({
    store,
    blobs,
    journal,
    now: () => clock.now,
    ...(limits ? { settler } : {}),
    ...(fixedBy ? { fixedBy } : {}),
  });
  /** Stores a text as an artifact, as an upload does. */
  const put = async (path: string, text: string | Uint8Array): Promise<string> => {
    const blob = await artifacts.receive(chunksOf(Buffer.from(text)), {});
    await write(() => artifacts.put(path, blob));
    blob.release();
    return blob.sha256;
  };
  return {
    db,
    clock,
    now: () => clock.now,
    journal,
    writer,
    write,
    store,
    blobs,
    blobJournal,
    settler,
    settleErrors,
    artifacts,
    root,
    put,
  };
};

export const chunksOf = async function* (...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
};

export const portOf = (app: FastifyInstance): number => (app.server.address() as AddressInfo).port;

/** The same behind HTTP, for `inject`. */
export const setupArtifactApi = (options: Options = {}) => {
  const parts = setupArtifacts(options);
  const roots = {
    rootOfRun: (id: string) => {
      if (id !== RUN) throw new DomainError("not_found", `Run with id=${id} not found`);
      return ROOT;
    },
    rootOfLoggedModel: (id: string) => {
      if (id !== MODEL) throw new DomainError("not_found", `Logged model with ID '${id}' not found.`);
      return `0/models/${MODEL}/artifacts`;
    },
    rootOfVersion: (name: string, version: string) => {
      if (name !== "model" || version !== "1")
        throw new DomainError("not_found", `Model Version (name=${name}, version=${version}) not found`);
      return `${ROOT}/model`;
    },
  };
  const caller = { actor: "uid:1", surface: "mlflow" };
  const write = parts.writer.write;
  const errors: unknown[] = [];
  const files = {
    onError: (error: unknown) => void errors.push(error),
    write,
    callerOf: () => caller,
    artifacts: parts.artifacts,
    roots,
    canUpload: options.canUpload ?? (() => true),
    far: options.far,
    ...(options.patience && { patience: options.patience }),
  };
  const app = createApp({
    routes: artifactRoutes(options.far ? withFarFiles(parts.artifacts, options.far) : parts.artifacts, roots),
    mounts: [(instance) => mountArtifacts(instance, files)],
    write,
    callerOf: () => caller,
    onBug: () => {},
  });
  onTestFinished(() => app.close());
  /** Sends a path exactly as it is written, over a socket: `inject` would tidy its dots away. */
  const sendRaw = async (
    method: string,
    path: string,
    body = "",
  ): Promise<{ statusCode: number; json: () => unknown }> => {
    if (!app.server.listening) await app.listen({ port: 0, host: "127.0.0.1" });
    const { promise, resolve, reject } = Promise.withResolvers<{ statusCode: number; json: () => unknown }>();
    const request = httpRequest(
      { port: portOf(app), method, path, headers: { "content-length": Buffer.byteLength(body) } },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({ statusCode: response.statusCode ?? 0, json: (): unknown => JSON.parse(text) }),
        );
      },
    );
    request.on("error", reject).end(body);
    return promise;
  };
  return { ...parts, app, sendRaw, errors };
};

/** The same, with short words for the requests that tests of files make. */
export const setupFiles = (options: Options = {}) => {
  const api = setupArtifactApi(options);
  const send = (
    method: "GET" | "HEAD" | "PUT" | "DELETE" | "POST",
    url: string,
    payload?: string | Buffer,
    headers: Record<string, string> = {},
  ) => api.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  const put = (path: string, body: string | Buffer = "x", headers: Record<string, string> = {}) =>
    send("PUT", `${PROXY}/${path}`, body, headers);
  const get = (path: string, headers: Record<string, string> = {}) =>
    send("GET", `${PROXY}/${path}`, undefined, headers);
  return { ...api, send, putFile: put, get };
};

/** Asserts MLflow's answer to a value that can never work. */
export const expectInvalid = (response: { statusCode: number; json: () => unknown }): void => {
  expect([response.statusCode, response.json()]).toMatchObject([400, { error_code: "INVALID_PARAMETER_VALUE" }]);
};
