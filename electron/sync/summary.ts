/** The report of a sync: counted anew from what both sides hold at its end, never summed up from what was meant. */
import { LONGEST_REST_MS } from "./plan-object.ts";
import { MOST_LISTED, type SyncCounts, type SyncOutcome, type SyncReport, type Unfinished } from "./report.ts";
import { workOf, type Course } from "./sync-run.ts";

/** What is not tried before its time, so that no plan has it. A time further ahead is of a clock that was set back since. */
const restingOf = ({ deps, request, row, startedAt }: Course): readonly Unfinished[] => {
  if (!request.what.includes("push")) return [];
  const now = deps.clock.now();
  // a rest that ended while the sync went on was not tried either
  const from = Math.min(startedAt, now);
  const resting = deps.state.candidates.resting(row.id, from, now + LONGEST_REST_MS, MOST_LISTED);
  return resting.map(({ kind, uid, remote_id, reason, next_at }) => ({
    kind,
    uid,
    remote_id,
    label: deps.local.read({ kind, uid })?.label ?? uid,
    state: "queued",
    reason: `${reason ?? "It failed"}; it is tried again at ${new Date(next_at).toISOString()}`,
  }));
};

const unfinishedOf = (course: Course): readonly Unfinished[] => {
  const all = new Map(course.said.map((one) => [`${one.kind}/${one.uid ?? one.remote_id ?? ""}`, one]));
  const { deps, row, tally } = course;
  const isDone = ({ kind, uid }: Unfinished): boolean =>
    uid !== null && deps.state.objects.find(row.id, { kind, uid })?.state === "done"; // by a later round
  for (const [key, one] of tally.unfinished) if (!isDone(one)) all.set(key, one);
  for (const one of restingOf(course)) all.set(`${one.kind}/${one.uid ?? ""}`, one);
  return [...all.values()].slice(0, MOST_LISTED);
};

const countsOf = (course: Course): SyncCounts => {
  const { deps, row, tally, calls } = course;
  const { state } = deps;
  const states = state.objects.counts(row.id);
  const { ahead, behind } = state.candidates.counts(row.id);
  const isThere = (key: string): boolean => {
    const [kind, uid] = [tally.kinds.get(key), key];
    const found = kind && state.objects.find(row.id, { kind, uid });
    return found?.remote_id != null && found.state === "done";
  };
  return {
    pushed: [...tally.pushed].filter(isThere).length,
    pulled: course.pulled,
    settled: course.settled,
    conflicts: state.conflicts.open(row.id).length,
    blocked: (states.blocked ?? 0) + (states.forbidden ?? 0),
    excluded: states.excluded ?? 0,
    gone: states.remote_gone ?? 0,
    duplicates: course.push.session.duplicates.size,
    ahead,
    behind,
    files_up: tally.files,
    files_down: course.files?.files ?? 0,
    bytes_up: tally.bytes,
    bytes_down: course.files?.bytes ?? 0,
    calls: calls.calls,
    writes: calls.writes,
    rounds: course.rounds,
  };
};

interface Ending {
  readonly outcome: SyncOutcome;
  readonly problem: string | null;
}

const endingOf = (course: Course, unfinished: readonly Unfinished[], counts: SyncCounts): Ending => {
  if (course.end) return course.end;
  const open = unfinished.filter(({ state }) => state !== "conflict");
  const [first] = open;
  if (first) {
    const others = open.length > 1 ? `, and ${open.length - 1} more` : "";
    return { outcome: "partial", problem: `${first.label}: ${first.reason}${others}` };
  }
  const waits = course.last ? workOf(course.last.plan) : 0;
  if (waits > 0 && course.request.apply !== "plan")
    return { outcome: "partial", problem: `${waits} objects changed meanwhile: they are the next sync's` };
  const [file] = course.files?.problems ?? [];
  if (file !== undefined) return { outcome: "partial", problem: file };
  const files = course.files?.left ?? 0;
  if (files > 0) return { outcome: "partial", problem: `${files} files are still to come` };
  if (counts.conflicts > 0)
    return {
      outcome: "conflict",
      problem: `${counts.conflicts} fields were changed on both sides: decide which holds`,
    };
  const [moved] = unfinished; // what was in conflict in the plan, and was another thing when its turn came
  if (moved) return { outcome: "partial", problem: `${moved.label}: ${moved.reason}` };
  return { outcome: "done", problem: null };
};

/** How a remote's row names an end. */
const STATES: Readonly<Partial<Record<SyncOutcome, string>>> = {
  offline: "offline",
  auth_needed: "auth_needed",
  failed: "problem",
};

/** Whether a sync that planned nothing is worth a line of history: it brought files, or ended what had gone wrong. */
const isWellAgain = ({ deps, row, files }: Course): boolean => {
  const [last] = deps.state.runs.list(row.id, 1);
  return (files?.files ?? 0) > 0 || (last !== undefined && last.outcome !== "done");
};

/** Recounts, writes down that it was checked and, where something was done or went wrong, a line of history. */
export const conclude = async (course: Course): Promise<SyncReport> => {
  const { deps, request, row } = course;
  const counts = countsOf(course);
  const unfinished = unfinishedOf(course);
  const { outcome, problem } = endingOf(course, unfinished, counts);
  const endedAt = deps.clock.now();
  const state = STATES[outcome] ?? "ok";
  const isRepeated = outcome === "offline" && row.state === "offline";
  const isNews =
    !isRepeated && request.apply !== "plan" && outcome !== "paused" && (outcome !== "done" || isWellAgain(course));
  await deps.local.write(() => {
    const isMet = state === "ok" && outcome !== "paused" && outcome !== "cancelled";
    deps.state.remotes.update(row.id, {
      ...(isMet && { checked_at: endedAt }),
      ...(outcome !== "paused" && outcome !== "cancelled" && { state, problem: state === "ok" ? null : problem }),
    });
    const history =
      course.history ??
      (isNews ? deps.state.runs.begin(row.id, request.what, request.actor, course.startedAt) : undefined);
    if (history !== undefined) deps.state.runs.end(history, outcome, problem, { ...counts }, endedAt);
  });
  return {
    remote: row.name,
    what: request.what,
    outcome,
    problem,
    plan: course.plan,
    counts,
    unfinished,
    remarks: [...course.remarks, ...course.push.session.remarks].slice(0, MOST_LISTED),
    started_at: course.startedAt,
    ended_at: endedAt,
  };
};
