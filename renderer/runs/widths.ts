import type { RunRow } from "../../shared/api/outpost/runs.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";
import { formatValue } from "../lib/format.ts";
import type { ColumnRef } from "./columns.ts";

export const NAME_WIDTH = 216;

const CHARACTER = 7.1; // px, about, at 13 px
const PADDING = 28;
const MIN = 76;
const MAX = 220;
const OF_ATTRIBUTES: Record<string, number> = {
  status: 108,
  start_time: 118,
  duration: 112,
  user_id: 110,
  run_id: 270,
};

/** Column widths in px from the header and the first rows: fixed, so that scrolling moves nothing. */
export const widthsOf = (
  columns: readonly ColumnRef[],
  rows: readonly RunRow[],
  read: (row: RunRow, column: ColumnRef) => MetricValue | string | null,
): number[] =>
  columns.map((column) => {
    if (column.kind === "attribute") return OF_ATTRIBUTES[column.key] ?? MAX;
    const lengths = rows.map((row) => {
      const value = read(row, column);
      return value === null ? 1 : typeof value === "number" ? formatValue(value).length : value.length;
    });
    const longest = Math.max(column.title.length + 1, ...lengths);
    return Math.min(MAX, Math.max(MIN, Math.round(longest * CHARACTER + PADDING)));
  });
