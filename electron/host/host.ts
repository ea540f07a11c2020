/**
 * The host: a session of the data folder with HTTP in front of it. Runs in a worker thread, from either composition root;
 * never imports Electron.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createApp } from "../api/app.ts";
import { createGate } from "../api/gate/gate.ts";
import { createPeerUid } from "../api/gate/peer-uid.ts";
import { adminRoutes } from "./admin-routes.ts";
import { listen, type PortWish } from "./listen.ts";
import type { HostOptions, Ready } from "./protocol.ts";
import { writeServerFile } from "./server-file.ts";
import { openSession, type Session } from "./session.ts";
import type { SyncTuning } from "./sync/create.ts";

export interface Host extends Ready {
  /** Finishes what is under way, puts everything on disk and frees the folder. */
  close(): Promise<void>;
}

export interface HostDeps {
  readonly toPerson: (line: string) => void;
  readonly now?: () => number;
  readonly syncTuning?: SyncTuning;
}

/** How long requests under way may take after a stop was asked for. */
const FINISH_MS = 3_000;
const SWEEP_MS = 20;
const REMEMBERED_PORT = "port";

/** @throws DomainError with one line for a person. */
export const runHost = async (
  options: HostOptions,
  { toPerson, now = Date.now, syncTuning }: HostDeps,
): Promise<Host> => {
  const session = await openSession(options, { now, toPerson, ...(syncTuning && { syncTuning }) });
  try {
    return await serve(session);
  } catch (error) {
    await session.close();
    throw error;
  }
};

const serve = async (session: Session): Promise<Host> => {
  const { settings, folder, log, services, health, now, store, options } = session;
  let port = 0;
  const onCrash = (error: unknown): void => log.fatal({ err: error }, "the host crashed; the log has the cause");
  process.on("uncaughtExceptionMonitor", onCrash); // written at once: the thread ends with the next line
  const secret = randomBytes(32).toString("base64url");
  const gate = createGate({
    port: () => port,
    allowedHosts: settings.allowed_hosts,
    requireToken: settings.require_token,
    tokens: {
      verify: (sent) =>
        isSame(sent, secret) ? { name: "server.json", role: "admin" } : services.domains.access.verify(sent),
    },
    peerUid: createPeerUid(),
    now,
    log,
  });
  const app = createApp({
    routes: [...services.routes, ...adminRoutes(session, gate.callerOf)],
    mounts: services.mounts,
    write: services.writer.write,
    callerOf: gate.callerOf,
    onBug: (error, where) => log.error({ err: error }, `a bug in ${where}`),
    server: gate.fastifyOptions,
  });
  await app.ready();
  const listening = await listen(app.server, portWish(session), settings.host);
  port = listening.port;
  const url = `http://127.0.0.1:${port}`;
  session.announce(url);
  rememberPort(session, listening);
  writeServerFile(folder.server, {
    pid: process.pid,
    port,
    url,
    version: options.version,
    started_at: new Date(now()).toISOString(),
    secret,
  });
  log.info({ url, dataDir: folder.root, version: options.version }, "listening");
  services.sync?.start();
  if (!store.checked && store.left !== "new") void health.checkAfterStart(store.left);

  const close = async (): Promise<void> => {
    const finished = new Promise<void>((resolve) => app.server.once("close", resolve));
    listening.stop();
    await app.close();
    // A connection whose last request is answered now would be kept for the next one.
    const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS);
    const impatient = setTimeout(() => app.server.closeAllConnections(), FINISH_MS);
    await finished;
    clearInterval(sweep);
    clearTimeout(impatient);
    process.off("uncaughtExceptionMonitor", onCrash);
    await session.close();
  };
  return { url, port, dataDir: folder.root, close };
};

/** The secret in `server.json`, which only this OS user can read, speaks for the command line. */
const isSame = (sent: string, secret: string): boolean => {
  const [a, b] = [Buffer.from(sent), Buffer.from(secret)];
  return a.length === b.length && timingSafeEqual(a, b);
};

const portWish = ({ settings, config, meta }: Session): PortWish => {
  if (settings.port !== undefined)
    return {
      fixed: settings.port,
      origin: config.origins.get("port") ?? "port",
      policy: config.policy?.locks.has("port") ? config.policy.place : undefined,
    };
  const remembered = Number(meta.get(REMEMBERED_PORT) ?? Number.NaN);
  return { remembered: Number.isInteger(remembered) ? remembered : undefined };
};

const rememberPort = ({ settings, meta, log }: Session, { port, moved }: { port: number; moved: boolean }): void => {
  if (settings.port !== undefined) return;
  if (moved)
    log.warn(
      `port ${meta.get(REMEMBERED_PORT) ?? ""}, which clients of this store know, is in use: listening on ${port} this time`,
    );
  else if (meta.get(REMEMBERED_PORT) !== String(port)) meta.set(REMEMBERED_PORT, String(port));
};
