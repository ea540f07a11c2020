/** How one text became another, word by word; scripts without blanks go letter by letter. */
import { diffLines } from "../compare/files/line-diff.ts";

export interface Piece {
  readonly change: "same" | "removed" | "added";
  readonly text: string;
}

const WORD =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|(?:(?!\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana})[\p{L}\p{M}\p{N}_])+|\s+|[^\p{L}\p{N}_\s]/gu;

const wordsIn = (text: string): string[] => text.match(WORD) ?? [];

/** Past this many edits a comparison by words says nothing: one text stands beside the other then. */
const MOST_EDITS = 1000;

/** The pieces of both texts in order; joined without the added ones they are `before`, without the removed ones `after`. */
export const diffWords = (before: string, after: string): Piece[] => {
  const [left, right] = [wordsIn(before), wordsIn(after)];
  return diffLines(left, right, MOST_EDITS).hunks.map((hunk) => ({
    change: hunk.change,
    text: (hunk.change === "added"
      ? right.slice(hunk.right, hunk.right + hunk.count)
      : left.slice(hunk.left, hunk.left + hunk.count)
    ).join(""),
  }));
};
