import { SearchError } from "./search-error.ts";

/** MLflow's filters are SQL to sqlparse; what it tells apart, these do. `text` is the source, quotes included. */
export type TokenType =
  "word" | "backtick" | "double" | "single" | "integer" | "float" | "operator" | "(" | ")" | "," | "." | "end";

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export const MAX_FILTER_LENGTH = 32_768;

const WHITESPACE = /\s/u;
const WORD = /[\p{L}\p{N}_]+/uy;
const WORD_START = /[\p{L}\p{N}_]/uy;
/** sqlparse takes `.5` after a name for a number, but `.1a` for a key: one digit, then a letter. */
const DIGIT_KEY = /\d[A-Z_a-zÀ-ü][\p{L}\p{N}_]*/uy;
const EXPONENT = /\d[eE]-?\d/y;
const FLOAT = /-?(?:\d+(?:\.\d+)?[eE]-?\d+|\d+\.\d*|\.\d+)/y;
const INTEGER = /-?\d+/y;
const OPERATOR = /[<>=~!]+/y;
const QUOTES = new Map<string, TokenType>([
  ["`", "backtick"],
  ['"', "double"],
  ["'", "single"],
]);
const PUNCTUATION = new Map<string, TokenType>([
  ["(", "("],
  [")", ")"],
  [",", ","],
]);
const NAMES: readonly TokenType[] = ["word", "backtick", "double"];

const matchAt = (pattern: RegExp, text: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
};

/**
 * End of the quoted text that opens at `start`. A doubled quote, and in strings a backslash and quote, belong to it as
 * they stand, unless nothing closes it any more: then the last of them does. Source: the regexes of sqlparse/keywords.py.
 */
const endOfQuoted = (text: string, start: number): number => {
  const quote = text[start];
  let fallback: number | undefined;
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\" && text[i + 1] === quote && quote !== "`") {
      fallback = i + 2;
      i++;
    } else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1;
      fallback = i + 1;
      i++;
    }
  }
  if (fallback !== undefined) return fallback;
  throw new SearchError(`The quote ${quote} at position ${start + 1} is not closed`, start);
};

const numberAt = (text: string, at: number): Token | undefined => {
  const float = matchAt(FLOAT, text, at);
  const number = float ?? matchAt(INTEGER, text, at);
  if (number === undefined) return undefined;
  const end = at + number.length;
  if (matchAt(WORD_START, text, end) !== undefined)
    throw new SearchError(`A blank is missing after the number '${number}' at position ${at + 1}`, at);
  return { type: float === undefined ? "integer" : "float", text: number, start: at, end };
};

const keyAfterDot = (text: string, at: number): string | undefined => {
  if (!/\d/.test(text[at] ?? "")) return matchAt(WORD, text, at);
  const key = matchAt(EXPONENT, text, at) === undefined ? matchAt(DIGIT_KEY, text, at) : undefined;
  if (key === undefined)
    throw new SearchError(`A key that begins with a digit must be quoted with backticks (position ${at + 1})`, at);
  return key;
};

const tokenAt = (text: string, at: number, previous: Token | undefined): Token => {
  const char = text.charAt(at);
  const token = (type: TokenType, source: string): Token => ({
    type,
    text: source,
    start: at,
    end: at + source.length,
  });
  const quote = QUOTES.get(char);
  if (quote) return token(quote, text.slice(at, endOfQuoted(text, at)));
  const punctuation = PUNCTUATION.get(char);
  if (punctuation) return token(punctuation, char);
  const touches = previous?.end === at;
  if (char === "." && touches && (NAMES.includes(previous.type) || previous.type === ".")) return token(".", char);
  if (touches && previous.type === ".") {
    const key = keyAfterDot(text, at);
    if (key !== undefined) return token("word", key);
  }
  const number = numberAt(text, at);
  if (number) return number;
  const operator = matchAt(OPERATOR, text, at);
  if (operator !== undefined) return token("operator", operator);
  const word = matchAt(WORD, text, at);
  if (word !== undefined) return token("word", word);
  const odd = String.fromCodePoint(text.codePointAt(at) ?? 0);
  throw new SearchError(`Unexpected ${JSON.stringify(odd)} at position ${at + 1}`, at);
};

/**
 * Cuts a filter or order into tokens, in time linear in its length; the last token is `end`.
 * @throws SearchError for text over `MAX_FILTER_LENGTH`, an open quote or a character that no filter holds.
 */
export const tokenize = (text: string): readonly Token[] => {
  if (text.length > MAX_FILTER_LENGTH)
    throw new SearchError(`A filter may have at most ${MAX_FILTER_LENGTH} characters, this one has ${text.length}`, 0);
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (WHITESPACE.test(text.charAt(at))) {
      at++;
      continue;
    }
    const token = tokenAt(text, at, tokens.at(-1));
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ type: "end", text: "", start: text.length, end: text.length });
  return tokens;
};
