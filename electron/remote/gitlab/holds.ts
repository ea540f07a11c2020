/**
 * What GitLab can hold natively. It refuses nothing politely: a model with a wrong name leaves an experiment behind that
 * stands in the way of the right one, a batch takes blanks that nobody can write singly. So all is checked here first.
 */
import { isSemver, SEMVER_TAG } from "../../../shared/semver/semver.ts";
import type { Point, SyncKind } from "../../../shared/sync/doc.ts";
import { MARKER, NOTE_PREFIX } from "../remote.ts";
import { hasName } from "./file-names.ts";
import { isOfModel, MODEL_TAG, versionTag } from "./ids.ts";

type Answer = true | string;

const KEY = 250;
const TAG_VALUE = 5000;
const PARAM_VALUE = 250;
const NAME = 255;
const DESCRIPTION = 10_000;
/** Keys that come later get a prefix; a version's has its id in it, of up to 20 digits. */
const KEY_OF: Readonly<Record<SyncKind, number>> = {
  experiment: KEY,
  run: KEY,
  registered_model: KEY - MODEL_TAG.length,
  model_version: KEY - versionTag("").length - 20,
};

const MODEL_NAME = /^@?(?:[\w\-.+]+\/)*[\w\-.]+$/;
const STATUSES: readonly string[] = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];
const MILLISECONDS = /^(?:0|[1-9]\d{0,15})$/;

const isBlank = (value: string): boolean => /^\s*$/u.test(value);

/** What any text has to be that GitLab's database keeps as it is. */
const keeps = (value: string, max: number, what: string): Answer => {
  if (isBlank(value)) return `GitLab keeps no blank ${what}.`;
  if (!value.isWellFormed() || value.includes("\0")) return `GitLab keeps no ${what} that is not valid text.`;
  return [...value].length <= max || `GitLab keeps at most ${max} characters of a ${what}.`;
};

const all = (...answers: readonly Answer[]): Answer => answers.find((answer) => answer !== true) ?? true;

/** What can be written only once: a param, a tag, a name. */
const once = (now: string | undefined, what: string, value: () => Answer): Answer =>
  now === undefined ? value() : `GitLab writes a ${what} only once.`;

const tag = (kind: SyncKind, key: string, value: string, now: string | undefined): Answer => {
  if (kind === "run" && key === "gitlab.CI_JOB_ID")
    return "The tag gitlab.CI_JOB_ID has to name a job of that very GitLab project.";
  if (kind === "model_version" && key === SEMVER_TAG)
    return "On GitLab this tag is the version's number itself and no tag beside it.";
  return once(now, "tag", () => all(keeps(key, KEY_OF[kind], "tag's key"), keeps(value, TAG_VALUE, "tag's value")));
};

const runTag = (key: string, value: string, now: string | undefined): Answer =>
  key === MARKER || key.startsWith(NOTE_PREFIX)
    ? "Notes of a version stand where a listing of models shows them."
    : tag("run", key, value, now);

const param = (key: string, value: string, now: string | undefined): Answer =>
  once(now, "parameter", () => all(keeps(key, KEY, "parameter's key"), keeps(value, PARAM_VALUE, "parameter's value")));

const modelName = (value: string): Answer =>
  MODEL_NAME.test(value) || "On GitLab a model's name has letters, digits and - . _ + in parts between slashes only.";

const experimentName = (value: string): Answer =>
  !isOfModel(value) || "On GitLab an experiment whose name begins with [model] belongs to a model.";

const name = (kind: SyncKind, value: string, now: string | undefined): Answer =>
  once(now, "name", () =>
    all(
      keeps(value, NAME, "name"),
      kind === "registered_model" ? modelName(value) : true,
      kind === "experiment" ? experimentName(value) : true,
    ),
  );

const ofRun = (field: string, value: string, now: string | undefined): Answer => {
  if (field === "status") return STATUSES.includes(value) || `GitLab knows no status ${value}.`;
  if (field === "end_time") return MILLISECONDS.test(value) || "GitLab takes whole milliseconds only.";
  if (field !== "start_time") return `GitLab has no place for ${field} of a run.`;
  return once(now, "start time", () => (MILLISECONDS.test(value) && value !== "0") || "GitLab takes 0 for no start.");
};

const plain = (kind: SyncKind, field: string, value: string, now: string | undefined): Answer => {
  if (field === "name" && kind !== "model_version") return name(kind, value, now);
  if (kind === "run") return ofRun(field, value, now);
  if (field === "description" && kind !== "experiment") return keeps(value, DESCRIPTION, "description");
  if (field === "semver" && kind === "model_version")
    return once(now, "version", () =>
      all(keeps(value, NAME, "version"), isSemver(value) || "It is no semantic version, which GitLab insists on."),
    );
  return `GitLab has no place for ${field} of a ${kind.replace("_", " ")}.`;
};

const unset = (kind: SyncKind, field: string): Answer =>
  (kind === "registered_model" && field === "description") || `GitLab cannot take away ${field} once it is set.`;

/** `Remote.holds` */
export const holds = (kind: SyncKind, field: string, value: string | null, now: string | undefined): Answer => {
  if (value === (now ?? null)) return true;
  if (value === null) return unset(kind, field);
  const slash = field.indexOf("/");
  const [head, key] = slash < 0 ? [field, ""] : [field.slice(0, slash), field.slice(slash + 1)];
  const hasRun = kind === "run" || kind === "model_version";
  if (slash < 0) return plain(kind, field, value, now);
  if (head === "tag") return tag(kind, key, value, now);
  if (head === "param" && hasRun) return param(key, value, now);
  if (head === "run_tag" && kind === "model_version") return runTag(key, value, now);
  return `GitLab has no place for ${head} of a ${kind.replace("_", " ")}.`;
};

const INT32 = 2n ** 31n;

/** `Remote.holdsPoint` */
export const holdsPoint = ({ key, value, timestamp, step }: Point): Answer => {
  if (!Number.isFinite(value)) return "GitLab keeps finite values only.";
  const at = BigInt(step);
  if (at >= INT32 || at < -INT32) return "On GitLab a step has 32 bits.";
  if (!Number.isSafeInteger(Number(timestamp))) return "GitLab keeps no time that far away.";
  return keeps(key, KEY, "metric's key");
};

/** `Remote.holdsFile`: what does not fit into a name of GitLab is escaped. */
export const holdsFile = (path: string): Answer =>
  hasName(path) || "A file's path has no empty parts, and none that is '.' or '..'.";
