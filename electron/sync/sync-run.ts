/** One sync from the first look at the remote to the recount: what `createEngine` runs one at a time. */
import type { SyncState } from "../../shared/sync/state.ts";
import { DomainError } from "../../shared/errors.ts";
import type { Probe } from "../remote/remote.ts";
import type { RemoteRow } from "../store/sync/rows.ts";
import { applyPush, createPushTally, type PushRun, type PushTally } from "./apply-push.ts";
import type { SyncContext } from "./context.ts";
import { countCalls, type Calls } from "./counting.ts";
import { download, type DownloadResult } from "./download.ts";
import type { EngineDeps, SyncRequest } from "./engine-types.ts";
import type { Gate } from "./gate.ts";
import { noteVersionClashes } from "./clashes.ts";
import { planSync, type PlannedSync } from "./plan.ts";
import { itemPages } from "./plan-items.ts";
import type { Plan, PlanAction } from "./plan-types.ts";
import { applyPull } from "./pull.ts";
import { recoverAll } from "./recovery.ts";
import { MOST_LISTED, type SyncOutcome, type Unfinished } from "./report.ts";
import { conditions } from "./rules.ts";
import { scan } from "./scan.ts";
import { judge } from "./trouble.ts";

/** Plans that are applied in one sync until both sides say the same. */
export const MOST_ROUNDS = 3;
/** Plans of a remote that are kept. */
const PLANS_KEPT = 20;

/** What of a sync is known so far; the report is made of it, however the sync ends. */
export interface Course {
  readonly deps: EngineDeps;
  readonly request: SyncRequest;
  readonly push: PushRun;
  readonly calls: Calls;
  readonly startedAt: number;
  readonly tally: PushTally;
  readonly remarks: string[];
  row: RemoteRow;
  /** The plan that was applied, or that waits. */
  plan: Plan | null;
  /** The last one made: what is still to be done. */
  last: PlannedSync | undefined;
  /** What that one could only say. */
  said: readonly Unfinished[];
  rounds: number;
  pulled: number;
  settled: number;
  left: number;
  files: DownloadResult | undefined;
  history: number | undefined;
  /** How it ended, when not by having done all it could. */
  end: { readonly outcome: SyncOutcome; readonly problem: string } | undefined;
}

export const rowOf = ({ state, remoteId }: Pick<EngineDeps, "state" | "remoteId">): RemoteRow => {
  const row = state.remotes.list().find(({ id }) => id === remoteId);
  if (!row) throw new DomainError("not_found", "That remote was removed");
  return row;
};

export const startCourse = (deps: EngineDeps, request: SyncRequest, push: PushRun): Course => ({
  deps,
  request,
  push,
  calls: { calls: 0, writes: 0 },
  startedAt: deps.clock.now(),
  tally: createPushTally(),
  remarks: [],
  row: rowOf(deps),
  plan: null,
  last: undefined,
  said: [],
  rounds: 0,
  pulled: 0,
  settled: 0,
  left: 0,
  files: undefined,
  history: undefined,
  end: undefined,
});

const contextOf = ({ deps, request, calls, row, push }: Course, gate: Gate): SyncContext => ({
  row,
  remote: countCalls(deps.remote, calls),
  local: deps.local,
  state: deps.state,
  clock: deps.clock,
  random: deps.random,
  pace: deps.pace,
  signal: request.signal,
  underWay: push.session.underWay,
  conditions: [...conditions, ...deps.conditions()],
  at: deps.at ?? (() => {}),
  turn: () => gate.turn(request.signal),
  progress: request.onProgress ?? (() => {}),
});

/** The rights that are missing for what is asked, each with what it takes. */
const missingFor = (probe: Probe): string | undefined => {
  const write = probe.missing.find(({ right }) => right === "write");
  return probe.rights.includes("write") ? undefined : (write?.why ?? "The token may not write there");
};

/** Looks who is there. Returns why nothing may be sent, if so. */
const meet = async (course: Course, gate: Gate): Promise<string | undefined> => {
  const { deps, request, row } = course;
  request.onProgress?.({ phase: "probe", done: 0, total: undefined });
  const probe = await contextOf(course, gate).remote.probe(request.signal);
  if (row.identity !== null && row.identity !== probe.identity) {
    course.end = {
      outcome: "failed",
      problem:
        `${row.base_url} is another project than before (${probe.title}). Nothing was compared: ` +
        "put the address right, or add it as a remote of its own.",
    };
    return undefined;
  }
  if (row.identity === null || row.title !== probe.title)
    await deps.local.write(() =>
      deps.state.remotes.update(row.id, { identity: probe.identity, title: probe.title, probe }),
    );
  course.row = rowOf(deps);
  return missingFor(probe);
};

/** Whether the plan may be applied; if not, the course has its end. */
const mayApply = async (course: Course, { plan }: PlannedSync): Promise<boolean> => {
  const { deps, request, row } = course;
  const { apply } = request;
  course.plan = plan;
  if (typeof apply === "object" && apply.hash !== plan.hash) {
    const problem = "Something changed since that plan was made: look at the new one";
    course.end = { outcome: "changed", problem };
    return false;
  }
  const isAccepted = row.accepted_at !== null || typeof apply === "object";
  if (apply === "plan" || !isAccepted) {
    if (plan.totals.items > 0)
      course.end = { outcome: "waiting", problem: isAccepted ? "The plan waits" : "The first plan for a remote waits to be accepted" }; // prettier-ignore
    return false;
  }
  if (row.accepted_at === null) {
    await deps.local.write(() => deps.state.remotes.update(row.id, { accepted_at: deps.clock.now() }));
    course.row = rowOf(deps);
  }
  return true;
};

/** Items that change something on a side, or settle it; the others are only said. */
export const workOf = ({ totals }: Plan): number =>
  totals.items - totals.conflicts - totals.excluded - totals.blocked - totals.gone;

const beginHistory = async (course: Course): Promise<void> => {
  const { deps, request, row, startedAt } = course;
  course.history ??= await deps.local.write(() =>
    deps.state.runs.begin(row.id, request.what, request.actor, startedAt),
  );
};

const applyPlan = async (course: Course, gate: Gate, planned: PlannedSync, readOnly: boolean): Promise<void> => {
  if (planned.id === undefined) return;
  const ctx = contextOf(course, gate);
  const { id } = planned;
  if (workOf(planned.plan) > 0) await beginHistory(course);
  const pull = await applyPull(ctx, id, planned.plan.totals.pull.objects);
  course.pulled += pull.pulled;
  course.settled += pull.settled;
  course.left = pull.left;
  course.remarks.push(...pull.problems);
  await noteVersionClashes(ctx, id);
  const part = { plan: id, objects: planned.plan.totals.push.objects };
  if (course.request.what.includes("push") && !readOnly) await applyPush(ctx, part, course.push, course.tally);
  if (ctx.state.plans.find(planned.plan.hash)?.state === "open")
    await ctx.local.write(() => {
      ctx.state.plans.setState(id, "applied");
      ctx.state.plans.prune(course.row.id, PLANS_KEPT);
    });
};

const SAID: Readonly<Partial<Record<PlanAction, SyncState>>> = { conflict: "conflict", block: "blocked" };

/** What a plan can only say, the first of it. */
const saidIn = (ctx: SyncContext, plan: number): readonly Unfinished[] => {
  const said: Unfinished[] = [];
  for (const page of itemPages(ctx, plan))
    for (const { item } of page) {
      const state = SAID[item.action];
      const { kind, uid, remote_id, label, reason } = item;
      if (state) said.push({ kind, uid, remote_id, label, state, reason });
      if (said.length >= MOST_LISTED) return said;
    }
  return said;
};

/** How much has come of a sync: a round that adds nothing to it is the last. */
const yieldOf = ({ tally, pulled, settled, calls }: Course): string =>
  [tally.pushed.size, pulled, settled, calls.writes].join();

const compare = async (course: Course, gate: Gate): Promise<PlannedSync> => {
  const full = course.request.full === true && course.rounds === 0;
  const ctx = contextOf(course, gate);
  const { problems } = await scan(ctx, { full });
  for (const problem of problems) if (!course.remarks.includes(problem)) course.remarks.push(problem);
  const planned = await planSync(ctx, { what: course.request.what });
  course.last = planned;
  course.said = planned.id === undefined ? [] : saidIn(ctx, planned.id);
  return planned;
};

/** Compares and applies until there is nothing left that a sync can do. */
const toFixedPoint = async (course: Course, gate: Gate, denied: string | undefined): Promise<void> => {
  const { apply } = course.request;
  const recover = () => recoverAll(contextOf(course, gate), course.push.session);
  // What an earlier sync left open comes first; only a plan that somebody looked at was made with it open, and is compared so.
  if (apply === "accepted") await recover();
  let planned = await compare(course, gate);
  if (!(await mayApply(course, planned))) return;
  if (typeof apply === "object") await recover();
  const rounds = typeof course.request.apply === "object" ? 1 : MOST_ROUNDS;
  while (course.rounds < rounds) {
    const before = yieldOf(course);
    await applyPlan(course, gate, planned, denied !== undefined);
    course.rounds += 1;
    if (workOf(planned.plan) === 0) return; // what both sides hold was just counted
    planned = await compare(course, gate);
    if (yieldOf(course) === before || planned.plan.totals.items === 0) break;
  }
  const sends = planned.plan.totals.push.objects;
  if (denied !== undefined && sends > 0)
    course.end = { outcome: "partial", problem: `Push: 0 of ${sends} allowed. ${denied}` };
};

/** Nothing ended it, or only what is sent was left out. */
const goesOn = ({ end }: Course): boolean => end === undefined || end.outcome === "partial";

const conduct = async (course: Course, gate: Gate): Promise<void> => {
  if (course.row.paused) {
    course.end = { outcome: "paused", problem: `${course.row.name} is paused` };
    return;
  }
  const denied = await meet(course, gate);
  if (course.end) return;
  await toFixedPoint(course, gate, denied);
  if (course.request.what.includes("pull") && goesOn(course)) {
    course.files = await download(contextOf(course, gate));
    course.remarks.push(...course.files.problems);
  }
};

/** Runs it; what a remote does ends the course, and is not thrown. @throws what nobody expected. */
export const runCourse = async (course: Course, gate: Gate): Promise<void> => {
  try {
    await conduct(course, gate);
  } catch (error) {
    const verdict = judge(error);
    const reason = error instanceof Error ? error.message : String(error);
    if (course.request.signal.aborted)
      course.end = { outcome: "cancelled", problem: "Cancelled: the next sync goes on" };
    else if (verdict?.of === "stop") course.end = { outcome: verdict.outcome, problem: verdict.reason };
    else if (verdict) course.end = { outcome: "partial", problem: reason };
    else throw error;
  }
};
