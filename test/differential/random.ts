/** Chance that comes again: the same seed gives the same choices on every machine. */
export type Random = ReturnType<typeof createRandom>;

/** A generator for `seed` (mulberry32) with the choices the player makes. */
export const createRandom = (seed: number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  const chance = (probability: number): boolean => next() < probability;
  /** One of `choices`. @throws Error when there is none. */
  const pick = <T>(choices: readonly T[]): T => {
    const choice = choices[integer(0, choices.length - 1)];
    if (choices.length === 0) throw new Error("nothing to pick from");
    return choice as T; // the index is within the list
  };
  /** Each of `count` made anew. */
  const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  const some = <T>(choices: readonly T[], count: number): T[] => {
    const left = [...choices];
    return times(Math.min(count, left.length), () => left.splice(integer(0, left.length - 1), 1)).flat();
  };
  return { next, integer, chance, pick, times, some };
};
