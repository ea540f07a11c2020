import { SearchError } from "./search-error.ts";
import type { Token } from "./tokens.ts";

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\\": "\\", "'": "'", '"': '"' };

/** MLflow reads lists as Python tuples: a doubled quote ends one literal and begins the next, which joins it. */
const textOf = (token: Token): string => {
  const quote = token.text.charAt(0);
  return token.text
    .slice(1, -1)
    .replaceAll(quote + quote, "")
    .replace(/\\(["'\\ntr])/g, (_, char: string) => ESCAPES[char] ?? char);
};

/** Reads `('a', "b")` at token `at`. @throws SearchError for an empty list and for anything but quoted texts in it. */
export const textListAt = (tokens: readonly Token[], at: number): { values: readonly string[]; next: number } => {
  const values: string[] = [];
  const wrong = (token: Token | undefined): never => {
    const start = token?.start ?? 0;
    throw new SearchError(`Expected a list of quoted texts like ('a', 'b') at position ${start + 1}`, start);
  };
  if (tokens[at]?.type !== "(") wrong(tokens[at]);
  let next = at + 1;
  for (;;) {
    const token = tokens[next];
    if (token?.type === ")" && values.length > 0) return { values, next: next + 1 };
    if (!token || (token.type !== "single" && token.type !== "double")) return wrong(token);
    values.push(textOf(token));
    const separator = tokens[next + 1];
    if (separator?.type === ",") next += 2;
    else if (separator?.type === ")") next += 1;
    else wrong(separator);
  }
};
