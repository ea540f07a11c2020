import type { SyncState } from "../../shared/sync/state.ts";
import type { SyncContext } from "./context.ts";
import type { LocalRef } from "./local.ts";

/** Puts an object into a state, unless it is in it. */
export const toState = async (ctx: SyncContext, ref: LocalRef, state: SyncState, reason: string): Promise<void> => {
  const row = ctx.state.objects.find(ctx.row.id, ref);
  if (row?.state !== state || row.reason !== reason)
    await ctx.local.write(() => ctx.state.objects.setState(ctx.row.id, ref, state, reason));
};
