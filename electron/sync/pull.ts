/**
 * Applies what a plan has for this side: pulls, and what is only to be noted (settled, in conflict, kept back, gone).
 * Every object is one write that shares its commit with others; one that fails fails alone.
 */
import { RemoteError } from "../remote/errors.ts";
import type { SyncContext } from "./context.ts";
import { toState } from "./to-state.ts";
import { createLimit } from "./limit.ts";
import type { LocalRef } from "./local.ts";
import { itemPages, type ItemOfPlan } from "./plan-items.ts";
import type { PlanItem } from "./plan-types.ts";
import { type Applied, type ApplyOptions, applyObject } from "./pull-object.ts";
import { judge } from "./trouble.ts";

/** Objects whose writes share a commit, and how many of them ask the far side at once. */
const AT_ONCE = 100;
const READS_AT_ONCE = 4;
/** Versions of strangers in one pull that are read singly; beyond that they are taken as their listing shows them. */
const DEEP_VERSIONS = 2_000;

export interface PullResult {
  readonly pulled: number;
  readonly settled: number;
  readonly conflicts: number;
  readonly excluded: number;
  readonly blocked: number;
  readonly gone: number;
  /** Moved since the plan was made, or failed for now: the next plan has them again. */
  readonly left: number;
  /** The first hundred. */
  readonly problems: readonly string[];
}

type Tally = { -readonly [key in Exclude<keyof PullResult, "problems">]: number } & { problems: string[] };

const refOf = ({ kind, uid }: PlanItem): LocalRef | undefined => (uid === null ? undefined : { kind, uid });

const SAID = { exclude: "excluded", block: "blocked", gone: "remote_gone" } as const;
const isSaid = (action: PlanItem["action"]): action is keyof typeof SAID => Object.hasOwn(SAID, action);

/** A conflict that is known as it is wants nothing written. */
const isKnownConflict = (ctx: SyncContext, item: PlanItem): boolean => {
  const ref = refOf(item);
  const row = ref && ctx.state.objects.find(ctx.row.id, ref);
  const seen = item.remote_id === null ? undefined : ctx.state.seen.find(ctx.row.id, item.kind, item.remote_id);
  if (!ref || row?.state !== "conflict" || row.fingerprint !== seen?.fingerprint) return false;
  const doc = ctx.local.read(ref);
  const rows = ctx.state.conflicts.ofObject(ctx.row.id, ref);
  return rows.length > 0 && rows.every(({ field, local, resolution }) => resolution === null && (doc?.fields[field] ?? null) === local); // prettier-ignore
};

const apply = async (ctx: SyncContext, item: PlanItem, options: ApplyOptions): Promise<Applied> => {
  const ref = refOf(item);
  if (isSaid(item.action)) {
    if (ref) await toState(ctx, ref, SAID[item.action], item.reason);
    return { outcome: "done", detail: null, problems: item.action === "block" && !ref ? [item.reason] : [] };
  }
  if (item.action === "conflict" && isKnownConflict(ctx, item)) return { outcome: "done", detail: null, problems: [] };
  return applyObject(ctx, item, options);
};

/** What failed, by the one table of it; what stops a sync is thrown on. */
const failed = async (ctx: SyncContext, item: PlanItem, error: unknown): Promise<Applied> => {
  const verdict = judge(error);
  if (!verdict || verdict.of === "stop") throw error;
  const ref = refOf(item);
  if (verdict.of === "object" && ref && ctx.state.objects.find(ctx.row.id, ref))
    await toState(ctx, ref, verdict.state, verdict.reason);
  return { outcome: "failed", detail: verdict.reason, problems: [`${item.label}: ${verdict.reason}`] };
};

const count = (tally: Tally, { item }: ItemOfPlan, { outcome, problems }: Applied): void => {
  for (const problem of problems) if (tally.problems.length < 100) tally.problems.push(problem);
  if (outcome !== "done") tally.left += 1;
  else if (item.direction === "pull") tally.pulled += 1;
  else if (item.action === "settle") tally.settled += 1;
  else if (item.action === "conflict") tally.conflicts += 1;
  else if (item.action === "exclude") tally.excluded += 1;
  else if (item.action === "block") tally.blocked += 1;
  else if (item.action === "gone") tally.gone += 1;
};

/** Parents are done before what is in them; of one object, what is pulled before what is only noted. */
const groups = (page: readonly ItemOfPlan[]): readonly (readonly ItemOfPlan[])[] => {
  const all: ItemOfPlan[][] = [];
  for (const one of page) {
    const last = all.at(-1);
    const joins =
      last !== undefined &&
      last.length < AT_ONCE &&
      last.every(({ item }) => item.kind === one.item.kind && (item.uid === null || item.uid !== one.item.uid));
    if (joins) last.push(one);
    else all.push([one]);
  }
  return all;
};

const isOurs = ({ item, outcome }: ItemOfPlan): boolean => item.direction !== "push" && outcome === null;

interface Ended {
  readonly of: ItemOfPlan;
  readonly applied: Applied;
}

/**
 * Notes what became of each item, one write for a whole group, also for what ended before one of it stopped the sync. A
 * group's write is not waited for before the next group's, whose commit it shares: a stop in between costs that the
 * items are looked at once more, which are taken in by then.
 */
const createOutcomes = (ctx: SyncContext, plan: number) => {
  let last: Promise<void> = Promise.resolve();
  const put = (all: readonly Ended[]): void => {
    for (const { of, applied } of all) ctx.state.plans.setOutcome(plan, of.seq, applied.outcome, applied.detail);
  };
  return {
    note: async (all: readonly Ended[]): Promise<void> => {
      const noted = all.filter(({ of: { item } }) => item.direction === "pull" || item.action === "settle"); // what is only said stays open
      await last;
      if (noted.length === 0) return;
      last = ctx.local.write(() => put(noted));
      last.catch(() => undefined); // told to who waits for it: the next group, or the end
    },
    end: () => last,
  };
};

/**
 * Applies a plan's items for this side, in order; what was applied before a stop is not applied again. `objects`: how
 * many of them are pulled, where that is to be shown.
 * @throws RemoteError where the sync has to stop; what was applied before is kept.
 */
export const applyPull = async (ctx: SyncContext, plan: number, objects?: number): Promise<PullResult> => {
  const tally: Tally = { pulled: 0, settled: 0, conflicts: 0, excluded: 0, blocked: 0, gone: 0, left: 0, problems: [] };
  const limit = createLimit(READS_AT_ONCE);
  let [done, versions] = [0, 0];
  const one = async (of: ItemOfPlan): Promise<Ended> => {
    if (of.item.kind === "model_version" && of.item.action === "create") versions += 1;
    const options = { deep: versions <= DEEP_VERSIONS, limit };
    const applied = await apply(ctx, of.item, options).catch((error: unknown) => failed(ctx, of.item, error));
    count(tally, of, applied);
    return { of, applied };
  };
  const outcomes = createOutcomes(ctx, plan);
  try {
    for (const page of itemPages(ctx, plan))
      for (const group of groups(page.filter(isOurs))) {
        await ctx.turn();
        if (ctx.signal.aborted) throw new RemoteError("cancelled", "Cancelled; what was pulled is kept");
        const ended = await Promise.allSettled(group.map(one));
        await outcomes.note(ended.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
        const stopped = ended.find((each) => each.status === "rejected");
        if (stopped) throw stopped.reason;
        done += group.filter(({ item }) => item.direction === "pull").length;
        const subject = group.find(({ item }) => item.direction === "pull")?.item.label;
        if (subject !== undefined) ctx.progress({ phase: "pull", done, total: objects, subject });
      }
  } finally {
    await outcomes.end();
  }
  return tally;
};
