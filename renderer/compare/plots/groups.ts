/** Runs grouped by what they have for one dimension, for boxes over another. */
import type { Dimension } from "../dimensions.ts";
import { numberIn } from "../dimensions.ts";
import { summaryOf, type Summary } from "./quantiles.ts";

export interface Group {
  /** What the runs of the group have; null: nothing. */
  readonly text: string | null;
  readonly runs: readonly number[];
  readonly numbers: readonly number[];
  readonly summary: Summary;
}

const collator = new Intl.Collator("en", { numeric: true });
const inOrder = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const [x, y] = [numberIn(a), numberIn(b)];
  return x !== undefined && y !== undefined ? x - y : collator.compare(a, b);
};

/** Groups with at least one number, in order; of many those with the most runs. `by` undefined: one group of all. */
export const groupsOf = (
  of: Dimension,
  by: Dimension | undefined,
  runs: readonly number[],
  most: number,
): { readonly groups: Group[]; readonly total: number } => {
  const byText = Map.groupBy(runs, (run) => (by ? (by.texts[run] ?? null) : ""));
  const all = [...byText].flatMap(([text, members]): Group[] => {
    const numbers = members.map((run) => of.numbers?.[run] ?? null).filter((n) => n !== null);
    return numbers.length === 0 ? [] : [{ text, runs: members, numbers, summary: summaryOf(numbers) }];
  });
  const groups = all
    .toSorted((a, b) => b.numbers.length - a.numbers.length)
    .slice(0, most)
    .sort((a, b) => inOrder(a.text, b.text));
  return { groups, total: all.length };
};
