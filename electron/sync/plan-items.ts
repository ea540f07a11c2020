/** Items of a plan as they come back from the store. */
import { syncKinds } from "../../shared/sync/doc.ts";
import type { PlanItemRow } from "../store/sync/sync-store.ts";
import type { SyncContext } from "./context.ts";
import type { PlanAction, PlanItem } from "./plan-types.ts";

const ACTIONS: readonly PlanAction[] = [
  "create",
  "update",
  "link",
  "remove",
  "download",
  "settle",
  "conflict",
  "exclude",
  "block",
  "gone",
];
const PAGE = 200;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);
const numberOf = (value: unknown): number => (typeof value === "number" ? value : 0);

/** Undefined for what is no item: it was written by another release. */
export const readPlanItem = (value: unknown): PlanItem | undefined => {
  if (!isRecord(value)) return undefined;
  const { direction, counts, expects, losses } = value;
  const kind = syncKinds.find((one) => one === value["kind"]);
  const action = ACTIONS.find((one) => one === value["action"]);
  if (!kind || !action || !isRecord(counts) || !isRecord(expects)) return undefined;
  return {
    direction: direction === "push" || direction === "pull" ? direction : "none",
    action,
    kind,
    uid: textOrNull(value["uid"]),
    remote_id: textOrNull(value["remote_id"]),
    label: text(value["label"]),
    counts: {
      fields: numberOf(counts["fields"]),
      points: numberOf(counts["points"]),
      files: numberOf(counts["files"]),
      bytes: numberOf(counts["bytes"]),
    },
    reason: text(value["reason"]),
    reversible: value["reversible"] === true,
    losses: Array.isArray(losses) ? losses.filter((one) => typeof one === "string") : [],
    expects: {
      rev: typeof expects["rev"] === "number" ? expects["rev"] : null,
      fingerprint: textOrNull(expects["fingerprint"]),
    },
  };
};

export interface ItemOfPlan {
  readonly seq: number;
  readonly item: PlanItem;
  readonly outcome: PlanItemRow["outcome"];
}

/** A plan's items in order, in pages. */
export function* itemPages(ctx: SyncContext, plan: number): Generator<readonly ItemOfPlan[]> {
  for (let after = -1; ;) {
    const rows = ctx.state.plans.items(plan, after, PAGE);
    const last = rows.at(-1);
    if (!last) return;
    yield rows.flatMap(({ seq, item, outcome }) => {
      const read = readPlanItem(item);
      return read ? [{ seq, item: read, outcome }] : [];
    });
    after = last.seq;
  }
}
