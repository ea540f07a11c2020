/**
 * An exponential moving average without the bias of its start, as W&B draws it: `weight` 0 is the line itself, near 1 the
 * mean so far. It runs over the points shown. What is not finite gives a gap and does not count.
 */
export const smooth = (ys: readonly number[], weight: number): number[] => {
  let last = 0;
  let seen = 1; // weight ^ n
  return ys.map((y) => {
    if (!Number.isFinite(y)) return NaN;
    last = last * weight + (1 - weight) * y;
    seen *= weight;
    return last / (1 - seen);
  });
};
