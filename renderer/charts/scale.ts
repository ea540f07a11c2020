/** Ranges and scales of an axis, linear or logarithmic. */
export type Range = readonly [low: number, high: number];

export interface Tick {
  readonly value: number;
  readonly label: string;
}
export interface Scale {
  readonly min: number;
  readonly max: number;
  readonly log: boolean;
  readonly ticks: readonly Tick[];
}

const to = (value: number, log: boolean): number => (log ? Math.log10(value) : value);
const from = (value: number, log: boolean): number => (log ? 10 ** value : value);

/** Where a value stands between the ends of a range: 0 to 1. */
export const shareOf = (value: number, [low, high]: Range, log: boolean): number =>
  (to(value, log) - to(low, log)) / (to(high, log) - to(low, log));

/** The value at a share of a range. */
export const valueAt = (share: number, [low, high]: Range, log: boolean): number =>
  from(to(low, log) + share * (to(high, log) - to(low, log)), log);

export const rangeOf = ({ min, max }: Pick<Scale, "min" | "max">): Range => [min, max];

/** The ends of the finite values, only the positive ones on a logarithmic scale; undefined without any. */
export const extentOf = (values: Iterable<number>, log: boolean): Range | undefined => {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
};

/** The values below which 1% and 99% lie. A few points have no outliers. */
export const withoutOutliers = (values: readonly number[], log: boolean): Range | undefined => {
  const sorted = values.filter((value) => Number.isFinite(value) && !(log && value <= 0)).toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
  return sorted.length === 0 ? undefined : [at(0.01), at(0.99)];
};

/** A range with some room on both sides, and never an empty one. */
export const padded = ([low, high]: Range, log: boolean, share: number): Range => {
  if (low === high) {
    if (log) return [low / 2, high * 2];
    const room = Math.abs(low) * 0.05 || 1;
    return [low - room, high + room];
  }
  const room = share * (to(high, log) - to(low, log));
  return [from(to(low, log) - room, log), from(to(high, log) + room, log)];
};
