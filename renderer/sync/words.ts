/** What syncing is called in the reader's language: states, outcomes, what to do. Reasons and problems are the server's. */
import type { RemoteInfo, SyncRun } from "../../shared/api/outpost/remotes.ts";
import type { SyncObject, SyncPlanItem } from "../../shared/api/outpost/sync.ts";
import { m } from "../i18n/messages.ts";
import { formatCount } from "../lib/format.ts";

export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

/** The one thing to do about a remote. */
export type RemoteAction = "plan" | "open_plan" | "sync" | "retry" | "token" | "conflicts" | "test" | "resume";

export interface Standing {
  readonly tone: Tone;
  readonly text: string;
  readonly action: RemoteAction | undefined; // undefined: nothing but to wait
}

type Stood = Pick<
  RemoteInfo,
  "state" | "job_id" | "paused" | "first_contact" | "plan" | "mode" | "conflicts" | "ahead" | "behind"
>;

const differs = ({ ahead, behind }: Pick<RemoteInfo, "ahead" | "behind">): string =>
  [
    ...(ahead > 0 ? [m.sync_ahead({ count: ahead, n: formatCount(ahead) })] : []),
    ...(behind > 0 ? [m.sync_behind({ count: behind, n: formatCount(behind) })] : []),
  ].join(" · ");

/** How a remote stands, in one sentence, and the one thing to do: what keeps everything else from going on comes first. */
export const standingOf = (remote: Stood): Standing => {
  if (remote.job_id !== null) return { tone: "busy", text: m.sync_stands_running(), action: undefined };
  if (remote.state === "auth_needed") return { tone: "bad", text: m.sync_stands_auth(), action: "token" };
  if (remote.state === "problem") return { tone: "bad", text: m.sync_stands_problem(), action: "test" };
  if (remote.paused) return { tone: "quiet", text: m.sync_stands_paused(), action: "resume" };
  if (remote.state === "offline") return { tone: "warn", text: m.sync_stands_offline(), action: "retry" };
  if (remote.first_contact && remote.plan !== null)
    return { tone: "warn", text: m.sync_stands_first_plan(), action: "open_plan" };
  if (remote.first_contact) return { tone: "quiet", text: m.sync_stands_new(), action: "plan" };
  if (remote.conflicts > 0)
    return {
      tone: "bad",
      text: m.sync_stands_conflicts({ count: remote.conflicts, n: formatCount(remote.conflicts) }),
      action: "conflicts",
    };
  if (remote.plan !== null && remote.mode === "ask" && remote.ahead + remote.behind > 0)
    return { tone: "warn", text: m.sync_stands_plan(), action: "open_plan" };
  if (remote.ahead + remote.behind > 0) return { tone: "warn", text: `${differs(remote)}.`, action: "sync" };
  return { tone: "good", text: m.sync_stands_same(), action: "sync" };
};

const ACTIONS: Readonly<Record<RemoteAction, () => string>> = {
  plan: m.sync_do_first_plan,
  open_plan: m.sync_do_open_plan,
  sync: m.sync_do_sync,
  retry: m.common_try_again,
  token: m.sync_do_token,
  conflicts: m.sync_do_conflicts,
  test: m.sync_do_test,
  resume: m.common_resume,
};
export const actionText = (action: RemoteAction): string => ACTIONS[action]();

export type ObjectState = SyncObject["state"];
const STATES: Readonly<Record<ObjectState, () => string>> = {
  local: m.sync_state_local,
  queued: m.sync_state_queued,
  inflight: m.sync_state_inflight,
  done: m.sync_state_done,
  uncertain: m.sync_state_uncertain,
  blocked: m.sync_state_blocked,
  conflict: m.sync_state_conflict,
  auth_needed: m.sync_state_auth_needed,
  forbidden: m.sync_state_forbidden,
  remote_gone: m.sync_state_remote_gone,
  remote_only: m.sync_state_remote_only,
  excluded: m.sync_state_excluded,
};
const EXPLAINED: Readonly<Record<ObjectState, () => string>> = {
  local: m.sync_explain_local,
  queued: m.sync_explain_queued,
  inflight: m.sync_explain_inflight,
  done: m.sync_explain_done,
  uncertain: m.sync_explain_uncertain,
  blocked: m.sync_explain_blocked,
  conflict: m.sync_explain_conflict,
  auth_needed: m.sync_explain_auth_needed,
  forbidden: m.sync_explain_forbidden,
  remote_gone: m.sync_explain_remote_gone,
  remote_only: m.sync_explain_remote_only,
  excluded: m.sync_explain_excluded,
};
/** In the order in which a person should look at them. */
const ORDER: readonly ObjectState[] = [
  "conflict",
  "auth_needed",
  "blocked",
  "forbidden",
  "remote_gone",
  "uncertain",
  "excluded",
  "inflight",
  "queued",
  "local",
  "remote_only",
  "done",
];
const isState = (word: string): word is ObjectState => Object.hasOwn(STATES, word);
export const stateText = (state: ObjectState): string => STATES[state]();
export const explained = (state: ObjectState): string => EXPLAINED[state]();

/** The states that some object is in, what needs a person first. */
export const statesOf = (counts: RemoteInfo["states"]): { state: ObjectState; count: number }[] =>
  counts
    .flatMap(({ name, count }) => (isState(name) && count > 0 ? [{ state: name, count }] : []))
    .toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));

/** The one thing to do about an object. */
export type ObjectAction = "sync" | "plan" | "conflict" | "token" | "rights" | "rules" | "files" | "there" | "none";
const OBJECT_ACTIONS: Readonly<Record<ObjectState, ObjectAction>> = {
  local: "sync",
  queued: "sync",
  inflight: "none",
  done: "there",
  uncertain: "sync",
  blocked: "plan",
  conflict: "conflict",
  auth_needed: "token",
  forbidden: "rights",
  remote_gone: "plan",
  remote_only: "files",
  excluded: "rules",
};
export const objectAction = ({ state, files_missing }: Pick<SyncObject, "state" | "files_missing">): ObjectAction => {
  const action = OBJECT_ACTIONS[state];
  if (action === "files" && files_missing === 0) return "there";
  return action === "there" && files_missing > 0 ? "files" : action;
};

const KINDS: Readonly<Record<SyncObject["kind"], () => string>> = {
  experiment: m.common_experiment,
  run: m.common_run,
  registered_model: m.common_model,
  model_version: m.common_version,
};
export const kindText = (kind: SyncObject["kind"]): string => KINDS[kind]();

const OUTCOMES: Readonly<Record<string, () => string>> = {
  done: m.sync_outcome_done,
  partial: m.sync_outcome_partial,
  conflict: m.sync_outcome_conflict,
  offline: m.sync_outcome_offline,
  auth_needed: m.sync_outcome_auth_needed,
  cancelled: m.sync_outcome_cancelled,
  paused: m.sync_outcome_paused,
  waiting: m.sync_outcome_waiting,
  changed: m.sync_outcome_changed,
  failed: m.sync_outcome_failed,
  interrupted: m.sync_outcome_interrupted,
};
/** A word that this page does not know is shown as it is. */
export const outcomeText = (outcome: SyncRun["outcome"]): string =>
  outcome === null ? m.sync_outcome_running() : (OUTCOMES[outcome]?.() ?? outcome);
export const outcomeTone = (outcome: SyncRun["outcome"]): Tone => {
  if (outcome === null) return "busy";
  if (outcome === "done") return "good";
  return outcome === "failed" || outcome === "auth_needed" || outcome === "conflict" ? "bad" : "warn";
};

const WHAT: Readonly<Record<string, () => string>> = {
  push: m.sync_what_push,
  pull: m.sync_what_pull,
  "push,pull": m.sync_what_both,
};
export const whatText = (what: string): string => WHAT[what]?.() ?? what;

const PLAN_ACTIONS: Readonly<Record<SyncPlanItem["action"], () => string>> = {
  create: m.sync_act_create,
  update: m.sync_act_update,
  link: m.sync_act_link,
  remove: m.sync_act_remove,
  download: m.sync_act_download,
  settle: m.sync_act_settle,
  conflict: m.sync_act_conflict,
  exclude: m.sync_act_exclude,
  block: m.sync_act_block,
  gone: m.sync_act_gone,
};
export const planActionText = (action: SyncPlanItem["action"]): string => PLAN_ACTIONS[action]();

const ITEM_OUTCOMES: Readonly<Record<string, () => string>> = {
  done: m.sync_item_done,
  failed: m.sync_item_failed,
  skipped: m.sync_item_skipped,
};
export const itemOutcomeText = (outcome: string): string => ITEM_OUTCOMES[outcome]?.() ?? outcome;

const RIGHTS: Readonly<Record<string, () => string>> = {
  read: m.sync_right_read,
  search: m.sync_right_search,
  write: m.sync_right_write,
  upload: m.sync_right_upload,
  delete: m.sync_right_delete,
};
export const rightText = (right: string): string => RIGHTS[right]?.() ?? right;

/** Where a remote's token is read from. A place that cannot be read is said by the server. */
export const tokenPlaceText = (place: string): string => {
  const at = place.indexOf(":");
  const [word, rest] = at < 0 ? [place, ""] : [place.slice(0, at), place.slice(at + 1)];
  if (word === "file") return m.sync_token_in_file({ path: rest });
  if (word === "variable") return m.sync_token_in_variable({ name: rest });
  if (word === "kept") return m.sync_token_kept();
  return word === "none" ? m.sync_token_none() : rest || place;
};
