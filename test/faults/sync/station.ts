/** A workstation as a process: its folder outlives it, and all that is asked of it goes over HTTP. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { node24, projectRoot } from "../../helpers/outpost-process.ts";
import { type ServerProcess, startServer } from "../../helpers/server-process.ts";

/** Short waits, and yet far longer than what a loaded machine takes for one call. */
export const PACE = 0.04;

/** What Node made of the sources: a process that finds it there starts in half the time. */
const COMPILED = join(projectRoot, ".cache/compiled");

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks into what it asked for
export type Json = any;

export interface StationStart {
  /** Ends at this step, as by kill -9: `create/answered#3`. */
  readonly killAt?: string;
  readonly clockOffset?: number;
  readonly pace?: number;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const startHost = (folder: string, { killAt, clockOffset, pace = PACE, env }: StationStart): Promise<ServerProcess> =>
  startServer({
    command: node24,
    args: [...process.execArgv, join(import.meta.dirname, "host.ts")],
    env: {
      FOLDER: join(folder, "data"),
      STEPS_FILE: join(folder, "steps"),
      PACE: String(pace),
      NODE_COMPILE_CACHE: COMPILED,
      ...(killAt !== undefined && { KILL_AT: killAt }),
      ...(clockOffset !== undefined && { CLOCK_OFFSET: String(clockOffset) }),
      ...env,
    },
    timeoutMs: 60_000,
    addressIn: (output) => /^listening on (http:\S+)$/m.exec(output)?.[1],
  });

export interface SyncEnd {
  readonly outcome: string;
  readonly problem: string;
}

export type Station = Awaited<ReturnType<typeof startStation>>;

/** A connection of its own for each call: one that was kept may be of a process that has just ended. */
export const fetchOnce = (url: string, init: RequestInit = {}): Promise<Response> => {
  const headers = new Headers(init.headers);
  headers.set("connection", "close");
  return fetch(url, { ...init, headers });
};

const ask = async (url: string, init: RequestInit): Promise<Json> => {
  const response = await fetchOnce(url, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${init.method ?? "GET"} ${url}: ${String(response.status)} ${text.slice(0, 500)}`);
  return text === "" ? {} : JSON.parse(text);
};

/**
 * Whether a sync found no connection to a double that was there: at the pace of a play four tenths of a second are the
 * longest that one may take, and a process may get no turn for that long on a machine that is busy with much else.
 */
export const isStarved = ({ outcome, problem }: SyncEnd): boolean =>
  outcome === "offline" && /^No connection to \S+ within/.test(problem);

/** Resolves when what was asked for ends with the process. */
export const untilDead = (asked: Promise<unknown>): Promise<void> =>
  asked.then(
    () => Promise.reject(new Error("it lived to the end of what it was asked for")),
    (error: unknown) => {
      if (!(error instanceof TypeError)) throw error; // fetch's word for a broken connection
    },
  );

/** Starts a host on a new folder, or on `folder`. */
export const startStation = async (start: StationStart = {}, folder = mkdtempSync(join(tmpdir(), "outpost-sync-"))) => {
  let host = await startHost(folder, start);
  let offset = start.clockOffset ?? 0;
  let output = "";
  const ends: SyncEnd[] = [];
  const call = (method: string, path: string, body?: unknown): Promise<Json> =>
    ask(host.url + path, {
      method,
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  const sync = (method: string, path: string, body?: unknown): Promise<Json> =>
    call(method, `/api/outpost/v1/sync/${path}`, body);
  const remote = async (name = "team"): Promise<Json> =>
    (await sync("GET", "remotes")).remotes.find((each: Json) => each.name === name);

  const endOf = async (job_id: unknown): Promise<Json> => {
    for (;;) {
      const job = await call("GET", `/api/outpost/v1/jobs/${String(job_id)}`);
      if (job.ended_at !== null && job.ended_at !== undefined) return job;
      await sleep(30);
    }
  };
  /** Waits for the job's end; throws a TypeError when the process ends before. */
  const jobEnd = async (path: string, body: unknown): Promise<Json> => {
    const { job_id } = await sync("POST", path, body);
    return endOf(job_id);
  };
  const last = async (): Promise<SyncEnd> => {
    const { last: run } = await remote();
    return { outcome: run?.outcome ?? "none", problem: run?.problem ?? "" };
  };
  return {
    folder,
    /** What its clock shows. */
    now: () => Date.now() + offset,
    dataDir: join(folder, "data"),
    url: () => host.url,
    pid: () => host.pid,
    output: () => output + host.output(),
    /** How each sync ended, the oldest first. */
    ends: (): readonly SyncEnd[] => ends,
    /** Names of the steps so far, as they came. */
    steps: (): readonly string[] => {
      const path = join(folder, "steps");
      return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
    },
    call,
    sync,
    remote,
    mlflow: (path: string, body: unknown): Promise<Json> => call("POST", `/api/2.0/mlflow/${path}`, body),
    putFile: async (run: Json, path: string, bytes: Buffer | string): Promise<void> => {
      const { experiment_id, run_id } = run.info;
      const address = `${host.url}/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/${path}`;
      const body = typeof bytes === "string" ? bytes : new Uint8Array(bytes);
      const response = await fetchOnce(address, { method: "PUT", body });
      if (!response.ok) throw new Error(`${address}: ${await response.text()}`);
    },
    addRemote: (more: object): Promise<Json> =>
      sync("POST", "remotes", { name: "team", kind: "gitlab", project: "team/models", ...more }),
    /** What a job with a bundle came to. */
    bundle: async (path: string, body: object): Promise<Json> => {
      const { ticket, job } = await call("POST", `/api/outpost/v1/bundles/${path}`, body);
      const ended = await endOf(job.job_id);
      if (ended.state !== "done") throw new Error(`bundle ${path}: ${JSON.stringify(ended).slice(0, 1_000)}`);
      return call("GET", `/api/outpost/v1/bundles/results/${String(ticket)}`);
    },
    /** Drops a bundle's file to be taken in. */
    putBundle: async (name: string, bytes: Buffer): Promise<void> => {
      const address = `${host.url}/api/outpost/v1/bundles/incoming/${name}`;
      const response = await fetchOnce(address, { method: "PUT", body: new Uint8Array(bytes) });
      if (!response.ok) throw new Error(`${address}: ${await response.text()}`);
    },
    plan: (): Promise<Json> => jobEnd("plans", { remote: "team" }),
    /** One sync; a first contact is accepted with it. */
    run: async (more: object = {}): Promise<SyncEnd> => {
      await jobEnd("start", { remote: "team", accept: true, ...more });
      const end = await last();
      ends.push(end);
      return end;
    },
    last,
    /** Resolves when the process is gone after it was asked to sync; asks again where it found no connection. */
    runUntilDead: async (more: object = {}): Promise<void> => {
      for (let n = 0; n < 5; n++) {
        const asked = jobEnd("start", { remote: "team", accept: true, ...more });
        const isDead = await untilDead(asked).then(
          () => true,
          async (error: unknown) => {
            const end = await last();
            ends.push(end);
            if (isStarved(end)) return false;
            throw error;
          },
        );
        if (isDead) return;
      }
      throw new Error("it found no connection, again and again");
    },
    restart: async (next: StationStart = {}): Promise<void> => {
      await host.kill();
      output += host.output();
      host = await startHost(folder, next);
      offset = next.clockOffset ?? 0;
    },
    kill: (): Promise<void> => host.kill(),
    stop: async (): Promise<void> => {
      await host.stop();
      output += host.output();
    },
    remove: (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  };
};
