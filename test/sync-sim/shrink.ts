/** Leaves steps out of a failing program as long as the same invariant breaks. */
import type { Program } from "./program.ts";
import { simulate, type Mutation, type Result } from "./simulate.ts";

export interface Shrunk {
  readonly program: Program;
  readonly result: Result;
}

export const shrink = async (program: Program, result: Result, mutation: Mutation = {}): Promise<Shrunk> => {
  const wanted = result.breaks[0]?.invariant;
  let best: Shrunk = { program, result };
  for (let size = Math.ceil(program.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.program.steps.length;) {
      const steps = best.program.steps.filter((_, index) => index < at || index >= at + size);
      const smaller = { ...best.program, steps };
      const again = await simulate(smaller, mutation);
      if (again.breaks.some(({ invariant }) => invariant === wanted)) best = { program: smaller, result: again };
      else at += size;
    }
  }
  return best;
};
