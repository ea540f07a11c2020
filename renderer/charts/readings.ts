/** What a chart says in words and numbers: at the cursor, in a summary, beside it as a table. */
import type { MetricValue } from "../../shared/api/outpost/words.ts";
import type { Frame, Path } from "./frame.ts";
import { nearestIndex, type Line } from "./line.ts";
import { shareOf } from "./scale.ts";

/** A line's logged point nearest to the cursor. */
export interface Reading {
  readonly line: Line;
  readonly x: number;
  readonly step: number;
  readonly timestamp: number;
  readonly value: MetricValue;
  /** Where lines are smoothed. */
  readonly smoothed: number | undefined;
  /** Its height in the plot, 0 at the foot to 1; NaN where it has none. */
  readonly height: number;
}

const smoothedAt = (path: Path, x: number, value: number): number | undefined => {
  if (!path.raw) return undefined;
  const i = path.raw.findIndex((point) => point.x === x && point.y === value);
  return path.points[i]?.y;
};

const readLine = (path: Path, x: number, { x: xs, y: ys }: Frame): Reading | undefined => {
  const { line } = path;
  const i = nearestIndex(line.xs, x);
  const mark = line.marks.reduce<(typeof line.marks)[number] | undefined>(
    (best, one) => (best === undefined || Math.abs(one.x - x) < Math.abs(best.x - x) ? one : best),
    undefined,
  );
  const nearest = line.xs[i];
  if (mark && (nearest === undefined || Math.abs(mark.x - x) < Math.abs(nearest - x)))
    return { line, ...mark, timestamp: NaN, smoothed: undefined, height: NaN };
  if (nearest === undefined || nearest < xs.min || nearest > xs.max) return undefined;
  const value = line.ys[i] ?? NaN;
  const smoothed = smoothedAt(path, nearest, value);
  return {
    line,
    x: nearest,
    step: line.steps[i] ?? NaN,
    timestamp: line.timestamps[i] ?? NaN,
    value,
    smoothed,
    height: shareOf(smoothed ?? value, [ys.min, ys.max], ys.log),
  };
};

/** Each line's point nearest to `x`, in the order of the lines; those that have none in view are left out. */
export const readAt = (frame: Frame, x: number): Reading[] =>
  frame.paths.flatMap((path) => readLine(path, x, frame) ?? []);

/** The next place on the axis in a direction where any line has a point; undefined at the end. */
export const nextX = (frame: Frame, x: number | undefined, direction: 1 | -1): number | undefined => {
  let best: number | undefined;
  for (const { line } of frame.paths)
    for (const at of [...line.xs, ...line.marks.map((mark) => mark.x)]) {
      if (at < frame.x.min || at > frame.x.max) continue;
      if (x !== undefined && (direction > 0 ? at <= x : at >= x)) continue;
      if (best === undefined || (direction > 0 ? at < best : at > best)) best = at;
    }
  return best;
};

/** Lowest, highest and last value of a line in view. */
export const summaryOf = (
  frame: Frame,
): { lowest: number; highest: number; last: number | undefined; lastX: number | undefined } | undefined => {
  let lowest = Infinity;
  let highest = -Infinity;
  let last: number | undefined;
  let lastX: number | undefined;
  for (const { line } of frame.paths)
    line.xs.forEach((x, i) => {
      const y = line.ys[i] ?? NaN;
      if (x < frame.x.min || x > frame.x.max || Number.isNaN(y)) return;
      lowest = Math.min(lowest, y);
      highest = Math.max(highest, y);
      if (lastX === undefined || x >= lastX) [last, lastX] = [y, x];
    });
  return lowest <= highest ? { lowest, highest, last, lastX } : undefined;
};

/** A point as the table and the CSV beside the chart have it. */
export interface Row {
  readonly line: Line;
  readonly x: number;
  readonly step: number;
  readonly timestamp: number | undefined;
  readonly value: MetricValue;
  readonly smoothed: number | undefined;
}

/** Every point in view, line after line along the axis, those that no line can show among them. */
export const rowsOf = (frame: Frame): Row[] =>
  frame.paths.flatMap(({ line, points, raw }) => {
    let at = 0;
    const finite = line.xs.map((x, i): Row => {
      const value = line.ys[i] ?? NaN;
      while (raw && at < raw.length && !(raw[at]?.x === x && raw[at]?.y === value) && (raw[at]?.x ?? 0) <= x) at += 1;
      const smoothed = raw?.[at]?.x === x && raw[at]?.y === value ? points[at]?.y : undefined;
      return { line, x, step: line.steps[i] ?? NaN, timestamp: line.timestamps[i], value, smoothed };
    });
    const marks = line.marks.map(({ x, step, value }): Row => ({
      line,
      x,
      step,
      timestamp: undefined,
      value,
      smoothed: undefined,
    }));
    return [...finite, ...marks].filter(({ x }) => x >= frame.x.min && x <= frame.x.max).toSorted((a, b) => a.x - b.x);
  });
