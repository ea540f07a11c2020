/** Axes of parallel coordinates: where a run stands on each, and which runs lie within the brushes. */
import type { Dimension } from "../dimensions.ts";

/** Part of an axis that runs must lie in: an inclusive range of numbers, or some of the categories. */
export type Brush =
  | { readonly kind: "range"; readonly low: number; readonly high: number }
  | { readonly kind: "in"; readonly values: readonly string[] };
export type Brushes = ReadonlyMap<string, Brush>;

interface AxisBase {
  readonly id: string;
  readonly dimension: Dimension;
}
export interface NumberAxis extends AxisBase {
  readonly kind: "number";
  readonly log: boolean;
  readonly low: number;
  readonly high: number;
  readonly numbers: readonly (number | null)[];
}
export interface CategoryAxis extends AxisBase {
  readonly kind: "category";
  readonly categories: readonly string[];
}
export type Axis = NumberAxis | CategoryAxis;

const collator = new Intl.Collator("en", { numeric: true });

/** Whether a logarithmic scale can show all of its values. */
export const canBeLog = ({ numbers }: Dimension): boolean =>
  numbers !== undefined && numbers.some((n) => n !== null) && numbers.every((n) => n === null || n > 0);

/** A param over several powers of ten, as learning rates are tried. */
const DECADES = 100;
export const isUsuallyLog = (dimension: Dimension): boolean => {
  if (dimension.kind !== "param" || !canBeLog(dimension)) return false;
  const numbers = (dimension.numbers ?? []).filter((n) => n !== null);
  return numbers.reduce((a, b) => Math.max(a, b)) / numbers.reduce((a, b) => Math.min(a, b)) >= DECADES;
};

/** An axis over the values of all runs, so that it stands still while runs are filtered. */
export const axisOf = (dimension: Dimension, log: boolean): Axis => {
  const { id, numbers, texts } = dimension;
  if (!numbers) {
    const categories = [...new Set(texts.filter((text) => text !== null))].sort(collator.compare);
    return { id, dimension, kind: "category", categories };
  }
  let low = Infinity;
  let high = -Infinity;
  for (const n of numbers)
    if (n !== null) {
      low = Math.min(low, n);
      high = Math.max(high, n);
    }
  if (low > high) [low, high] = [0, 1];
  return { id, dimension, kind: "number", log: log && canBeLog(dimension), low, high, numbers };
};

/** 0 at the foot to 1 at the head for a number on the axis's scale. */
const scaled = ({ log, low, high }: NumberAxis, value: number): number => {
  if (low === high) return 0.5;
  const to = log ? Math.log : (x: number): number => x;
  return (to(value) - to(low)) / (to(high) - to(low));
};

/** The number at a place on the axis: `scaled` backwards. */
const unscaled = ({ log, low, high }: NumberAxis, place: number): number => {
  if (low === high) return low;
  if (place <= 0) return low;
  if (place >= 1) return high;
  return log ? low * (high / low) ** place : low + place * (high - low);
};

const placeOfCategory = (index: number, count: number): number => (count === 1 ? 0.5 : index / (count - 1));

/** Where a run stands, 0 to 1; undefined where it has no value that the axis can show. */
export const placeOf = (axis: Axis, run: number): number | undefined => {
  if (axis.kind === "number") {
    const value = axis.numbers[run] ?? null;
    return value === null ? undefined : scaled(axis, value);
  }
  const text = axis.dimension.texts[run] ?? null;
  return text === null ? undefined : placeOfCategory(axis.categories.indexOf(text), axis.categories.length);
};

export interface Tick {
  readonly at: number; // 0 to 1
  readonly value: number | string;
}

const MOST_TICKS = 6;

const niceStep = (span: number): number => {
  const raw = span / (MOST_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((n) => n * power >= raw) ?? 10;
  return factor * power;
};

const numberTicks = (axis: NumberAxis): Tick[] => {
  const { low, high, log } = axis;
  if (low === high) return [{ at: 0.5, value: low }];
  if (log && high / low >= 10) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((last - first + 1) / MOST_TICKS));
    const decades = Array.from({ length: Math.floor((last - first) / every) + 1 }, (_unused, i) => first + i * every);
    return decades.map((exponent) => ({ at: scaled(axis, 10 ** exponent), value: 10 ** exponent }));
  }
  const step = niceStep(high - low);
  const count = Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: count + 1 }, (_unused, i) => {
    const value = Number(((first + i) * step).toPrecision(12));
    return { at: scaled(axis, value), value };
  });
};

/** What stands beside the axis. Of many categories some: all are named where one brushes. */
export const ticksOf = (axis: Axis, most: number): Tick[] => {
  if (axis.kind === "number") return numberTicks(axis);
  const every = Math.max(1, Math.ceil(axis.categories.length / most));
  return axis.categories.flatMap((value, i) =>
    i % every === 0 ? [{ at: placeOfCategory(i, axis.categories.length), value }] : [],
  );
};

/** The brush between two places of an axis, as a drag gives them; undefined where it would hold nothing. */
export const brushBetween = (axis: Axis, from: number, to: number): Brush | undefined => {
  const [low, high] = from < to ? [from, to] : [to, from];
  if (axis.kind === "number") return { kind: "range", low: unscaled(axis, low), high: unscaled(axis, high) };
  const count = axis.categories.length;
  const values = axis.categories.filter((_category, i) => {
    const at = placeOfCategory(i, count);
    return at >= low && at <= high;
  });
  return values.length === 0 || values.length === count ? undefined : { kind: "in", values };
};

/** The places between which a brush lies, for drawing it: one part for a range, one for each category. */
export const partsOf = (axis: Axis, brush: Brush): [number, number][] => {
  if (axis.kind === "number")
    return brush.kind === "range"
      ? [[clamp(scaled(axis, Math.max(brush.low, axis.low))), clamp(scaled(axis, Math.min(brush.high, axis.high)))]]
      : [];
  if (brush.kind === "range") return [];
  const half = Math.min(0.04, 0.4 / Math.max(1, axis.categories.length - 1));
  return axis.categories.flatMap((category, i): [number, number][] => {
    const at = placeOfCategory(i, axis.categories.length);
    return brush.values.includes(category) ? [[at - half, at + half]] : [];
  });
};
const clamp = (place: number): number => Math.min(1, Math.max(0, place));

const within = (dimension: Dimension, brush: Brush, run: number): boolean => {
  if (brush.kind === "range") {
    const value = dimension.numbers?.[run] ?? null;
    return value !== null && value >= brush.low && value <= brush.high;
  }
  const text = dimension.texts[run] ?? null;
  return text !== null && brush.values.includes(text);
};

/** The runs that lie within every brush. A brush on what the comparison does not have holds none back. */
export const brushedRuns = (
  runs: readonly number[],
  dimensions: readonly Dimension[],
  brushes: Brushes,
): readonly number[] => {
  const byId = new Map(dimensions.map((dimension) => [dimension.id, dimension]));
  const active = [...brushes].flatMap(([id, brush]) => {
    const dimension = byId.get(id);
    return dimension ? [{ dimension, brush }] : [];
  });
  if (active.length === 0) return runs;
  return runs.filter((run) => active.every(({ dimension, brush }) => within(dimension, brush, run)));
};

/** Brushes as an address keeps them: `["m:loss",0.1,0.5]`, `["p:optimizer",["adam"]]`. */
export const writeBrushes = (brushes: Brushes): string[] =>
  [...brushes].map(([id, brush]) =>
    JSON.stringify(brush.kind === "range" ? [id, brush.low, brush.high] : [id, brush.values]),
  );

/** Brushes out of an address; what cannot be one is left out. */
export const readBrushes = (items: readonly string[]): Brushes => {
  const brushes = new Map<string, Brush>();
  for (const item of items) {
    const [id, first, second] = listIn(item);
    if (typeof id !== "string") continue;
    if (typeof first === "number" && typeof second === "number")
      brushes.set(id, { kind: "range", low: Math.min(first, second), high: Math.max(first, second) });
    else if (Array.isArray(first))
      brushes.set(id, { kind: "in", values: first.filter((value) => typeof value === "string") });
  }
  return brushes;
};

const listIn = (text: string): unknown[] => {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
};

/** The run whose line passes nearest to a point, and how far away; places as fractions, distances by `height`. */
export const nearestLine = (
  places: ReadonlyMap<number, readonly number[]>,
  x: number, // in axes: 1.5 is half way between the second and the third
  y: number,
): { run: number; distance: number } | undefined => {
  const left = Math.floor(x);
  const part = x - left;
  let nearest: { run: number; distance: number } | undefined;
  for (const [run, line] of places) {
    const [from, to] = [line[left], line[left + 1]];
    if (from === undefined) continue;
    const at = to === undefined ? from : from + (to - from) * part;
    const distance = Math.abs(at - y);
    if (!nearest || distance < nearest.distance) nearest = { run, distance };
  }
  return nearest;
};
