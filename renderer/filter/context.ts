/**
 * What the filter's grammar expects where the caret stands: a field, an operator, a value, or what joins conditions.
 * It reads what the server's parser reads, up to the caret, and forgives what is still being typed.
 */
import type { Kind } from "../../shared/search/ast.ts";
import { grammars, type ValueType } from "../../shared/search/fields.ts";
import { identifierAt, keyOf, resolveField, splitIdentifier } from "../../shared/search/identifiers.ts";
import { SearchError } from "../../shared/search/search-error.ts";
import { type Token, tokenize } from "../../shared/search/tokens.ts";

const grammar = grammars.runs;

export interface FieldAt {
  readonly kind: Kind;
  readonly key: string;
  readonly value: ValueType | undefined; // of an attribute
}

/** Where a value of IN stands: before the parenthesis, where a value is due, or behind one. */
export type ListPlace = "first" | "inside" | "after";

export interface Context {
  readonly expects: "field" | "operator" | "value" | "join";
  /** What a completion replaces. */
  readonly from: number;
  readonly to: number;
  /** What stands there already, without quotes. */
  readonly typed: string;
  /** The prefix that was typed, where a field is: `metrics.` gives metric. */
  readonly prefix?: Kind;
  readonly field?: FieldAt;
  readonly operator?: string;
  readonly list?: ListPlace | undefined;
  /** Parentheses that are still open. */
  readonly depth: number;
}

interface Read {
  readonly tokens: readonly Token[];
  /** What could not be read at the end: an open quote, a key that wants quotes. */
  readonly open: { readonly start: number; readonly text: string } | undefined;
}

const END = (at: number): Token => ({ type: "end", text: "", start: at, end: at });

/** The tokens before the caret. */
const readTo = (text: string, caret: number): Read => {
  const before = text.slice(0, caret);
  try {
    return { tokens: tokenize(before).filter(({ type }) => type !== "end"), open: undefined };
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    const start = Math.min(error.position, caret);
    if (start === 0 && !/^['"`]/.test(before)) return { tokens: [], open: { start: 0, text: before } };
    return { tokens: readTo(text, start).tokens, open: { start, text: text.slice(start, caret) } };
  }
};

/** Where the token ends in which the caret stands. */
const endOfToken = (text: string, caret: number): number => {
  try {
    return tokenize(text).find(({ start, end }) => start < caret && caret < end)?.end ?? caret;
  } catch (error) {
    if (error instanceof SearchError) return caret;
    throw error;
  }
};

const unquoted = (text: string): string => text.replace(/^['"`]/, "").replace(/['"`]$/, "");
const isWord = (token: Token | undefined, ...words: string[]): boolean =>
  token?.type === "word" && words.includes(token.text.toUpperCase());

const fieldOf = (text: string, tokens: readonly Token[], at: number): FieldAt | undefined => {
  const identifier = identifierAt(text, tokens, at);
  if (!identifier) return undefined;
  try {
    const { kind, key, attribute } = resolveField(grammar, identifier);
    return { kind, key, value: attribute?.value };
  } catch (error) {
    if (error instanceof SearchError) return undefined;
    throw error;
  }
};

type State =
  | { readonly at: "field" | "join" }
  | { readonly at: "operator"; readonly field: FieldAt | undefined; readonly words: string; readonly start?: number }
  | {
      readonly at: "value";
      readonly field: FieldAt | undefined;
      readonly operator: string;
      readonly list?: ListPlace | undefined;
    };

/** The state after the tokens before `upTo`. */
const walk = (text: string, tokens: readonly Token[], upTo: number): { state: State; depth: number } => {
  let state: State = { at: "field" };
  let depth = 0;
  const withEnd = [...tokens, END(text.length)];
  for (let i = 0; i < upTo;) {
    const token = tokens[i];
    if (!token) break;
    if (state.at === "field") {
      const identifier = isWord(token, "NOT") ? undefined : identifierAt(text, withEnd, i);
      if (token.type === "(") depth++;
      if (identifier) state = { at: "operator", field: fieldOf(text, withEnd, i), words: "" };
      i = identifier ? Math.max(identifier.next, i + 1) : i + 1;
      continue;
    }
    state = step(state, token);
    if (state.at === "join" && token.type === ")" && depth > 0 && !wasList(tokens, i)) depth--;
    i++;
  }
  return { state, depth };
};

/** Whether the parenthesis that `at` closes belongs to an IN. */
const wasList = (tokens: readonly Token[], at: number): boolean => {
  for (let i = at - 1; i >= 0; i--) {
    if (tokens[i]?.type === "(") return isWord(tokens[i - 1], "IN");
    if (tokens[i]?.type === ")") return false;
  }
  return false;
};

const step = (state: State, token: Token): State => {
  if (state.at === "operator") {
    if (token.type === "operator") return { at: "value", field: state.field, operator: token.text };
    const words = `${state.words} ${token.text.toUpperCase()}`.trim();
    if (words === "IS NULL" || words === "IS NOT NULL") return { at: "join" };
    if (words === "IN" || words === "NOT IN")
      return { at: "value", field: state.field, operator: words, list: "first" };
    if (words === "LIKE" || words === "ILIKE") return { at: "value", field: state.field, operator: words };
    return { ...state, words, start: state.start ?? token.start };
  }
  if (state.at === "value") {
    if (state.list === undefined) return { at: "join" };
    if (token.type === ")") return { at: "join" };
    return { ...state, list: token.type === "(" || token.type === "," ? "inside" : "after" };
  }
  return isWord(token, "AND", "OR") ? { at: "field" } : { at: "join" };
};

/** The identifier that is being typed right before the caret, as source. */
const partialField = (
  text: string,
  tokens: readonly Token[],
  caret: number,
): { start: number; index: number } | undefined => {
  let index = tokens.length;
  let end = caret;
  while (index > 0) {
    const token = tokens[index - 1];
    if (token?.end !== end || !["word", ".", "backtick", "double", "integer"].includes(token.type)) break;
    end = token.start;
    index--;
  }
  return index < tokens.length ? { start: tokens[index]?.start ?? caret, index } : undefined;
};

const fieldContext = (text: string, start: number, caret: number, depth: number): Context => {
  const typed = text.slice(start, caret);
  const [prefix, rest] = splitIdentifier(typed);
  const kind = prefix === undefined ? undefined : grammar.prefixes.get(prefix);
  const within = endOfToken(text, caret);
  const to = within + (caret > start ? (/^(?:[\p{L}\p{N}_]+|`[^`]*`)/u.exec(text.slice(within))?.[0].length ?? 0) : 0);
  if (kind === undefined) return { expects: "field", from: start, to, typed, depth };
  return { expects: "field", from: start, to, typed: unquoted(keyOf(grammar, rest)), prefix: kind, depth };
};

const valueContext = (
  text: string,
  caret: number,
  start: number,
  state: Extract<State, { at: "value" }>,
  depth: number,
): Context => ({
  expects: "value",
  from: start,
  to: endOfToken(text, caret),
  typed: unquoted(text.slice(start, caret)),
  ...(state.field && { field: state.field }),
  operator: state.operator,
  list: state.list,
  depth,
});

const operatorContext = (
  text: string,
  caret: number,
  start: number,
  { field }: Extract<State, { at: "operator" }>,
  depth: number,
): Context => ({
  expects: "operator",
  from: start,
  to: endOfToken(text, caret),
  typed: text.slice(start, caret).trim(),
  ...(field && { field }),
  depth,
});

/** What the grammar expects at the caret. */
export const contextAt = (text: string, caret: number): Context => {
  const { tokens, open } = readTo(text, caret);
  if (open) {
    const partial = partialField(text, tokens, open.start);
    const { state, depth } = walk(text, tokens, tokens.length);
    if (state.at === "value") return valueContext(text, caret, open.start, state, depth);
    const before = walk(text, tokens, partial?.index ?? tokens.length);
    return fieldContext(
      text,
      before.state.at === "field" ? (partial?.start ?? open.start) : open.start,
      caret,
      before.depth,
    );
  }
  const last = tokens.at(-1);
  const touching = last?.end === caret ? last : undefined;
  if (touching && touching.type !== "(" && touching.type !== ")" && touching.type !== ",") {
    const partial = partialField(text, tokens, caret);
    if (partial) {
      const { state, depth } = walk(text, tokens, partial.index);
      if (state.at === "field") return fieldContext(text, partial.start, caret, depth);
      if (state.at === "value") return valueContext(text, caret, partial.start, state, depth);
    }
    const { state, depth } = walk(text, tokens, tokens.length - 1);
    const to = endOfToken(text, caret);
    const at = { from: touching.start, to, typed: touching.text, depth };
    if (state.at === "operator") return operatorContext(text, caret, state.start ?? touching.start, state, depth);
    if (state.at === "value" && touching.type !== "operator")
      return valueContext(text, caret, touching.start, state, depth);
    if (state.at === "join") return { expects: "join", ...at };
  }
  const { state, depth } = walk(text, tokens, tokens.length);
  const here = { from: caret, to: caret, typed: "", depth };
  if (state.at === "field") return { expects: "field", ...here };
  if (state.at === "value") return valueContext(text, caret, caret, state, depth);
  if (state.at === "operator") return operatorContext(text, caret, state.start ?? caret, state, depth);
  return { expects: "join", ...here };
};
