/** What an earlier process, or a lost connection, left under way: looked for before anything else is done. */
import type { SyncContext } from "./context.ts";
import { waitOut } from "./effect.ts";
import { recoverCreation, type PushSession } from "./ensure.ts";
import { judge } from "./trouble.ts";

/** Returns how many effects were found to be done. @throws what stops a whole sync; one object's trouble leaves it open. */
export const recoverAll = async (ctx: SyncContext, session: PushSession): Promise<number> => {
  let found = 0;
  for (const op of ctx.state.ops.all(ctx.row.id)) {
    await ctx.turn();
    try {
      // All but creations are had by comparing both sides anew, once the server cannot be working on them any more.
      if (op.step !== "create") await waitOut(ctx, op);
      else if (await recoverCreation(ctx, session, op)) found += 1;
    } catch (error) {
      const verdict = judge(error);
      if (verdict === undefined || verdict.of === "stop") throw error;
      session.remarks.push(`An unanswered ${op.step} is still open: ${verdict.reason}`);
    }
  }
  return found;
};
