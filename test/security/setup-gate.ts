/** A real socket, the real gate, real tokens, and a few plain routes behind it that tell who came through. */
import Fastify from "fastify";
import { onTestFinished } from "vitest";
import { createGate, type GateDeps } from "../../electron/api/gate/gate.ts";
import { createPeerUid } from "../../electron/api/gate/peer-uid.ts";
import { createAccess, type Role } from "../../electron/domain/access/tokens.ts";
import { openWriter } from "../../electron/store/database.ts";
import { createJournal } from "../../electron/store/journal.ts";
import { migrate } from "../../electron/store/migrate.ts";
import { createTokenStore } from "../../electron/store/tokens.ts";
import { createWriter } from "../../electron/store/writer.ts";

const isError = (value: unknown): value is Error => value instanceof Error;

/** Starts it on a free port and stops it when the test ends. */
export const setupGate = async (options: Partial<GateDeps> & { readonly listen?: string } = {}) => {
  const db = openWriter(":memory:");
  migrate(db);
  const journal = createJournal(db, () => 1_700_000_000_000);
  const writer = createWriter(db, journal);
  const access = createAccess({ tokens: createTokenStore(db), journal, now: () => 1_700_000_000_000 });
  const warnings: string[] = [];
  const gate = createGate({
    port: () => port,
    allowedHosts: [],
    requireToken: false,
    tokens: access,
    peerUid: createPeerUid(),
    now: () => Date.now(),
    log: { warn: (_fields, message) => void warnings.push(message) },
    ...options,
  });
  const app = Fastify({ ...gate.fastifyOptions, bodyLimit: 64 * 1024 * 1024, forceCloseConnections: true });
  app.addContentTypeParser("*", (_request, payload, done) => {
    let bytes = 0;
    payload.on("data", (chunk: Buffer) => (bytes += chunk.length));
    payload.on("end", () => done(null, bytes));
    payload.on("error", (error: unknown) => done(isError(error) ? error : new Error(String(error))));
  });
  app.all("/whoami", (req) => gate.callerOf(req.raw));
  app.get("/slow", async () => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return "late";
  });
  app.get("/big", () => Buffer.alloc(32 * 1024 * 1024));
  app.get("/", (_req, reply) => reply.type("text/html").send("<!doctype html><title>Outpost</title>"));
  app.post("/api/2.0/mlflow/runs/search", (req) => gate.callerOf(req.raw));
  app.post("/api/2.0/mlflow/runs/create", (req) => gate.callerOf(req.raw));
  app.post("/api/outpost/v1/admin/token-create", (req) => gate.callerOf(req.raw));
  app.put("/api/2.0/mlflow-artifacts/artifacts/*", (req) => ({ bytes: req.body }));
  await app.listen({ port: 0, host: options.listen ?? "127.0.0.1" });
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  onTestFinished(async () => {
    await app.close();
    db.close();
  });
  const token = async (name: string, role: Role): Promise<string> =>
    (await writer.write({ actor: "test", surface: "test" }, () => access.create(name, role))).secret;
  return { port, app, gate, access, token, warnings, db, writer };
};
