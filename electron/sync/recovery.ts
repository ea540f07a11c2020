/** What an earlier process, or a lost connection, left under way: looked for before anything else is done. */
import type { SyncContext } from "./context.ts";
import type { LocalRef } from "./local.ts";
import type { OpRow } from "../store/sync/rows.ts";
import { sinceSent, waitOut } from "./effect.ts";
import { recoverCreation, type PushSession } from "./ensure.ts";
import { fieldOf } from "./fields.ts";
import { noteWritten } from "./said.ts";
import { judge } from "./trouble.ts";

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Of the fields that were being written, those that are there as they were sent. */
const saidBy = async (ctx: SyncContext, { kind, uid, step, detail }: OpRow): Promise<() => void> => {
  const ref = { kind, uid };
  const changes = isRecord(detail) && isRecord(detail["changes"]) ? Object.entries(detail["changes"]) : [];
  const id = ctx.state.objects.find(ctx.row.id, ref)?.remote_id;
  if (!step.startsWith("write/") || changes.length === 0 || id == null) return () => {};
  const object = await ctx.remote.read({ kind, id }, ctx.signal);
  const said = changes.filter(
    (change): change is [string, string | null] =>
      object !== undefined && change[1] === (fieldOf(object.fields, change[0]) ?? null),
  );
  const noted = said.length === changes.length && isRecord(detail) && isRecord(detail["noted"]) ? detail["noted"] : {};
  const inNote = Object.entries(noted).filter((one): one is [string, string | null] => one[1] === null || typeof one[1] === "string"); // prettier-ignore
  return () => noteWritten(ctx, ref, Object.fromEntries(said), Object.fromEntries(inNote));
};

/**
 * Ends one: returns whether it was found to be done. All but creations are had by comparing both sides anew, once the
 * server cannot be working on them any more.
 */
const recoverOp = async (ctx: SyncContext, session: PushSession, op: OpRow): Promise<boolean> => {
  if (op.step === "create") return recoverCreation(ctx, session, op);
  await waitOut(ctx, op, () => saidBy(ctx, op));
  return false;
};

/**
 * What an earlier try left open of an object, before the next one: that one compares, and what the server is still
 * working on shows in no comparison.
 */
export const recoverOne = async (ctx: SyncContext, session: PushSession, ref: LocalRef): Promise<void> => {
  const op = ctx.state.ops.find(ctx.row.id, ref);
  if (op) await recoverOp(ctx, session, op);
};

/** Returns how many effects were found to be done. @throws what stops a whole sync; one object's trouble leaves it open. */
export const recoverAll = async (ctx: SyncContext, session: PushSession): Promise<number> => {
  let found = 0;
  const ops = ctx.state.ops.all(ctx.row.id);
  for (const op of ops) sinceSent(ctx, op); // their waits run side by side
  for (const op of ops) {
    await ctx.turn();
    try {
      if (await recoverOp(ctx, session, op)) found += 1;
    } catch (error) {
      const verdict = judge(error);
      if (verdict === undefined || verdict.of === "stop") throw error;
      session.remarks.push(`An unanswered ${op.step} is still open: ${verdict.reason}`);
    }
  }
  return found;
};
