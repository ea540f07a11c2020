/** Where columns stand: widths in px, and which of them a view shows. Only these are in the page, however many there are. */
import type { Cell, ColumnRef } from "./columns.ts";
import { titleOf } from "./columns.ts";
import { formatValue } from "../lib/format.ts";

export const SELECT_WIDTH = 34;
export const NAME_WIDTH = 232;
export const ROW_HEIGHT = 34;
export const HEADER_HEIGHT = 44;
export const MIN_WIDTH = 60;
export const MAX_WIDTH = 900;

const CHARACTER = 7.1; // px, about, at 13 px
const WIDE_CHARACTER = 13; // of Chinese, Japanese and Korean
const PADDING = 28;
const LEAST_USUAL = 76;
const MOST_USUAL = 220;
const MORE_WIDTH = 96; // a delta or a deviation beside the value
const OF_ATTRIBUTES: Record<string, number> = {
  status: 112,
  start_time: 118,
  end_time: 118,
  duration: 112,
  user_id: 110,
  run_id: 270,
};

const lengthOf = (text: string): number => {
  let px = 0;
  for (const char of text) px += (char.codePointAt(0) ?? 0) > 0x1100 ? WIDE_CHARACTER : CHARACTER;
  return px;
};

/** What a column takes that nobody has resized: its header and the longest of some of its values, with or without more beside them. */
export const usualWidth = (column: ColumnRef, values: readonly (Cell | undefined)[], withMore: boolean): number => {
  if (column.kind === "attribute") return OF_ATTRIBUTES[column.key] ?? MOST_USUAL;
  const texts = values.map((value) =>
    value === null || value === undefined ? "–" : typeof value === "number" ? formatValue(value) : value.slice(0, 60),
  );
  const longest = Math.max(lengthOf(titleOf(column)) + 12, ...texts.map(lengthOf));
  const more = column.kind === "metric" && withMore ? MORE_WIDTH : 0;
  return Math.min(MOST_USUAL, Math.max(LEAST_USUAL, Math.round(longest + PADDING))) + more;
};

export interface Placed {
  readonly column: ColumnRef;
  readonly left: number; // px from where its part begins
  readonly width: number;
}

export interface Layout {
  /** Columns that stay in view, after the run's name. */
  readonly fixed: readonly Placed[];
  readonly scrolled: readonly Placed[];
  /** Px that stay in view, and in all. */
  readonly fixedWidth: number;
  readonly width: number;
}

const place = (columns: readonly ColumnRef[], start: number, widthOf: (column: ColumnRef) => number): Placed[] => {
  let left = start;
  return columns.map((column) => {
    const placed = { column, left, width: widthOf(column) };
    left += placed.width;
    return placed;
  });
};

const end = (placed: readonly Placed[], start: number): number => {
  const last = placed.at(-1);
  return last ? last.left + last.width : start;
};

/** Lays columns out; those in `left` stay in view as long as they leave half of it to the others. */
export const layOut = (
  columns: readonly ColumnRef[],
  left: ReadonlySet<string>,
  { nameWidth, viewWidth, widthOf }: { nameWidth: number; viewWidth: number; widthOf: (column: ColumnRef) => number },
): Layout => {
  const start = SELECT_WIDTH + nameWidth;
  const wanted = place(
    columns.filter(({ id }) => left.has(id)),
    start,
    widthOf,
  );
  const fits = end(wanted, start) <= Math.max(start, viewWidth * 0.6);
  const fixed = fits ? wanted : [];
  const isFixed = new Set(fixed.map(({ column }) => column.id));
  const first = columns.filter(({ id }) => left.has(id) && !isFixed.has(id));
  const rest = columns.filter(({ id }) => !left.has(id));
  const fixedWidth = end(fixed, start);
  const scrolled = place([...first, ...rest], 0, widthOf);
  return { fixed, scrolled, fixedWidth, width: fixedWidth + end(scrolled, 0) };
};

/** Indexes [first, last) of the columns that a stretch of px shows, found by halving. */
export const columnsIn = (placed: readonly Placed[], from: number, to: number): readonly [number, number] => {
  const after = (px: number, edge: (p: Placed) => number): number => {
    let [low, high] = [0, placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = placed[middle];
      if (at && edge(at) <= px) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const first = after(from, ({ left, width }) => left + width);
  return [
    first,
    Math.max(
      first,
      after(to - 1, ({ left }) => left),
    ),
  ];
};

/** The scroll position from which [start, end) is in view; the present one where it is already. */
export const scrollFor = (now: number, view: number, [start, stop]: readonly [number, number]): number => {
  if (start < now) return start;
  return stop > now + view ? Math.min(start, stop - view) : now;
};
