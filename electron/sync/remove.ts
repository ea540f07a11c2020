/** Deleting on the remote: the one thing that is never done without having been asked for. */
import type { SyncContext } from "./context.ts";
import { perform } from "./effect.ts";
import { Moved } from "./ensure.ts";
import type { PlanItem } from "./plan-types.ts";
import { ObjectProblem } from "./trouble.ts";

/** Deletes an object there for good: only with a person's consent for this very one. */
export const removeItem = async (ctx: SyncContext, item: PlanItem): Promise<void> => {
  const { kind, uid, remote_id: id } = item;
  if (uid === null || id === null || !ctx.state.consents.has(ctx.row.id, { kind, uid }, id))
    throw new ObjectProblem("blocked", "Nobody agreed to delete it there");
  const ref = { kind, uid };
  const forget = (): void => {
    ctx.state.objects.forget(ctx.row.id, ref);
    ctx.state.conflicts.clear(ctx.row.id, ref, []); // nothing is there any more to decide against
    ctx.state.consents.drop(ctx.row.id, ref);
  };
  const found = await ctx.remote.read({ kind, id }, ctx.signal);
  if (!found) return void (await ctx.local.write(forget));
  if (item.expects.fingerprint !== null && item.expects.fingerprint !== found.fingerprint)
    throw new Moved("It was changed there since the plan");
  await perform<null>(ctx, {
    ref,
    step: "remove",
    detail: { id },
    send: async () => {
      await ctx.remote.remove({ kind, id }, ctx.signal);
      return null;
    },
    look: async () => ((await ctx.remote.read({ kind, id }, ctx.signal)) ? undefined : { value: null, twins: [] }),
    settle: forget,
  });
};
