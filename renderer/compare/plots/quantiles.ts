/** The value below which `part` of the sorted numbers lie, between two of them by their distance. */
export const quantile = (sorted: readonly number[], part: number): number => {
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
};

export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly max: number;
  readonly mean: number;
}

/** What a box stands for. @throws RangeError for no numbers. */
export const summaryOf = (numbers: readonly number[]): Summary => {
  if (numbers.length === 0) throw new RangeError("No numbers to sum up");
  const sorted = numbers.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    min: quantile(sorted, 0),
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
    max: quantile(sorted, 1),
    mean: sorted.reduce((sum, n) => sum + n, 0) / sorted.length,
  };
};
