/**
 * What a chart shows, worked out apart from how it is drawn: the canvas, the SVG file, the table and the CSV all follow
 * the same frame.
 */
import type { Axis, Line, Mark } from "./line.ts";
import { extentOf, padded, withoutOutliers, type Range, type Scale } from "./scale.ts";
import { smooth } from "./smooth.ts";
import { linearTicks, logTicks, xTicks } from "./ticks.ts";
import type { Zoom } from "./zoom.ts";

/** How lines are looked at. */
export interface Look {
  readonly axis: Axis;
  readonly xLog: boolean;
  readonly yLog: boolean;
  readonly smoothing: number; // 0 to below 1
  readonly clip: boolean; // the vertical axis spans the middle 98% of the values
  readonly zoom: Zoom;
  /** A vertical range that is known beforehand, as 0 to 100 for percentages. */
  readonly yRange?: Range | undefined;
  readonly format?: ((value: number) => string) | undefined;
}

export interface Point {
  readonly x: number;
  readonly y: number; // NaN: the line has a gap here
}
/** A mark lies on the edge that its value left through. */
export interface EdgeMark extends Mark {
  readonly edge: "low" | "high";
}
export interface Path {
  readonly line: Line;
  readonly points: readonly Point[];
  /** The line before smoothing, drawn faint behind; undefined without smoothing. */
  readonly raw: readonly Point[] | undefined;
  readonly marks: readonly EdgeMark[];
}

/** What is said of a chart, so that nothing is hidden silently. */
export interface Counts {
  readonly shown: number; // points and marks inside the horizontal range
  readonly total: number | undefined;
  readonly notFinite: number;
  readonly notPositive: number; // no place on a logarithmic axis
  readonly outside: number; // above or below the clipped range
  readonly withoutX: number;
}

export interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  /** The horizontal range without zoom. */
  readonly wholeX: Range;
  readonly wholeY: Range;
  readonly paths: readonly Path[];
  readonly counts: Counts;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A gap narrower than this share of a thinned line's width is less than what one bucket hides. */
const NARROW = 0.01;

const isLow = ({ value }: Mark): boolean => value === "NaN" || value === "-Infinity" || Number(value) < 0;

/** Where marks stand between two points the line is broken; a thinned one only where nothing finite lies between. */
const withGaps = (line: Line): Point[] => {
  const thinned = line.total === undefined || line.total > line.ys.length + line.marks.length;
  const least = thinned ? ((line.xs.at(-1) ?? 0) - (line.xs[0] ?? 0)) * NARROW : 0;
  const points: Point[] = [];
  let mark = 0;
  line.xs.forEach((x, i) => {
    const before = line.xs[i - 1];
    while ((line.marks[mark]?.x ?? Infinity) < (before ?? -Infinity)) mark += 1;
    const between = line.marks[mark];
    if (before !== undefined && between && between.x <= x && x - before > least) points.push({ x: between.x, y: NaN });
    points.push({ x, y: line.ys[i] ?? NaN });
  });
  return points;
};

const isIn = ({ x }: { readonly x: number }, [low, high]: Range): boolean => x >= low && x <= high;

const toPath = (line: Line, { smoothing, xLog, yLog }: Look): Path & { notPositive: number } => {
  const all = withGaps(line);
  const points = all.filter(({ x, y }) => !(xLog && x <= 0) && !(yLog && y <= 0));
  const marks = line.marks
    .filter(({ x }) => Number.isFinite(x) && !(xLog && x <= 0))
    .map((mark) => ({ ...mark, edge: isLow(mark) ? ("low" as const) : ("high" as const) }));
  if (smoothing === 0) return { line, points, raw: undefined, marks, notPositive: all.length - points.length };
  const averages = smooth(
    points.map(({ y }) => y),
    smoothing,
  );
  return {
    line,
    points: points.map(({ x }, i) => ({ x, y: averages[i] ?? NaN })),
    raw: points,
    marks,
    notPositive: all.length - points.length,
  };
};

const scaleX = (paths: readonly Path[], { axis, xLog, zoom }: Look): { whole: Range; range: Range } => {
  const xs = paths.flatMap(({ points, marks }) =>
    [points[0]?.x, points.at(-1)?.x, marks[0]?.x, marks.at(-1)?.x].filter((x) => x !== undefined),
  );
  const extent = extentOf(xs, xLog) ?? (xLog ? [1, 10] : [0, 1]);
  const whole =
    extent[0] === extent[1] && axis.kind === "step" && !xLog
      ? ([extent[0] - 1, extent[1] + 1] as const)
      : extent[0] === extent[1]
        ? padded(extent, xLog, 0)
        : extent;
  return { whole, range: zoom.x ?? whole };
};

const scaleY = (values: readonly number[], { yLog, clip, zoom, yRange }: Look): { whole: Range; range: Range } => {
  const fixed = yRange && !(yLog && yRange[0] <= 0) ? yRange : undefined;
  const extent = extentOf(values, yLog);
  const covering = fixed && extent ? ([Math.min(fixed[0], extent[0]), Math.max(fixed[1], extent[1])] as const) : fixed;
  const whole = covering ?? (extent ? padded(extent, yLog, 0.06) : yLog ? ([0.1, 10] as const) : ([0, 1] as const));
  const middle = clip ? withoutOutliers(values, yLog) : undefined;
  return { whole, range: zoom.y ?? (middle ? padded(middle, yLog, 0.06) : whole) };
};

const countTotals = (lines: readonly Line[]): number | undefined =>
  lines.reduce<number | undefined>(
    (sum, { total }) => (sum === undefined || total === undefined ? undefined : sum + total),
    0,
  );

const PX_PER_X_TICK = 64;
const PX_PER_Y_TICK = 32;

/** Works out scales, paths and counts of a chart of a size. */
export const computeFrame = (lines: readonly Line[], look: Look, { width, height }: Size): Frame => {
  const paths = lines.map((line) => toPath(line, look));
  const x = scaleX(paths, look);
  const shown = paths.flatMap(({ points, raw }) => (raw ?? points).filter((point) => isIn(point, x.range)));
  const seen = shown.filter(({ y }) => !Number.isNaN(y));
  const y = scaleY(
    [...seen, ...paths.flatMap(({ points, raw }) => (raw ? points.filter((point) => isIn(point, x.range)) : []))].map(
      (point) => point.y,
    ),
    look,
  );
  const marks = paths.reduce((sum, path) => sum + path.marks.filter((mark) => isIn(mark, x.range)).length, 0);
  const countX = Math.max(2, Math.floor(width / PX_PER_X_TICK));
  const countY = Math.max(2, Math.floor(height / PX_PER_Y_TICK));
  return {
    x: {
      min: x.range[0],
      max: x.range[1],
      log: look.xLog,
      ticks: xTicks(x.range, countX, look.axis, look.xLog),
    },
    y: {
      min: y.range[0],
      max: y.range[1],
      log: look.yLog,
      ticks: look.yLog ? logTicks(y.range, countY, look.format) : linearTicks(y.range, countY, { format: look.format }),
    },
    wholeX: x.whole,
    wholeY: y.whole,
    paths,
    counts: {
      shown: seen.length + marks,
      total: countTotals(lines),
      notFinite: lines.reduce((sum, { notFinite }) => sum + notFinite, 0),
      notPositive: paths.reduce((sum, { notPositive }) => sum + notPositive, 0),
      outside: look.clip && !look.zoom.y ? seen.filter(({ y: v }) => v < y.range[0] || v > y.range[1]).length : 0,
      withoutX: lines.reduce((sum, { withoutX }) => sum + withoutX, 0),
    },
  };
};
