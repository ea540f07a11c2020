/** Words without any operator are looked for in the names of runs. */
import { likeAnywhere } from "../../shared/search/quote.ts";

const OPERATOR = /[<>=!~`'"()]|\b(?:AND|OR|NOT|IN|IS|LIKE|ILIKE)\b/;
const PREFIX = /^(?:metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\./i;
const MAX_WORDS = 10;

/** The filter that looks for the words in names; undefined for a text that is, or begins to be, a filter. */
export const asNameSearch = (text: string): string | undefined => {
  const words = text.trim().split(/\s+/);
  if (words[0] === "" || OPERATOR.test(text) || words.some((word) => PREFIX.test(word))) return undefined;
  return words
    .slice(0, MAX_WORDS)
    .map((word) => `attributes.run_name ILIKE '${likeAnywhere(word)}'`)
    .join(" AND ");
};
