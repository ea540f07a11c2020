/** One job while it runs: its state, its progress, its last lines. Tells `onChange` of everything worth showing. */
import { setImmediate as immediate } from "node:timers/promises";
import type { JobLine, JobState } from "../../store/jobs.ts";
import { type JobAt, JobCancelled } from "./job.ts";

/** Lines kept of a job. */
export const MAX_LINES = 500;
const MAX_LINE_LENGTH = 1000;

export type RunningJob = ReturnType<typeof createRunning>;

export const createRunning = (now: () => number, onChange: () => void) => {
  const controller = new AbortController();
  let state: JobState = "running";
  let [done, total]: [number, number | null] = [0, null];
  let at: JobAt | null = null;
  let fresh: JobLine[] = []; // not yet in the store
  let count = 0;
  let waiting: (() => void)[] = [];

  const move = (next: JobState): void => {
    state = next;
    if (next !== "paused") for (const wake of waiting.splice(0)) wake();
    onChange();
  };

  return {
    signal: controller.signal,
    seen: () => ({ state, done, total }),
    at: (): JobAt | null => at,
    progress: (reached: number, of?: number | null, where?: JobAt): void => {
      done = reached;
      if (of !== undefined) total = of;
      at = where ?? null;
      onChange();
    },
    log: (text: string): void => {
      fresh.push({ line: ++count, at: now(), text: text.slice(0, MAX_LINE_LENGTH) });
      if (fresh.length > MAX_LINES) fresh = fresh.slice(-MAX_LINES);
      onChange();
    },
    /** Lines since the last call. */
    takeLines: (): JobLine[] => fresh.splice(0),
    /** Those that could not be written. */
    giveBack: (lines: readonly JobLine[]): void => void fresh.unshift(...lines),
    pause: (): void => void (state === "running" && move("paused")),
    resume: (): void => void (state === "paused" && move("running")),
    cancel: (): void => {
      if (state !== "running" && state !== "paused") return;
      controller.abort();
      move("cancelling");
    },
    turn: async (): Promise<void> => {
      await immediate();
      while (state === "paused") await new Promise<void>((resolve) => waiting.push(resolve));
      if (controller.signal.aborted) throw new JobCancelled();
    },
    isCancelled: (): boolean => controller.signal.aborted,
    /** Lets go of who waits, at a stop of the host. */
    abandon: (): void => {
      controller.abort();
      for (const wake of waiting.splice(0)) wake();
      waiting = [];
    },
  };
};
