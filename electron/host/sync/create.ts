/**
 * Syncing, put together: the engine's memory, both sides, the jobs that run it and what the routes are given. Here, and
 * nowhere else, the api and the engine meet.
 */
import type { SyncFacade } from "../../api/outpost/sync.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import type { Unmap } from "../../store/database.ts";
import type { Caller } from "../../store/journal.ts";
import type { SyncLabels } from "../../store/sync/labels.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import type { Condition } from "../../sync/context.ts";
import { createEngine } from "../../sync/engine.ts";
import type { EngineDeps } from "../../sync/engine-types.ts";
import type { Local } from "../../sync/local.ts";
import type { SyncReport } from "../../sync/report.ts";
import type { OpenDeps } from "../../sync/open-file.ts";
import { numbersFor, resolveConflict } from "../../sync/resolve.ts";
import { machineClock } from "./clock.ts";
import { connect } from "./connect.ts";
import { createEngines } from "./engines.ts";
import { createFacade } from "./facade.ts";
import { createSyncJob, SYNC_JOB } from "./jobs.ts";
import { createLedger } from "./ledger.ts";
import { createObjects } from "./objects.ts";
import { createRemotes } from "./remotes.ts";
import { createRemoteTokens } from "./tokens.ts";
import { createSchedule } from "./schedule.ts";
import { toDomainError } from "./trouble.ts";

/** What tests inject. */
export type SyncTuning = Partial<Pick<EngineDeps, "pace" | "partBytes" | "at" | "atCommit">>;

export interface SyncDeps {
  readonly state: SyncStore;
  readonly labels: SyncLabels;
  readonly local: Local;
  readonly unmap: Unmap;
  readonly jobs: Jobs;
  readonly write: <T>(caller: Caller, job: () => T) => Promise<T>;
  readonly now: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For tokens that are kept in the data folder. */
  readonly secretsFolder: string;
  readonly conditions?: () => readonly Condition[];
  readonly onError: (error: unknown) => void;
  readonly tuning?: SyncTuning | undefined;
}

export interface Sync {
  readonly facade: SyncFacade;
  /** What it takes to fetch something from a remote. @throws DomainError as `connect` */
  readonly open: (remote: RemoteRow) => OpenDeps;
  /** What the last sync with this remote reported in this run of the host. */
  readonly reportOf: (remote: string) => SyncReport | undefined;
  /** From now on remotes in mode `auto` are synced by themselves. For the host; a command does one thing and ends. */
  readonly start: () => void;
  /** Something that can be synced was changed here. */
  readonly changed: () => void;
  readonly close: () => Promise<void>;
}

const UNDER_WAY: ReadonlySet<string> = new Set(["running", "paused", "cancelling"]);
const HOST: Caller = { actor: "outpost", surface: "host" };

export const createSync = (deps: SyncDeps): Sync => {
  const { state, labels, local, jobs, write, now, onError, tuning = {} } = deps;
  const clock = machineClock(now);
  const pace = tuning.pace ?? 1;
  const byHost = <T>(job: () => T): Promise<T> => write(HOST, job);
  const tokens = createRemoteTokens({ folder: deps.secretsFolder, env: deps.env });
  const ledger = createLedger({ state, write: byHost, onError });
  const reports = new Map<string, SyncReport>();

  const jobOf = (remote: string): string | null =>
    jobs
      .list(20)
      .jobs.find(({ kind, subject, state: at }) => kind === SYNC_JOB && subject === remote && UNDER_WAY.has(at))
      ?.job_id ?? null;
  const remotes = createRemotes({ state, tokens, jobOf });
  const engines = createEngines({
    rowOf: remotes.find,
    connect: (row) => connect(row, { tokens, clock, random: Math.random, pace, env: deps.env, onCall: ledger.add }),
    build: (one) =>
      createEngine({
        ...one,
        ...tuning,
        local,
        state,
        clock,
        random: Math.random,
        pace,
        conditions: deps.conditions ?? (() => []),
      }),
  });
  const schedule = createSchedule({ state, jobs, clock, pace, onError, caller: HOST });
  jobs.register(
    createSyncJob({
      engineOf: (remote) => Promise.resolve(engines.engineOf(remote)),
      unmap: deps.unmap,
      onReport: (report) => void reports.set(report.remote, report),
      onEnd: schedule.ended,
    }),
  );

  const facade = createFacade({
    state,
    labels,
    remotes,
    objects: createObjects({
      state,
      labels,
      ...remotes,
      numbersOf: (conflict) => [...numbersFor({ state, local }, conflict)],
    }),
    tokens,
    jobs,
    local,
    write,
    now,
    test: async ({ name }) => {
      try {
        return await engines.remoteOf(name).probe();
      } catch (error) {
        throw toDomainError(error);
      }
    },
    drop: engines.drop,
    settle: (id, take, value) => resolveConflict({ state, local, now }, { id, take, value }),
    nudge: schedule.nudge,
  });

  return {
    facade,
    open: ({ id, name }) => ({
      remoteId: id,
      remote: engines.remoteOf(name),
      local,
      state,
      clock,
      random: Math.random,
      pace,
    }),
    reportOf: (remote) => reports.get(remote),
    start: schedule.start,
    changed: schedule.changed,
    close: async () => {
      engines.close(); // a sync under way ends at once, and goes on with the next start
      await schedule.stop();
      await ledger.flush();
    },
  };
};
