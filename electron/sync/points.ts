/**
 * Metric points on their way to a remote, which keeps every one that it is sent: what it has is taken away from what is
 * here, whenever it may have any. Here all points are distinct, so that its repeats need no counting.
 */
import type { Point } from "../../shared/sync/doc.ts";
import type { Ref } from "../remote/remote.ts";
import type { SyncContext } from "./context.ts";
import { perform } from "./effect.ts";
import type { LocalRef } from "./local.ts";
import { pointKey } from "./note-text.ts";
import type { Folded } from "./notes.ts";
import { ObjectProblem } from "./trouble.ts";
import { bisect } from "./refusals.ts";

/** More that do not fit are a mistake of the remote's rules and no note. */
const MAX_NOTED = 100_000;

export interface PointsResult {
  readonly sent: number;
  /** What the remote cannot hold, and why. */
  readonly noted: readonly Point[];
  readonly reasons: ReadonlySet<string>;
  /** It has points that are not here: the next pull's. */
  readonly hasOthers: boolean;
}

/** Points as members of a set, by key: equal ones are one. */
const createPointSet = () => {
  const byKey = new Map<string, Set<string>>();
  const factOf = ({ step, timestamp, value }: Point): string => `${step} ${timestamp} ${value === 0 ? 0 : value}`;
  return {
    add: (point: Point): void => {
      const facts = byKey.get(point.key) ?? new Set();
      byKey.set(point.key, facts.add(factOf(point)));
    },
    has: (point: Point): boolean => byKey.get(point.key)?.has(factOf(point)) === true,
    size: (): number => [...byKey.values()].reduce((sum, facts) => sum + facts.size, 0),
  };
};
type PointSet = ReturnType<typeof createPointSet>;

const readRemote = async (ctx: SyncContext, ref: Ref): Promise<PointSet> => {
  const set = createPointSet();
  for await (const page of ctx.remote.points(ref, ctx.signal)) for (const point of page) set.add(point);
  return set;
};

const send = async (ctx: SyncContext, ref: LocalRef, remoteRef: Ref, batch: readonly Point[]): Promise<void> => {
  let missing = batch;
  await perform<null>(ctx, {
    ref,
    step: "points",
    detail: { count: batch.length },
    send: async () => {
      await ctx.remote.logPoints(remoteRef, missing, ctx.signal);
      return null;
    },
    look: async () => {
      const there = await readRemote(ctx, remoteRef);
      missing = batch.filter((point) => !there.has(point));
      return missing.length === 0 ? { value: null, twins: [] } : undefined;
    },
    settle: () => {},
  });
};

/** Sends every point that is here and not there. `fresh`: the object was made just now, and nothing can be there. */
export const pushPoints = async (
  ctx: SyncContext,
  ref: LocalRef,
  remoteRef: Ref,
  fresh: boolean,
): Promise<PointsResult> => {
  const there = fresh ? createPointSet() : await readRemote(ctx, remoteRef);
  const noted: Point[] = [];
  const reasons = new Set<string>();
  const note = (point: Point, why: string): void => {
    if (noted.length >= MAX_NOTED)
      throw new ObjectProblem("blocked", `More than ${MAX_NOTED} of its points cannot be held there: ${why}`);
    noted.push(point);
    reasons.add(why);
  };
  let [sent, known, batch] = [0, 0, [] as Point[]];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    const refused = await bisect(full, (part) => send(ctx, ref, remoteRef, part));
    for (const { item, why } of refused) note(item, why);
    sent += full.length - refused.length;
  };
  for (const page of ctx.local.points(ref)) {
    for (const point of page) {
      if (there.has(point)) known += 1;
      else {
        const held = ctx.remote.holdsPoint(point);
        if (held === true) batch.push(point);
        else note(point, held);
      }
      if (batch.length >= ctx.remote.limits.pointBatch) await flush();
    }
    await ctx.turn();
  }
  await flush();
  return { sent, noted, reasons, hasOthers: there.size() > known };
};

/** Whether there are points there now that are not here: somebody may have sent theirs at the same time. */
export const hasOtherPoints = async (ctx: SyncContext, ref: LocalRef, remoteRef: Ref): Promise<boolean> => {
  const there = await readRemote(ctx, remoteRef);
  let known = 0;
  for (const page of ctx.local.points(ref)) {
    for (const point of page) if (there.has(point)) known += 1;
    await ctx.turn();
  }
  return there.size() > known;
};

/**
 * Whether notes there have points that are not here. `read`: the note up to which they were taken in. Its number says all
 * but where two workstations wrote one of that number: the later one may have come since.
 */
export const lacksNoted = (
  { local }: Pick<SyncContext, "local">,
  ref: LocalRef,
  { points, note, by }: Pick<Folded, "points" | "note" | "by">,
  read: number,
): boolean => {
  if (points.length === 0 || (note === read && by !== undefined)) return false;
  const missing = new Set(points.map(pointKey));
  for (const page of local.points(ref)) {
    for (const point of page) missing.delete(pointKey(point));
    if (missing.size === 0) return false;
  }
  return true;
};
