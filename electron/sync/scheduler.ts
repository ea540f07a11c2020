/**
 * When remotes in mode `auto` are synced by themselves: at a start, a little after changes here, every quarter of an
 * hour, and when the network is back. One after another; what needs a person is not tried in a loop.
 */
import type { RemoteRow } from "../store/sync/rows.ts";
import type { Clock } from "./context.ts";
import type { SyncOutcome, SyncReport } from "./report.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** A row of changes is over when none came for so long, or has lasted so long. */
const QUIET = 5 * SECOND;
const MOST_PATIENCE = MINUTE;
const INTERVAL = 15 * MINUTE;
const FIRST_BACKOFF = 30 * SECOND;
/** What waits for a person is looked at now and then all the same: a token's file can be renewed by others. */
const PERSON = 60 * MINUTE;
/** Commits come by the thousand: of changes it is heard once in so long. */
const HEARING = SECOND;
/** Longest sleep at a time: a machine that was asleep is noticed within it. */
const NAP = 30 * SECOND;
const AWAY = 20 * SECOND;

export interface SchedulerDeps {
  readonly remotes: () => readonly RemoteRow[];
  /** Starts a sync of that remote and waits for it; undefined when it could not be started now. */
  readonly sync: (row: RemoteRow) => Promise<SyncReport | undefined>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pace: number;
  readonly onError: (error: unknown) => void;
}

export interface Scheduler {
  start(): void;
  /** Something was changed here. */
  changed(): void;
  /** There is a network again. */
  online(): void;
  /** A remote is worth trying now: a new token, a plan accepted, a pause ended. */
  nudge(remote: string): void;
  stop(): Promise<void>;
}

/** Times are of the monotonic clock, ms. */
interface Due {
  at: number;
  /** The row of changes that it waits out: when it began, when it counts as over. */
  changes: { readonly since: number; readonly over: number } | undefined;
  offline: number; // times in a row
}

/** Without a network changes hurry nothing. */
const timeOf = ({ at, changes, offline }: Due): number =>
  changes === undefined || offline > 0 ? at : Math.min(at, changes.over);

const AFTER: Readonly<Partial<Record<SyncOutcome, number>>> = { auth_needed: PERSON, failed: PERSON };

export const createScheduler = (deps: SchedulerDeps): Scheduler => {
  const { clock, pace, random } = deps;
  const due = new Map<number, Due>();
  const stopped = new AbortController();
  let nap = new AbortController();
  let loop: Promise<void> | undefined;
  let heardAt = -Infinity;

  const autos = (): readonly RemoteRow[] => deps.remotes().filter(({ mode, paused }) => mode === "auto" && !paused);
  const dueOf = ({ id }: RemoteRow): Due => {
    const known = due.get(id) ?? { at: clock.monotonic(), changes: undefined, offline: 0 };
    due.set(id, known);
    return known;
  };
  const wake = (): void => nap.abort();

  const backoff = (times: number): number =>
    (FIRST_BACKOFF + random() * FIRST_BACKOFF) * Math.min(2 ** (times - 1), INTERVAL / FIRST_BACKOFF / 2);

  const syncOne = async (row: RemoteRow): Promise<void> => {
    const next = dueOf(row);
    next.changes = undefined;
    heardAt = -Infinity; // what comes from now on may come too late for this one
    try {
      const report = await deps.sync(row);
      const isOffline = report?.outcome === "offline";
      next.offline = isOffline ? next.offline + 1 : 0;
      const wait = isOffline ? backoff(next.offline) : ((report && AFTER[report.outcome]) ?? INTERVAL);
      next.at = clock.monotonic() + wait * pace;
      if (report?.counts.ahead === 0) next.changes = undefined; // they were its own
    } catch (error) {
      next.at = clock.monotonic() + INTERVAL * pace;
      deps.onError(error);
    }
  };

  /** Sleeps until something is due; true when the machine was away meanwhile. */
  const rest = async (until: number): Promise<boolean> => {
    const wait = Math.max(0, Math.min(until - clock.monotonic(), NAP * pace));
    const before = clock.now();
    nap = new AbortController();
    const signal = AbortSignal.any([nap.signal, stopped.signal]);
    try {
      await clock.sleep(wait, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return clock.now() - before > wait + AWAY * pace;
  };

  const hurry = (rows: readonly RemoteRow[]): void => {
    for (const row of rows) {
      const next = dueOf(row);
      next.offline = 0;
      next.at = clock.monotonic();
    }
    wake();
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const now = clock.monotonic();
      const rows = autos();
      const first = rows.find((row) => timeOf(dueOf(row)) <= now);
      if (first) await syncOne(first);
      else if (await rest(Math.min(...rows.map((row) => timeOf(dueOf(row))), Infinity))) hurry(autos());
    }
  };

  return {
    start: () => {
      loop ??= run().catch(deps.onError);
    },
    changed: () => {
      const now = clock.monotonic();
      if (now - heardAt < HEARING * pace) return;
      heardAt = now;
      for (const row of autos()) {
        const next = dueOf(row);
        const since = next.changes?.since ?? now;
        next.changes = { since, over: Math.min(now + QUIET * pace, since + MOST_PATIENCE * pace) };
      }
      wake();
    },
    online: () => hurry(autos()),
    nudge: (remote) => hurry(autos().filter(({ name }) => name === remote)),
    stop: async () => {
      stopped.abort();
      await loop;
    },
  };
};
