/**
 * Which runs are being logged to. A run that says RUNNING may be one whose script died days ago, so it also has to have
 * been written to of late. That is known by the store's revision of a while ago: a commit costs a look at the clock.
 */
import type { LiveRuns } from "../../../shared/api/outpost/live-runs.ts";
import type { ChangeViews } from "../../store/views/changes.ts";

export interface LiveRunsDeps {
  readonly changes: Pick<ChangeViews, "rev" | "runningSince">;
  readonly subscribe: (listener: () => void) => () => void;
  readonly now: () => number;
}

const RECENT_MS = 15 * 60_000;
const SAMPLE_MS = 60_000;
const MOST = 100;

/** A script that has not logged since this host started is not known to be alive. */
export const createLiveRuns = ({ changes, subscribe, now }: LiveRunsDeps): (() => LiveRuns) => {
  let samples = [{ time: now(), rev: changes.rev() }];

  subscribe(() => {
    const time = now();
    const last = samples.at(-1);
    if (last && time - last.time < SAMPLE_MS) return;
    samples.push({ time, rev: changes.rev() });
    // The newest one that is old enough is the last that will ever be asked for.
    const old = samples.findLastIndex((sample) => time - sample.time >= RECENT_MS);
    if (old > 0) samples = samples.slice(old);
  });

  return () => {
    const time = now();
    const since = samples.findLast((sample) => time - sample.time >= RECENT_MS) ?? samples[0];
    return { runs: changes.runningSince(since?.rev ?? 0, MOST) };
  };
};
