/** Applies what a plan sends: one object after another, each failing alone; what waits for another is tried again at the end. */
import type { SyncKind } from "../../shared/sync/doc.ts";
import type { SyncState } from "../../shared/sync/state.ts";
import type { SyncContext } from "./context.ts";
import { toState } from "./to-state.ts";
import { Moved, type PushSession } from "./ensure.ts";
import type { LocalRef } from "./local.ts";
import { itemPages, type ItemOfPlan } from "./plan-items.ts";
import { pushItem } from "./push.ts";
import type { Pushed } from "./push-settle.ts";
import type { Unfinished } from "./report.ts";
import { removeItem } from "./remove.ts";
import { judge, restAfter } from "./trouble.ts";

export interface PushRun {
  readonly session: PushSession;
  readonly partBytes?: number;
  /**
   * Objects that the remote refused, with the revision it refused: not sent again before they change. What it forbids is
   * not a matter of what they say, and a pull changes them, too: those are not sent again in the same sync.
   */
  readonly refused: Map<string, { readonly rev: number | null; readonly state: SyncState; readonly reason: string }>;
}

/** The part of a plan that is sent. */
export interface PushPart {
  readonly plan: number;
  /** How many objects it sends. */
  readonly objects: number;
}

export interface PushTally {
  /** Uids of what went through. */
  readonly pushed: Set<string>;
  readonly kinds: Map<string, SyncKind>;
  readonly unfinished: Map<string, Unfinished>;
  files: number;
  bytes: number;
}

export const createPushTally = (): PushTally => ({
  pushed: new Set(),
  kinds: new Map(),
  unfinished: new Map(),
  files: 0,
  bytes: 0,
});

interface Outcome {
  readonly outcome: "done" | "later" | "skipped" | "failed";
  readonly detail: string | null;
}

const keyOf = ({ item }: ItemOfPlan): string => `${item.kind}/${item.uid ?? item.remote_id ?? ""}`;

const unfinished = (tally: PushTally, of: ItemOfPlan, state: SyncState, reason: string): void => {
  const { kind, uid, remote_id, label } = of.item;
  tally.unfinished.set(keyOf(of), { kind, uid, remote_id, label, state, reason });
};

const postpone = async (ctx: SyncContext, ref: LocalRef, reason: string, error: unknown): Promise<void> => {
  const attempts = ctx.state.objects.find(ctx.row.id, ref)?.attempts ?? 0;
  const next = ctx.clock.now() + restAfter(attempts, error) * ctx.pace;
  await ctx.local.write(() => ctx.state.objects.postpone(ctx.row.id, ref, reason, next));
};

/** What a failure means for this object. @throws what stops the sync, and what nobody expected. */
const failed = async (
  ctx: SyncContext,
  run: PushRun,
  of: ItemOfPlan,
  { error, tally }: { readonly error: unknown; readonly tally: PushTally },
): Promise<Outcome> => {
  const { kind, uid } = of.item;
  if (error instanceof Moved) {
    unfinished(tally, of, "queued", error.message);
    return { outcome: "skipped", detail: error.message };
  }
  const verdict = judge(error);
  if (verdict === undefined || verdict.of === "stop" || uid === null) throw error;
  const { reason } = verdict;
  if (verdict.of === "later") await postpone(ctx, { kind, uid }, reason, error);
  else await toState(ctx, { kind, uid }, verdict.state, reason);
  const state = verdict.of === "later" ? "queued" : verdict.state;
  unfinished(tally, of, state, reason);
  if (state === "blocked" || state === "forbidden")
    run.refused.set(keyOf(of), { rev: ctx.local.read({ kind, uid })?.rev ?? null, state, reason });
  return { outcome: "failed", detail: reason };
};

const record = (ctx: SyncContext, run: PushRun, of: ItemOfPlan, pushed: Pushed, tally: PushTally): void => {
  const { kind, uid } = of.item;
  tally.files += pushed.sent.files;
  tally.bytes += pushed.sent.bytes;
  if (uid === null) return;
  tally.pushed.add(uid);
  tally.kinds.set(uid, kind);
  if (pushed.outcome === "done") {
    tally.unfinished.delete(keyOf(of));
    return;
  }
  const { state = "queued", reason = "" } = ctx.state.objects.find(ctx.row.id, { kind, uid }) ?? {};
  unfinished(tally, of, state, reason ?? "");
  if (state === "blocked")
    run.refused.set(keyOf(of), { rev: ctx.local.read({ kind, uid })?.rev ?? null, state, reason: reason ?? "" });
};

/** Refused as it is: asking again would be refused again. */
const known = (ctx: SyncContext, run: PushRun, of: ItemOfPlan) => {
  const { kind, uid } = of.item;
  if (uid === null) return undefined;
  const refusal = run.refused.get(keyOf(of));
  const stands = refusal?.state === "forbidden" || refusal?.rev === (ctx.local.read({ kind, uid })?.rev ?? null);
  return stands ? refusal : undefined;
};

const applyOne = async (
  ctx: SyncContext,
  run: PushRun,
  of: ItemOfPlan,
  { tally, again, onBytes }: { readonly tally: PushTally; readonly again: boolean; readonly onBytes: (sent: number) => void }, // prettier-ignore
): Promise<Outcome> => {
  const refusal = known(ctx, run, of);
  if (refusal) {
    const { kind, uid } = of.item;
    // a pull may have put it into another one since
    if (uid !== null) await toState(ctx, { kind, uid }, refusal.state, refusal.reason);
    unfinished(tally, of, refusal.state, refusal.reason);
    return { outcome: "failed", detail: refusal.reason };
  }
  try {
    if (of.item.action === "remove") {
      await removeItem(ctx, of.item);
      return { outcome: "done", detail: null };
    }
    const { session, partBytes } = run;
    const options = { session, again, onBytes, ...(partBytes !== undefined && { partBytes }) };
    const pushed = await pushItem(ctx, of.item, options);
    record(ctx, run, of, pushed, tally);
    return { outcome: pushed.outcome === "open" ? "done" : pushed.outcome, detail: pushed.detail };
  } catch (error) {
    return failed(ctx, run, of, { error, tally });
  }
};

/**
 * Sends what a plan has for the far side, in its order; what was applied before a stop is not applied again.
 * @throws RemoteError where the sync has to stop; what was sent before is kept.
 */
export const applyPush = async (
  ctx: SyncContext,
  { plan, objects }: PushPart,
  run: PushRun,
  tally: PushTally,
): Promise<void> => {
  const later: ItemOfPlan[] = [];
  let done = 0;
  const total = Math.max(objects, 1);
  const one = async (of: ItemOfPlan, again: boolean): Promise<void> => {
    await ctx.turn();
    const subject = of.item.label;
    const onBytes = (bytes: number): void => ctx.progress({ phase: "push", done, total, subject, bytes });
    onBytes(0);
    const { outcome, detail } = await applyOne(ctx, run, of, { tally, again, onBytes });
    if (outcome === "later" && !again) return void later.push(of);
    await ctx.local.write(() => ctx.state.plans.setOutcome(plan, of.seq, outcome, detail));
    done += 1;
  };
  for (const page of itemPages(ctx, plan))
    for (const of of page) if (of.item.direction === "push" && of.outcome === null) await one(of, false);
  for (const of of later) await one(of, true);
};
