import type { Job, JobState } from "../../shared/api/outpost/jobs.ts";
import { m } from "../i18n/messages.ts";
import { formatBytes, formatCount, formatPercent } from "../lib/format.ts";

const OVER: ReadonlySet<JobState> = new Set(["done", "failed", "cancelled", "interrupted"]);
export const isOver = ({ state }: Pick<Job, "state">): boolean => OVER.has(state);

/** A job's name in the reader's language; a kind that this page does not know keeps the server's. */
export const titleOf = ({ kind, subject, title }: Pick<Job, "kind" | "subject" | "title">): string => {
  if (kind === "purge")
    return subject === "" ? m.activity_purge() : m.activity_purge_count({ count: Number(subject), n: subject });
  if (kind === "import") return m.activity_import({ path: subject });
  if (kind === "sync") return m.activity_sync({ name: subject });
  if (kind === "sample") return m.activity_sample();
  return kind === "sample-remove" ? m.activity_sample_remove() : title;
};

const words: Record<JobState, () => string> = {
  running: m.activity_running,
  paused: m.activity_paused,
  cancelling: m.activity_cancelling,
  done: m.activity_done,
  failed: m.activity_failed,
  cancelled: m.activity_cancelled,
  interrupted: m.activity_interrupted,
};
export const stateOf = ({ state }: Pick<Job, "state">): string => words[state]();

/** "12 / 40 (30%)", or what was reached where the end is not known. */
export const reachedOf = ({ done, total, unit }: Pick<Job, "done" | "total" | "unit">): string => {
  const show = unit === "bytes" ? formatBytes : formatCount;
  if (total === null) return done > 0 ? show(done) : "";
  return `${show(done)} / ${show(total)} (${formatPercent(total === 0 ? 1 : done / total)})`;
};

const facts: Readonly<Record<string, () => string>> = {
  purged: m.activity_fact_purged,
  blocked: m.activity_fact_blocked,
  bytes_freed: m.activity_fact_bytes_freed,
  bytes_later: m.activity_fact_bytes_later,
  experiments_new: m.activity_fact_experiments_new,
  experiments_present: m.activity_fact_experiments_present,
  runs_new: m.activity_fact_runs_new,
  runs_made: m.activity_fact_runs_made,
  runs_present: m.activity_fact_runs_present,
  logged_models_new: m.activity_fact_logged_models_new,
  registered_models_new: m.activity_fact_registered_models_new,
  model_versions_new: m.activity_fact_model_versions_new,
  metric_points: m.activity_fact_metric_points,
  files: m.activity_fact_files,
  bytes: m.activity_fact_bytes,
};

/** A count of a job's result with its words; zeros say nothing. */
export const factsOf = (
  list: readonly { readonly name: string; readonly count: number }[],
): { text: string; value: string }[] =>
  list.flatMap(({ name, count }) => {
    const word = facts[name];
    if (!word || count === 0) return [];
    return [{ text: word(), value: name.startsWith("bytes") ? formatBytes(count) : formatCount(count) }];
  });
