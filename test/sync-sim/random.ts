/** Numbers from a seed: the same seed gives the same program, faults and interleaving. Source: xmur3 and sfc32, PractRand-tested. */

export interface Random {
  /** [0, 1) */
  next(): number;
  /** 0 … n - 1 */
  below(n: number): number;
  chance(p: number): boolean;
  pick<T>(from: readonly [T, ...T[]] | readonly T[]): T;
}

export const createRandom = (seed: number): Random => {
  let [a, b, c, d] = [0x9e3779b9 ^ seed, 0x243f6a88 + seed, 0xb7e15162, 1];
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let warm = 0; warm < 15; warm++) next();
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    chance: (p) => next() < p,
    pick: <T>(from: readonly T[]): T => {
      const one = from[below(from.length)];
      if (one === undefined) throw new Error("nothing to pick from");
      return one;
    },
  };
};
