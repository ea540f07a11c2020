/** The order of runs: what was asked for, then newest first, then run_id, so that no two runs tie. */
import type { Order } from "../../../shared/search/ast.ts";
import { columnKey, columnOf } from "./columns.ts";
import { type FindKey, RUN_COLUMNS, TABLES } from "./run-clauses.ts";
import type { SortKey } from "./sort.ts";
import { sql } from "./sql.ts";

/** The index that holds runs in the order of a key. */
export type Walk =
  | { readonly kind: "start_time" | "end_time" }
  | { readonly kind: "metric" | "param" | "tag"; readonly key: number | undefined };

export type RunSortKey = SortKey & { readonly walk?: Walk };

const BY_ID: RunSortKey = { value: sql`r.run_id`, ascending: true, type: "text" };

/** A run that lacks the key sorts as missing; so does every run where no run has it. */
const NO_KEY = -1;

const attributeKey = (key: string, ascending: boolean): RunSortKey => ({
  ...columnKey(columnOf(RUN_COLUMNS, key), ascending),
  ...(key === "start_time" || key === "end_time" ? { walk: { kind: key } } : {}),
});

const loggedKey = (kind: "metric" | "param" | "tag", key: number | undefined, ascending: boolean): RunSortKey => {
  const walk: Walk = { kind, key };
  if (kind === "metric") {
    const row = sql`FROM latest_metrics AS o WHERE o.run = r.id AND o.key = ${key ?? NO_KEY}`;
    const rank = sql`coalesce((SELECT o.is_nan ${row}), 2)`;
    return { rank, value: sql`(SELECT o.value ${row})`, ascending, type: "real", walk };
  }
  const row = sql`FROM ${TABLES[kind]} AS o WHERE o.run = r.id AND o.key = ${key ?? NO_KEY}`;
  return {
    rank: sql`(NOT EXISTS (SELECT 1 ${row})) * 2`,
    value: sql`(SELECT o.value ${row})`,
    ascending,
    type: "text",
    walk,
  };
};

/** Sort keys on `r`, a row of runs. */
export const runSortKeys = (orders: readonly Order[], findKey: FindKey): readonly RunSortKey[] => {
  const keys = orders.map(({ field: { kind, key }, ascending }) =>
    kind === "metric" || kind === "param" || kind === "tag"
      ? loggedKey(kind, findKey(key), ascending)
      : attributeKey(key, ascending),
  );
  const byTime = orders.some(({ field }) => field.kind === "attribute" && field.key === "start_time");
  return [...keys, ...(byTime ? [] : [attributeKey("start_time", false)]), BY_ID];
};
