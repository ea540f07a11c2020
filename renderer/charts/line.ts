/** What every chart draws: lines, made of the series that the server sends. */
import type { Series, XAxis } from "../../shared/api/outpost/series.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";

/** What the horizontal axis counts; `metric` names the key whose values are on it. */
export interface Axis {
  readonly kind: XAxis;
  readonly metric?: string | undefined;
}

/** A value that no line can show, at its place on the axis. */
export interface Mark {
  readonly x: number;
  readonly step: number;
  readonly value: MetricValue;
}

/** Columns of equal length, in the order of `xs`. */
export interface Line {
  readonly id: string;
  readonly label: string;
  /** Counts from 0; `style.ts` makes it a colour, a dash and a marker. */
  readonly style: number;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly steps: readonly number[];
  readonly timestamps: readonly number[];
  readonly marks: readonly Mark[];
  /** All logged points of the range that is shown; unknown while a zoomed one is on its way. */
  readonly total: number | undefined;
  readonly notFinite: number;
  /** Kept points that have no place on a metric's axis. */
  readonly withoutX: number;
}

const xsOf = (series: Series, { kind }: Axis): readonly number[] => {
  if (kind === "time") return series.timestamps;
  if (kind === "relative") return series.timestamps.map((timestamp) => timestamp - series.origin);
  return kind === "metric" ? (series.xs ?? []) : series.steps;
};

const markX = (series: Series, { kind }: Axis, mark: Series["marks"][number]): number => {
  if (kind === "time") return mark.timestamp;
  if (kind === "relative") return mark.timestamp - series.origin;
  return kind === "metric" ? (mark.x ?? NaN) : mark.step;
};

const isAscending = (xs: readonly number[]): boolean => xs.every((x, i) => i === 0 || (xs[i - 1] ?? x) <= x);

/** A series as a line on an axis. A clock that went back, or a metric that falls, is put in order. */
export const toLine = (
  series: Series,
  axis: Axis,
  { id, label, style }: Pick<Line, "id" | "label" | "style">,
): Line => {
  const xs = xsOf(series, axis);
  const order = isAscending(xs) ? undefined : xs.map((_x, i) => i).toSorted((a, b) => (xs[a] ?? 0) - (xs[b] ?? 0));
  const pick = (column: readonly number[]): readonly number[] => (order ? order.map((i) => column[i] ?? NaN) : column);
  return {
    id,
    label,
    style,
    xs: pick(xs),
    ys: pick(series.values),
    steps: pick(series.steps),
    timestamps: pick(series.timestamps),
    marks: series.marks
      .map((mark) => ({ x: markX(series, axis, mark), step: mark.step, value: mark.value }))
      .toSorted((a, b) => a.x - b.x),
    total: series.total,
    notFinite: series.not_finite,
    withoutX: series.without_x ?? 0,
  };
};

/** The finer points of a part laid into the overview, so that the line goes on at both edges. */
export const withDetail = (overview: Line, detail: Line, from: number, to: number): Line => {
  const before = overview.xs.findIndex((x) => x >= from);
  const start = before < 0 ? overview.xs.length : before;
  const after = overview.xs.findIndex((x) => x > to);
  const end = after < 0 ? overview.xs.length : after;
  const splice = (whole: readonly number[], part: readonly number[]): number[] => [
    ...whole.slice(0, start),
    ...part,
    ...whole.slice(end),
  ];
  return {
    ...detail,
    xs: splice(overview.xs, detail.xs),
    ys: splice(overview.ys, detail.ys),
    steps: splice(overview.steps, detail.steps),
    timestamps: splice(overview.timestamps, detail.timestamps),
    marks: [
      ...overview.marks.filter(({ x }) => x < from),
      ...detail.marks,
      ...overview.marks.filter(({ x }) => x > to),
    ],
  };
};

/** The index of the point nearest to `x`; -1 where there is none. `xs` ascends. */
export const nearestIndex = (xs: readonly number[], x: number): number => {
  let low = 0;
  let high = xs.length - 1;
  if (high < 0) return -1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const before = xs[low - 1];
  return before !== undefined && x - before < (xs[low] ?? Infinity) - x ? low - 1 : low;
};
