/** Syncing by itself: the scheduler's wishes as jobs, so that they are seen and can be cancelled like any other. */
import { DomainError } from "../../../shared/errors.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import type { Caller } from "../../store/journal.ts";
import type { RemoteRow } from "../../store/sync/rows.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";
import type { Clock } from "../../sync/context.ts";
import type { SyncReport } from "../../sync/report.ts";
import { createScheduler } from "../../sync/scheduler.ts";
import { SYNC_JOB } from "./jobs.ts";

export interface ScheduleDeps {
  readonly state: Pick<SyncStore, "remotes">;
  readonly jobs: Pick<Jobs, "start">;
  readonly clock: Clock;
  readonly pace: number;
  readonly caller: Caller;
  readonly onError: (error: unknown) => void;
}

type Ended = (report: SyncReport | undefined) => void;

export const createSchedule = ({ state, jobs, clock, pace, caller, onError }: ScheduleDeps) => {
  const waiting = new Map<string, Ended[]>();

  const ended = (remote: string, report: SyncReport | undefined): void => {
    const all = waiting.get(remote) ?? [];
    waiting.delete(remote);
    for (const tell of all) tell(report);
  };

  /** Undefined while another sync runs: the next look is soon enough. */
  const sync = async ({ name }: RemoteRow): Promise<SyncReport | undefined> => {
    const end = new Promise<SyncReport | undefined>((tell) => {
      waiting.set(name, [...(waiting.get(name) ?? []), tell]);
    });
    try {
      await jobs.start(SYNC_JOB, { remote: name, what: "both", apply: "accepted", actor: caller.actor }, caller);
    } catch (error) {
      ended(name, undefined);
      if (error instanceof DomainError) return undefined;
      throw error;
    }
    return end;
  };

  const scheduler = createScheduler({
    remotes: state.remotes.list,
    sync,
    clock,
    random: Math.random,
    pace,
    onError,
  });

  return {
    ended,
    start: scheduler.start,
    changed: scheduler.changed,
    nudge: scheduler.nudge,
    stop: async (): Promise<void> => {
      for (const name of waiting.keys()) ended(name, undefined); // a job that is abandoned tells nobody
      await scheduler.stop();
    },
  };
};
