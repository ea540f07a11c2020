import type { Field } from "./ast.ts";
import type { AttributeField, Grammar } from "./fields.ts";
import { SearchError } from "./search-error.ts";
import type { Token } from "./tokens.ts";

/** The source of one identifier: `name`, `prefix.key`, `prefix.a.b`, any part quoted. */
export interface Identifier {
  readonly text: string;
  readonly start: number;
  /** Index of the token behind it. */
  readonly next: number;
}

/** Words that no bare attribute has and that end a condition. */
export const RESERVED: ReadonlySet<string> = new Set(["AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE"]);
/** sqlparse reads these as keywords even behind a dot. */
export const KEYWORDS_BEHIND_DOT: ReadonlySet<string> = new Set(["CASE", "IN", "VALUES", "USING", "FROM", "AS"]);

const isName = (token: Token): boolean =>
  token.type === "backtick" ||
  token.type === "double" ||
  (token.type === "word" && !RESERVED.has(token.text.toUpperCase()));

const isKey = (token: Token, dot: Token): boolean => {
  if (token.start !== dot.end) return false;
  if (token.type === "word" && KEYWORDS_BEHIND_DOT.has(token.text.toUpperCase()))
    throw new SearchError(`Quote the key '${token.text}' with backticks: bare it is a keyword`, token.start);
  return token.type === "word" || token.type === "backtick" || token.type === "double" || token.type === "single";
};

/** The identifier that begins at token `at`, if one does. Dots join its parts; a dot may also end it (an empty key). */
export const identifierAt = (text: string, tokens: readonly Token[], at: number): Identifier | undefined => {
  const first = tokens[at];
  if (!first || (first.type === "word" ? tokens[at + 1]?.type !== "." && !isName(first) : !isName(first)))
    return undefined;
  let last = first;
  let next = at + 1;
  for (let dot = tokens[next]; dot?.type === "."; dot = tokens[next]) {
    last = dot;
    next++;
    const part = tokens[next];
    if (part && isKey(part, dot)) {
      last = part;
      next++;
    }
  }
  return { text: text.slice(first.start, last.end), start: first.start, next };
};

const isQuotedBy = (text: string, quote: string): boolean =>
  text.length >= 2 && text.startsWith(quote) && text.endsWith(quote);
const unquote = (text: string): string => (isQuotedBy(text, "'") || isQuotedBy(text, '"') ? text.slice(1, -1) : text);
const trimBackticks = (text: string): string => (isQuotedBy(text, "`") ? text.slice(1, -1) : text);
const stripAll = (text: string, char: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === char) start++;
  while (end > start && text[end - 1] === char) end--;
  return text.slice(start, end);
};
/** Python's `strip`, which MLflow's logged models use on values too. */
export const stripQuotes = (text: string): string => stripAll(text, "'");

/** A key without its quotes, as the entity's parser in MLflow takes them off. */
export const keyOf = (grammar: Grammar, text: string): string =>
  grammar.loose ? stripAll(text, "`") : trimBackticks(unquote(text));

/** Splits at the first dot, which MLflow looks for before it looks at quotes. */
export const splitIdentifier = (text: string): readonly [prefix: string | undefined, key: string] => {
  const dot = text.indexOf(".");
  return dot < 0 ? [undefined, text] : [text.slice(0, dot), text.slice(dot + 1)];
};

const oneOf = (names: Iterable<string>): string => [...names].map((name) => `'${name}'`).join(", ");

/** @throws SearchError for a prefix or an attribute that the entity does not have. */
export const resolveField = (grammar: Grammar, identifier: Identifier): Field & { attribute?: AttributeField } => {
  const [prefix, rest] = splitIdentifier(identifier.text);
  const kind =
    prefix === undefined ? "attribute" : grammar.prefixes.get(grammar.quotedPrefix ? trimBackticks(prefix) : prefix);
  if (kind === undefined)
    throw new SearchError(
      `Invalid entity type '${prefix}' at position ${identifier.start + 1}. Valid values are ${oneOf(grammar.prefixes.keys())}`,
      identifier.start,
    );
  const key = keyOf(grammar, rest);
  if (kind === "dataset" && !grammar.datasetKeys.includes(key))
    throw new SearchError(
      `Invalid dataset key '${key}'. Valid keys are ${oneOf(grammar.datasetKeys)}`,
      identifier.start,
    );
  if (kind !== "attribute") return { kind, key };
  const attribute = grammar.attributes.get(grammar.quotedAttributes ? key : rest);
  if (!attribute)
    throw new SearchError(
      `Invalid attribute key '${key}'. Valid keys are ${oneOf(grammar.attributes.keys())}`,
      identifier.start,
    );
  return { kind, key: attribute.key, attribute };
};
