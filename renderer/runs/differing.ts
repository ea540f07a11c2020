import type { ColumnRef } from "./columns.ts";
import type { Item } from "./items.ts";

/** Rows that are compared: enough to see what differs, few enough not to be felt. */
const MAX_COMPARED = 2000;

/** Leaves out columns of metrics, params and tags in which all rows that are there have the same. */
export const columnsThatDiffer = (columns: readonly ColumnRef[], items: readonly Item[]): readonly ColumnRef[] => {
  const rows = items.flatMap((item) => (item.kind === "run" ? [item.loaded] : [])).slice(0, MAX_COMPARED);
  const [first, ...others] = rows;
  if (!first || others.length === 0) return columns;
  return columns.filter((column) => {
    if (column.kind === "attribute") return true;
    const value = first.read(first.run, column);
    return others.some(({ run, read }) => read(run, column) !== value);
  });
};
