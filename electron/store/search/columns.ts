import type { Order } from "../../../shared/search/ast.ts";
import type { SortKey } from "./sort.ts";
import { type Sql, sql } from "./sql.ts";

/** An attribute as the grammar names it, in the table. */
export interface Column {
  readonly value: Sql;
  readonly type: SortKey["type"];
  readonly nullable?: boolean;
}
export type Columns = Readonly<Record<string, Column>>;

/** The grammar and the columns must agree: an unknown key is a bug. */
export const columnOf = (columns: Columns, key: string): Column => {
  const column = Object.hasOwn(columns, key) ? columns[key] : undefined;
  if (!column) throw new Error(`No column for '${key}'`);
  return column;
};

export const columnKey = ({ value, type, nullable }: Column, ascending: boolean): SortKey => ({
  ...(nullable ? { rank: sql`(${value} IS NULL) * 2` } : {}),
  value,
  ascending,
  type,
});

/** Sort keys of attributes; `ties` are appended where the order does not name them. */
export const columnKeys = (columns: Columns, orders: readonly Order[], ties: readonly Order[]): readonly SortKey[] =>
  [...orders, ...ties.filter((tie) => orders.every(({ field }) => field.key !== tie.field.key))].map(
    ({ field, ascending }) => columnKey(columnOf(columns, field.key), ascending),
  );

export const byColumn = (key: string, ascending: boolean): Order => ({ field: { kind: "attribute", key }, ascending });
