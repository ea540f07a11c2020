/**
 * The host as the shell sees it: a thread of this process that comes back after a crash, or, where another process holds
 * the data folder (`outpost serve`), that one. The window's page never waits for it: it is told of each change.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { addressOf, ApiError, createCall } from "../../shared/api/client.ts";
import { getStatus } from "../../shared/api/outpost/status.ts";
import { DomainError } from "../../shared/errors.ts";
import type { HostState } from "../../shared/shell/signals.ts";
import type { HostOptions } from "../host/protocol.ts";
import { startHost, type RunningHost } from "../host/start.ts";
import type { HostThread, ShellLog } from "./context.ts";

export interface HostThreadDeps {
  readonly options: HostOptions;
  readonly log: ShellLog;
  readonly platform: NodeJS.Platform;
  /** Another file than the host's own thread, for tests. */
  readonly entry?: URL | undefined;
  readonly firstBackoffMs?: number | undefined;
  /** How often a host of another process is looked at. */
  readonly lookMs?: number | undefined;
}

interface Holder {
  readonly url: string;
  readonly port: number;
  readonly secret: string;
}

const LOOK_MS = 3_000;
const MOST_MISSES = 2;

export const createHostThread = (deps: HostThreadDeps): HostThread => {
  const { options, log, entry, firstBackoffMs, lookMs = LOOK_MS } = deps;
  const listeners = new Set<(state: HostState) => void>();
  let state: HostState = { phase: "stopped" };
  let running: RunningHost | undefined;
  let watch: NodeJS.Timeout | undefined;
  let secret: string | undefined;
  let needsProof = false;

  const become = (next: HostState): void => {
    state = next;
    log.info("the host's state", { ...next });
    for (const listener of listeners) listener(next);
  };

  const fail = (error: unknown): void =>
    become({ phase: "failed", reason: error instanceof Error ? error.message : String(error) });

  const origin = (): string | undefined => (state.phase === "running" ? state.url : undefined);

  /** The host's own word for this run, with which its folder's owner speaks. */
  const learnSecret = async (dataDir: string): Promise<void> => {
    const parsed: unknown = JSON.parse(await readFile(join(dataDir, "server.json"), "utf8"));
    if (typeof parsed === "object" && parsed !== null && "secret" in parsed && typeof parsed.secret === "string")
      secret = parsed.secret;
  };

  /** Whether a request without the secret is the owner's: only Linux can tell, and only where no token is asked for. */
  const learnNeed = async (url: string): Promise<void> => {
    const isTold = deps.platform === "linux" && (await fetch(addressOf(getStatus, {}, url))).ok;
    needsProof = !isTold;
  };

  const run = async (host: RunningHost): Promise<void> => {
    const { url, port, dataDir } = host;
    await learnSecret(dataDir);
    await learnNeed(url);
    become({ phase: "running", url, port, dataDir, ours: true });
  };

  const startOurs = async (): Promise<void> => {
    const host = await startHost({
      ...options,
      ...(entry && { entry }),
      ...(firstBackoffMs !== undefined && { firstBackoffMs }),
      toPerson: (line) => log.warn(line.replace(/^outpost: (?:error|warning): /, "")),
      onCrash: (reason) => become({ phase: "restarting", reason }),
      onBack: () => void run(host).catch(fail),
    });
    running = host;
    void host.ended.then((error) => {
      if (running !== host) return;
      running = undefined;
      become(error ? { phase: "failed", reason: error.message } : { phase: "stopped" });
    });
    await run(host);
  };

  /** Follows the host of another process; when that one is gone, ours takes its place. */
  const follow = ({ url, port }: Holder, dataDir: string): void => {
    let misses = 0;
    become({ phase: "running", url, port, dataDir, ours: false });
    const look = async (): Promise<void> => {
      try {
        await call(getStatus, {}, AbortSignal.timeout(lookMs));
        misses = 0;
      } catch {
        misses++; // whatever the reason: what matters is whether it answers again
      }
      if (misses < MOST_MISSES) return void (watch = setTimeout(() => void look(), lookMs));
      watch = undefined;
      await start();
    };
    watch = setTimeout(() => void look(), lookMs);
  };

  const holder = async (): Promise<Holder | undefined> => {
    const { findHolder } = await import("../host/admin.ts"); // brings the store along: only where it is needed
    return findHolder(options);
  };

  const start = async (): Promise<void> => {
    if (running || watch || state.phase === "starting") return;
    become({ phase: "starting" });
    try {
      await startOurs();
    } catch (error) {
      const other = error instanceof DomainError && error.kind === "conflict" ? await holderOrNone() : undefined;
      if (!other) return fail(error);
      secret = other.secret;
      await learnNeed(other.url);
      const { dataFolderOf } = await import("../host/admin.ts");
      follow(other, await dataFolderOf(options));
    }
  };

  const holderOrNone = (): Promise<Holder | undefined> =>
    holder().catch((error: unknown) => {
      log.warn(error instanceof Error ? error.message : String(error));
      return undefined;
    });

  const stop = async (): Promise<boolean> => {
    clearTimeout(watch);
    watch = undefined;
    const host = running;
    running = undefined;
    const inOrder = (await host?.close()) ?? true;
    become({ phase: "stopped" });
    return inOrder;
  };

  const send = (request: Request): Promise<Response> => {
    if (secret !== undefined) request.headers.set("authorization", `Bearer ${secret}`);
    return fetch(request);
  };
  const call: HostThread["call"] = (endpoint, input, signal) => {
    const url = origin();
    if (url === undefined) return Promise.reject(new ApiError("UNREACHABLE", "The host does not run", 0));
    return createCall(url, send)(endpoint, input, signal);
  };

  return {
    get state() {
      return state;
    },
    onState: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    call,
    origin,
    proof: () => (needsProof ? secret : undefined),
    start,
    stop,
  };
};
