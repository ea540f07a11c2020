/** What the page asks the thread that compares texts, and what it answers. Plain data. */
import { canonicalJson } from "./json.ts";
import { diffLines, linesOf, type Diff } from "./line-diff.ts";

export interface DiffQuestion {
  readonly left: string;
  readonly right: string;
  readonly asJson: boolean;
}
export interface DiffAnswer extends Diff {
  readonly left: readonly string[];
  readonly right: readonly string[];
  /** Both are JSON and were compared in one form. */
  readonly isJson: boolean;
}

/** Compares two texts. What is no JSON is compared as it stands. */
export const compareTexts = ({ left, right, asJson }: DiffQuestion): DiffAnswer => {
  const [a, b] = asJson ? [canonicalJson(left), canonicalJson(right)] : [];
  const isJson = a !== undefined && b !== undefined;
  const [leftLines, rightLines] = [linesOf(isJson ? a : left), linesOf(isJson ? b : right)];
  return { ...diffLines(leftLines, rightLines), left: leftLines, right: rightLines, isJson };
};
