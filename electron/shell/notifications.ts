/**
 * Tells of runs that ended while nobody looked. A sweep of hundreds gives a handful of notes: what ends within a moment
 * comes together, and each note makes the next one wait longer, until someone looks again.
 */
import type { RecentRun } from "../../shared/api/outpost/runs.ts";
import type { Preferences } from "../../shared/shell/preferences.ts";
import type { ShellContext, Started } from "./context.ts";
import { plainLabel, runRoute } from "./label.ts";
import type { Phrase } from "./phrases.ts";
import type { RunWatch } from "./run-watch.ts";
import { words } from "./words.ts";

export interface Note {
  readonly title: string;
  readonly body: string;
  readonly route: string;
}

/** Longer than the pause between two looks at the runs: what ends together is told together. */
const GATHER_MS = 3_500;
const FIRST_QUIET_MS = 30_000;
const LONGEST_QUIET_MS = 600_000;
/** Notes whose click is still waited for. */
const MOST_KEPT = 10;

const count = (runs: readonly RecentRun[], status: RecentRun["status"]): number =>
  runs.filter((run) => run.status === status).length;

const titleOf = ({ status, run_name }: RecentRun): Phrase => {
  const name = plainLabel(run_name);
  return status === "FAILED"
    ? words.runFailed(name)
    : status === "KILLED"
      ? words.runKilled(name)
      : words.runFinished(name);
};

/** What is said of runs that ended. Leads to the run, or to what all of them have in common. */
export const noteOf = (runs: readonly RecentRun[], say: (phrase: Phrase) => string): Note | undefined => {
  const [first] = runs;
  if (!first) return undefined;
  if (runs.length === 1)
    return { title: say(titleOf(first)), body: plainLabel(first.experiment_name, 120), route: runRoute(first) };
  const counts = [
    ["FINISHED", words.finished],
    ["FAILED", words.failed],
    ["KILLED", words.killed],
  ] as const;
  const together = runs.every(({ experiment_id }) => experiment_id === first.experiment_id);
  const body = counts.flatMap(([status, phrase]) => {
    const n = count(runs, status);
    return n === 0 ? [] : [say(phrase(n))];
  });
  return {
    title: say(words.runsEnded(runs.length)),
    body: [...(together ? [plainLabel(first.experiment_name)] : []), body.join(", ")].join(" · "),
    route: together ? `/experiments/${encodeURIComponent(first.experiment_id)}` : "/",
  };
};

/** The runs that a person wants to hear of. */
export const wanted = (runs: readonly RecentRun[], choice: Preferences["notifications"]): readonly RecentRun[] =>
  choice === "all" ? runs : choice === "none" ? [] : runs.filter(({ status }) => status !== "FINISHED");

export interface GatherDeps {
  readonly now: () => number;
  /** Calls `work` once after a time; returns how to call it off. */
  readonly after: (ms: number, work: () => void) => () => void;
  readonly isLookedAt: () => boolean;
  readonly tell: (runs: readonly RecentRun[]) => void;
}

/** Collects ends of runs and says when to tell of them. */
export const createGather = ({ now, after, isLookedAt, tell }: GatherDeps) => {
  let waiting: RecentRun[] = [];
  let cancel: (() => void) | undefined;
  let quietMs = FIRST_QUIET_MS;
  let notBefore = -Infinity;

  const flush = (): void => {
    cancel = undefined;
    const runs = waiting;
    waiting = [];
    if (isLookedAt() || runs.length === 0) return;
    notBefore = now() + quietMs;
    quietMs = Math.min(2 * quietMs, LONGEST_QUIET_MS);
    tell(runs);
  };

  return {
    add: (runs: readonly RecentRun[]): void => {
      if (isLookedAt()) return; // the page shows it
      waiting.push(...runs);
      if (waiting.length > 0) cancel ??= after(Math.max(GATHER_MS, notBefore - now()), flush);
    },
    /** Someone looks: what was to be said is seen, and the next note need not wait. */
    looked: (): void => {
      cancel?.();
      cancel = undefined;
      waiting = [];
      quietMs = FIRST_QUIET_MS;
      notBefore = -Infinity;
    },
  };
};

const afterMs = (ms: number, work: () => void): (() => void) => {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Starts to tell. Does nothing on a system without notifications. */
export const startNotifications = (context: ShellContext, watch: RunWatch): Started => {
  const { electron, windows, preferences, log } = context;
  if (!electron.Notification.isSupported()) {
    log.warn("this system shows no notifications");
    return {};
  }
  const kept: { close(): void }[] = []; // one that is forgotten loses its click
  const isLookedAt = (): boolean => windows.all().some((window) => !window.isDestroyed() && window.isFocused());

  const show = (note: Note): void => {
    const notification = new electron.Notification({ title: note.title, body: note.body });
    notification.on("click", () => void windows.show(note.route));
    notification.on("failed", (_event, error) => log.warn("a notification could not be shown", { error }));
    kept.push(notification);
    if (kept.length > MOST_KEPT) kept.shift()?.close();
    notification.show();
  };
  const gather = createGather({
    now: () => Date.now(),
    after: afterMs,
    isLookedAt,
    tell: (runs) => {
      const note = noteOf(runs, (phrase) => context.say(phrase));
      if (note) show(note);
    },
  });
  const stopWatching = watch.onEnded((runs) => gather.add(wanted(runs, preferences.all.notifications)));
  const onFocus = (): void => gather.looked();
  electron.app.on("browser-window-focus", onFocus);
  return {
    dispose: () => {
      stopWatching();
      gather.looked();
      electron.app.off("browser-window-focus", onFocus);
      for (const notification of kept.splice(0)) notification.close();
    },
  };
};
