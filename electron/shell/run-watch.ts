/**
 * Which runs are running, and which have just ended: for the tray and for notifications. One small question every few
 * seconds while the host runs, nothing on the way of a script that logs.
 */
import { ApiError, type Call } from "../../shared/api/client.ts";
import { getRun, listRecentRuns, type RecentRun } from "../../shared/api/outpost/runs.ts";

export interface RunWatchDeps {
  readonly call: Call;
  /** Whether there is a host to ask. */
  readonly isUp: () => boolean;
  readonly now: () => number;
  /** Told of what is no passing trouble of a host that starts or stops. */
  readonly onError: (error: unknown) => void;
}

export interface RunWatch {
  readonly running: readonly RecentRun[];
  /** Calls `listener` when what runs has changed; returns how to stop. */
  onRunning(listener: (running: readonly RecentRun[]) => void): () => void;
  /** Calls `listener` with runs that have just ended; returns how to stop. */
  onEnded(listener: (ended: readonly RecentRun[]) => void): () => void;
  /** Asks now. */
  look(): Promise<void>;
  close(): void;
}

const EVERY_MS = 3_000;
const MOST = 100;
/** Runs that left the list are asked for one by one, not all at once. */
const MOST_ASKED = 20;
/** What ended longer ago was imported or restored, and is no news. */
const NEWS_MS = 60_000;
const ENDED: readonly RecentRun["status"][] = ["FINISHED", "FAILED", "KILLED"];

const hasEnded = ({ status }: Pick<RecentRun, "status">): boolean => ENDED.includes(status);

const isNoHost = (error: unknown): boolean => error instanceof ApiError && error.code === "UNREACHABLE";
const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404;

const isSame = (a: readonly RecentRun[], b: readonly RecentRun[]): boolean =>
  a.length === b.length && a.every((run, i) => run.run_id === b[i]?.run_id && run.run_name === b[i].run_name);

/** Starts to watch, with a first look that tells of nothing. */
export const watchRuns = ({ call, isUp, now, onError }: RunWatchDeps): RunWatch => {
  const onRunning = new Set<(running: readonly RecentRun[]) => void>();
  const onEnded = new Set<(ended: readonly RecentRun[]) => void>();
  let running: readonly RecentRun[] = [];
  /** Seen running and not yet seen ended. */
  const open = new Map<string, RecentRun>();
  /** Ids of the newest runs at the last look; none before the first. */
  let known: ReadonlySet<string> | undefined;

  /** How a run is that is in no list any more; undefined for one that is gone. */
  const stateOf = async (run: RecentRun): Promise<RecentRun | undefined> => {
    try {
      const { status, end_time, lifecycle_stage } = await call(getRun, { run_id: run.run_id });
      return lifecycle_stage === "active" ? { ...run, status, end_time } : undefined;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  };

  const findEnded = async (recent: readonly RecentRun[]): Promise<RecentRun[]> => {
    const listed = new Map([...recent, ...running].map((run) => [run.run_id, run]));
    const ended: RecentRun[] = [];
    let asked = 0;
    for (const [id, run] of open) {
      if (!listed.has(id) && ++asked > MOST_ASKED) continue;
      const state = listed.get(id) ?? (await stateOf(run));
      if (state && !hasEnded(state)) continue;
      open.delete(id);
      if (state) ended.push(state);
    }
    // So short that no look saw it run.
    const missed = recent.filter(
      (run) => known?.has(run.run_id) === false && hasEnded(run) && (run.end_time ?? 0) > now() - NEWS_MS,
    );
    const told = new Set(ended.map(({ run_id }) => run_id));
    return [...ended, ...missed.filter(({ run_id }) => !told.has(run_id))];
  };

  const read = async (): Promise<void> => {
    const { running: list, recent } = isUp()
      ? await call(listRecentRuns, { max_results: MOST })
      : { running: [], recent: [] };
    const before = running;
    running = list;
    if (isUp()) {
      const ended = await findEnded(recent);
      for (const run of list) open.set(run.run_id, run);
      known = new Set([...(known ?? []), ...recent.map(({ run_id }) => run_id)].slice(-2 * MOST));
      if (ended.length > 0) for (const listener of onEnded) listener(ended);
    }
    if (!isSame(before, running)) for (const listener of onRunning) listener(running);
  };

  let looking: Promise<void> | undefined;
  const look = (): Promise<void> =>
    (looking ??= read()
      .catch((error: unknown) => {
        if (!isNoHost(error)) onError(error);
      })
      .finally(() => (looking = undefined)));

  void look();
  const timer = setInterval(() => void look(), EVERY_MS);
  timer.unref();

  const listen =
    <T>(listeners: Set<(value: T) => void>) =>
    (listener: (value: T) => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
  return {
    get running() {
      return running;
    },
    onRunning: listen(onRunning),
    onEnded: listen(onEnded),
    look,
    close: () => clearInterval(timer),
  };
};
