/**
 * One effect on a far side whose calls are not idempotent, had exactly once: noted before it is sent, ended in the
 * transaction that records its answer, and looked for before it is ever sent again. The waits between looks outlast
 * what the server may still be working on (`limits.settleMs`); that bound is the assumption all of this rests on.
 */
import type { SyncContext } from "./context.ts";
import type { LocalRef } from "./local.ts";
import type { OpRow } from "../store/sync/rows.ts";
import { RemoteError } from "../remote/errors.ts";
import { CALLS_PER_HOUR, Exhausted } from "./trouble.ts";

/** What a look found. `twins`: ids of others there that are the same thing; the oldest is `value`. */
export interface Found<T> {
  readonly value: T;
  readonly twins: readonly string[];
}

export interface Effect<T> {
  readonly ref: LocalRef;
  /** `create`, `write/<group>`, `points`, `file/<path>`, `note`, `remove`. */
  readonly step: string;
  /** What a later process needs to look for it; JSON. */
  readonly detail: unknown;
  /** Sends what a look has not found there. */
  readonly send: () => Promise<T>;
  /** Undefined: not there, or not all of it. */
  readonly look: () => Promise<Found<T> | undefined>;
  /** Records the answer, in the transaction that ends the effect. */
  readonly settle: (value: T) => void;
  /** Told of twins; nothing is deleted. */
  readonly onTwins?: (twins: readonly string[]) => void;
  /** Sending twice makes two: after a second time it is looked for once more. */
  readonly makesTwins?: boolean;
}

/** When to look, ms after the request was given up; the last one is after the server has given up on the request. */
const looksAfter = (settleMs: number): readonly number[] => [0, 2_000, 10_000, settleMs + 5_000];

/** Milliseconds until `after` ms have passed since then. */
const rest = (elapsed: number, after: number, pace: number): number => Math.max(0, after * pace - elapsed);

const keyOf = ({ kind, uid }: LocalRef): string => `${kind}/${uid}`;

/**
 * How long an effect is known to be under way. One that an earlier process sent was sent when this one first met it:
 * the wall clock, which may have been set meanwhile, is not asked, so that the wait is whole and at worst too long.
 */
export const sinceSent = (ctx: SyncContext, ref: LocalRef): number => {
  const now = ctx.clock.monotonic();
  const known = ctx.underWay.get(keyOf(ref));
  if (known === undefined) ctx.underWay.set(keyOf(ref), now);
  return now - (known ?? now);
};

/** Inside a write. */
const endOp = (ctx: SyncContext, ref: LocalRef): void => {
  ctx.state.ops.end(ctx.row.id, ref);
  ctx.underWay.delete(keyOf(ref));
};

/** Looks until it is found or the server cannot be working on it any more. */
const lookUntilSettled = async <T>(
  ctx: SyncContext,
  ref: LocalRef,
  look: () => Promise<Found<T> | undefined>,
): Promise<Found<T> | undefined> => {
  const marks = looksAfter(ctx.remote.limits.settleMs);
  const elapsed = (): number => sinceSent(ctx, ref);
  for (const [index, after] of marks.entries()) {
    const next = marks[index + 1];
    if (next !== undefined && rest(elapsed(), next, ctx.pace) === 0) continue; // one look for all that is long past
    const wait = rest(elapsed(), after, ctx.pace);
    if (wait > 0) await ctx.clock.sleep(wait, ctx.signal);
    const found = await look();
    if (found) return found;
  }
  return undefined;
};

const begin = (
  ctx: SyncContext,
  { ref, step, detail }: Pick<Effect<unknown>, "ref" | "step" | "detail">,
): Promise<void> =>
  ctx.local.write(() => {
    ctx.state.ops.begin(ctx.row.id, ref, step, detail, ctx.clock.now());
  });

const endWith = async <T>(ctx: SyncContext, effect: Effect<T>, found: Found<T>): Promise<T> => {
  await ctx.local.write(() => {
    effect.settle(found.value);
    endOp(ctx, effect.ref);
  });
  if (found.twins.length > 0) effect.onTwins?.(found.twins);
  await ctx.at(`${effect.step}/settled`);
  return found.value;
};

type Sent<T> = { readonly answer: T } | { readonly lost: RemoteError };

/** The answer, or the error that leaves open whether it was done. What was clearly not done is thrown, and not under way. */
const sendOnce = async <T>(ctx: SyncContext, effect: Effect<T>): Promise<Sent<T>> => {
  try {
    return { answer: await effect.send() };
  } catch (error) {
    const clear = error instanceof RemoteError && !error.maybeDone;
    // It may have left only now: the adapter waits for its turn, and for a server that asks it to.
    if (!clear) ctx.underWay.set(keyOf(effect.ref), ctx.clock.monotonic());
    await ctx.local.write(() => (clear ? endOp(ctx, effect.ref) : ctx.state.ops.uncertain(ctx.row.id, effect.ref)));
    if (clear || !(error instanceof RemoteError) || error.trouble === "cancelled") throw error;
    return { lost: error };
  }
};

/** Has the effect once and returns what is there. @throws RemoteError, Exhausted; then it is noted whether it may have been had. */
export const perform = async <T>(ctx: SyncContext, effect: Effect<T>): Promise<T> => {
  await ctx.turn();
  let calls = 0;
  const look = (): Promise<Found<T> | undefined> => {
    calls += 1;
    return effect.look();
  };
  const room = looksAfter(0).length + 1; // calls that one more round of sending and looking takes
  for (let sends = 1; ; sends += 1) {
    await begin(ctx, effect);
    await ctx.at(`${effect.step}/sending`);
    calls += 1;
    const sent = await sendOnce(ctx, effect);
    await ctx.at(`${effect.step}/answered`);
    if ("answer" in sent) {
      const again = effect.makesTwins === true && sends > 1 ? await look() : undefined;
      return endWith(ctx, effect, again ?? { value: sent.answer, twins: [] });
    }
    const found = await lookUntilSettled(ctx, effect.ref, look);
    if (found) return endWith(ctx, effect, found);
    if (calls + room > CALLS_PER_HOUR) {
      const times = sends === 1 ? "once" : `${String(sends)} times`;
      throw new Exhausted(`Sent ${times} without an answer (${sent.lost.message}); the next try is in an hour`, {
        cause: sent.lost,
      });
    }
  }
};

/**
 * Ends what an earlier process, or a lost connection, left open: looks for it until the server cannot be working on it
 * any more. Returns whether it was found; if not, it was never done and may be sent anew.
 */
export const recover = async <T>(
  ctx: SyncContext,
  op: OpRow,
  effect: Pick<Effect<T>, "look" | "settle" | "onTwins">,
): Promise<boolean> => {
  const ref = { kind: op.kind, uid: op.uid };
  const found = await lookUntilSettled(ctx, ref, effect.look);
  await ctx.local.write(() => {
    if (found) effect.settle(found.value);
    endOp(ctx, ref);
  });
  if (found && found.twins.length > 0) effect.onTwins?.(found.twins);
  return found !== undefined;
};

/**
 * For effects that are had by comparing: only the wait matters, then both sides are compared anew. `found` tells what
 * can be said of it by then, in the write that ends it.
 */
export const waitOut = async (
  ctx: SyncContext,
  op: OpRow,
  found: () => Promise<() => void> = () => Promise.resolve(() => {}),
): Promise<void> => {
  const wait = rest(sinceSent(ctx, op), ctx.remote.limits.settleMs + 5_000, ctx.pace);
  if (wait > 0) await ctx.clock.sleep(wait, ctx.signal);
  const note = await found();
  await ctx.local.write(() => {
    note();
    endOp(ctx, { kind: op.kind, uid: op.uid });
  });
};
