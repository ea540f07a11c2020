/** Two versions of one number that are not one: shown as a conflict of the field `semver`, with its own ways out. */
import type { SyncContext } from "./context.ts";
import { fieldOf } from "./fields.ts";
import { itemPages } from "./plan-items.ts";
import type { PlanItem } from "./plan-types.ts";

/** A version that is kept back, unbound, by one there of its number. */
const clashOf = (ctx: SyncContext, { kind, action, uid, remote_id }: PlanItem) => {
  if (kind !== "model_version" || action !== "block" || uid === null || remote_id === null) return undefined;
  const ref = { kind, uid };
  const isBound = ctx.state.objects.find(ctx.row.id, ref)?.remote_id != null;
  const semver = fieldOf(ctx.local.read(ref)?.fields ?? {}, "semver");
  const there = ctx.state.seen.find(ctx.row.id, kind, remote_id)?.name;
  return isBound || semver === undefined || there !== semver ? undefined : { ref, semver };
};

/** Notes the clashes of a plan that are not noted yet. */
export const noteVersionClashes = async (ctx: SyncContext, plan: number): Promise<void> => {
  for (const page of itemPages(ctx, plan))
    for (const { item } of page) {
      const clash = clashOf(ctx, item);
      if (!clash) continue;
      const { ref, semver } = clash;
      const known = ctx.state.conflicts.ofObject(ctx.row.id, ref).find(({ field }) => field === "semver");
      if (known?.local === semver) continue;
      const sides = { base: null, local: semver, remote_value: semver };
      await ctx.local.write(() => ctx.state.conflicts.put(ctx.row.id, ref, "semver", sides, ctx.clock.now()));
    }
};
