import type { Job, JobState } from "../../shared/api/outpost/jobs.ts";
import { m } from "../i18n/messages.ts";
import { formatBytes, formatCount, formatPercent } from "../lib/format.ts";
import { outcomeText } from "../sync/words.ts";

const OVER: ReadonlySet<JobState> = new Set(["done", "failed", "cancelled", "interrupted"]);
export const isOver = ({ state }: Pick<Job, "state">): boolean => OVER.has(state);

/** An opening is told as what is done with which file: "verify carried.tar". */
const bundleTitle = (kind: string, subject: string): string | undefined => {
  if (kind === "bundle-create") return subject === "" ? m.activity_bundle() : m.activity_bundle_for({ name: subject });
  if (kind === "bundle-receipt") return m.activity_bundle_receipt({ name: subject });
  const [action = "", name = ""] = subject.split(" ");
  return OPENINGS[action]?.({ name });
};

const OPENINGS: Readonly<Record<string, (inputs: { name: string }) => string>> = {
  verify: m.activity_bundle_verify,
  plan: m.activity_bundle_plan,
  import: m.activity_bundle_import,
};

/** A job's name in the reader's language; a kind that this page does not know keeps the server's. */
export const titleOf = ({ kind, subject, title }: Pick<Job, "kind" | "subject" | "title">): string => {
  if (kind === "purge")
    return subject === "" ? m.activity_purge() : m.activity_purge_count({ count: Number(subject), n: subject });
  if (kind === "import") return m.activity_import({ path: subject });
  if (kind === "sync" && title.startsWith("Plan ")) return m.activity_plan({ name: subject });
  if (kind === "sync") return m.activity_sync({ name: subject });
  if (kind.startsWith("bundle-")) return bundleTitle(kind, subject) ?? title;
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

/** What the job is at just now: "weights.bin: 12 MB". */
export const atOf = ({ at }: Pick<Job, "at">): string => {
  if (at === null) return "";
  return at.bytes > 0 ? m.activity_at({ name: at.name, bytes: formatBytes(at.bytes) }) : at.name;
};

const BUNDLE_RESULTS: Readonly<Record<string, (inputs: { name: string }) => string>> = {
  made: m.activity_bundle_made,
  verified: m.activity_bundle_verified,
  planned: m.activity_bundle_planned,
  imported: m.activity_bundle_imported,
  "receipt taken": m.activity_bundle_receipt_taken,
  "receipt written": m.activity_bundle_receipt_written,
};

/** What a job came to, in the reader's language where its kind says it in words that are known. */
export const resultText = ({ kind, text }: Pick<Job, "kind" | "text">): string => {
  if (text === null) return "";
  if (kind === "sync") return outcomeText(text);
  const [word = "", name = ""] = text.split(": ", 2);
  return (kind.startsWith("bundle-") ? BUNDLE_RESULTS[word]?.({ name }) : undefined) ?? text;
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
  objects: m.activity_fact_objects,
  pushed: m.activity_fact_pushed,
  pulled: m.activity_fact_pulled,
  files_up: m.activity_fact_files_up,
  files_down: m.activity_fact_files_down,
  bytes_up: m.activity_fact_bytes_up,
  bytes_down: m.activity_fact_bytes_down,
  conflicts: m.activity_fact_conflicts,
  gone: m.activity_fact_gone,
  excluded: m.activity_fact_excluded,
  new: m.activity_fact_new,
  changed: m.activity_fact_changed,
  settled: m.activity_fact_settled,
  moved: m.activity_fact_moved,
};
/** Words of one kind alone: a sync's blocked objects are not a purge's. */
const factsOfKind: Readonly<Record<string, typeof facts>> = { sync: { blocked: m.activity_fact_refused } };

/** A count of a job's result with its words; zeros say nothing. */
export const factsOf = (
  list: readonly { readonly name: string; readonly count: number }[],
  kind = "",
): { text: string; value: string }[] =>
  list.flatMap(({ name, count }) => {
    const word = factsOfKind[kind]?.[name] ?? facts[name];
    if (!word || count === 0) return [];
    return [{ text: word(), value: name.startsWith("bytes") ? formatBytes(count) : formatCount(count) }];
  });
