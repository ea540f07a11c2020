/**
 * Reads MLflow's filter strings into one syntax tree. Beyond MLflow: OR, NOT, parentheses, and IN on every text.
 * Pure: the server compiles the tree to SQL, the search bar marks the position of an error.
 */
import { type Clause, type Comparator, type Filter, matchAll, type Numeric } from "./ast.ts";
import { comparatorsOf, type Entity, type Grammar, grammars, type ValueType } from "./fields.ts";
import { identifierAt, RESERVED, resolveField, stripQuotes } from "./identifiers.ts";
import { SearchError } from "./search-error.ts";
import { type Token, tokenize } from "./tokens.ts";
import { textListAt } from "./text-list.ts";

export const MAX_CLAUSES = 200;
const MAX_DEPTH = 50;

interface Reader {
  readonly text: string;
  readonly grammar: Grammar;
  readonly tokens: readonly Token[];
  at: number;
  clauses: number;
  /** Where MLflow's leniency was used (an AND too many, or none): only read as such while nothing else than AND joins. */
  lenientAt: number | undefined;
  /** Whether OR, NOT or parentheses occur. */
  logical: boolean;
}

const END: Token = { type: "end", text: "", start: 0, end: 0 };
const peek = (reader: Reader, ahead = 0): Token => reader.tokens[reader.at + ahead] ?? reader.tokens.at(-1) ?? END;
const isWord = (token: Token, word: string): boolean => token.type === "word" && token.text.toUpperCase() === word;

const show = (token: Token): string => (token.type === "end" ? "the end" : `'${token.text.slice(0, 40)}'`);
const fail = (message: string, token: Token): never => {
  throw new SearchError(`${message} at position ${token.start + 1}`, token.start);
};

/** Without an AND between, sqlparse takes the name before IN or IS for an alias of the comparison before it. */
const mayFollow = (previous: Filter, next: Filter): boolean =>
  previous.type === "presence" || (next.type !== "list" && next.type !== "presence");

const readAnd = (reader: Reader, depth: number): Filter => {
  const terms: Filter[] = [];
  let joined = false;
  for (;;) {
    const token = peek(reader);
    if (isWord(token, "AND")) {
      if (joined || terms.length === 0) reader.lenientAt ??= token.start;
      joined = true;
      reader.at++;
      continue;
    }
    if (token.type === "end" || token.type === ")" || isWord(token, "OR")) {
      if (joined) reader.lenientAt ??= token.start;
      if (terms.length === 0 && (depth > 0 || !joined)) fail(`A condition is missing before ${show(token)}`, token);
      return terms.length === 1 && terms[0] ? terms[0] : { type: "and", terms };
    }
    const previous = terms.at(-1);
    const unjoined = previous !== undefined && !joined;
    if (unjoined) reader.lenientAt ??= token.start;
    const term = readNot(reader, depth);
    if (unjoined && !mayFollow(previous, term)) fail("An AND is missing", token);
    terms.push(term);
    joined = false;
  }
};

const readOr = (reader: Reader, depth: number): Filter => {
  const first = readAnd(reader, depth);
  if (!isWord(peek(reader), "OR")) return first;
  reader.logical = true;
  const terms = [first];
  while (isWord(peek(reader), "OR")) {
    reader.at++;
    terms.push(readAnd(reader, depth));
  }
  return { type: "or", terms };
};

const readNot = (reader: Reader, depth: number): Filter => {
  let negated = false;
  while (isWord(peek(reader), "NOT")) {
    reader.logical = true;
    negated = !negated;
    reader.at++;
  }
  const term = readTerm(reader, depth);
  return negated ? { type: "not", term } : term;
};

const readTerm = (reader: Reader, depth: number): Filter => {
  const open = peek(reader);
  if (open.type !== "(") return readClause(reader);
  if (depth >= MAX_DEPTH) fail(`Parentheses nest deeper than ${MAX_DEPTH} levels`, open);
  reader.logical = true;
  reader.at++;
  const filter = readOr(reader, depth + 1);
  if (peek(reader).type !== ")")
    fail(`The parenthesis at position ${open.start + 1} is not closed; found ${show(peek(reader))}`, peek(reader));
  reader.at++;
  return filter;
};

const COMPARATORS: ReadonlySet<string> = new Set(["=", "!=", "<", "<=", ">", ">="]);
const isComparison = (text: string): text is "=" | "!=" | "<" | "<=" | ">" | ">=" => COMPARATORS.has(text);

const readComparator = (reader: Reader): Comparator => {
  const token = peek(reader);
  if (token.type === "operator" && isComparison(token.text)) {
    reader.at++;
    return token.text;
  }
  const upper = token.type === "word" ? token.text.toUpperCase() : "";
  if (upper === "LIKE" || upper === "ILIKE" || upper === "IN") {
    if (!reader.grammar.anyCase && token.text !== upper) fail(`Write ${upper} in capitals`, token);
    reader.at++;
    return upper;
  }
  if (upper === "NOT" && isWord(peek(reader, 1), "IN")) {
    reader.at += 2;
    return "NOT IN";
  }
  if (upper === "IS") {
    const not = isWord(peek(reader, 1), "NOT");
    if (!isWord(peek(reader, not ? 2 : 1), "NULL")) fail("Only IS NULL and IS NOT NULL can follow", token);
    reader.at += not ? 3 : 2;
    return not ? "IS NOT NULL" : "IS NULL";
  }
  return fail(`A comparator like = or LIKE is missing, found ${show(token)}`, token);
};

const toInteger = (text: string, token: Token): Numeric => {
  const digits = text.trim().replaceAll("_", "");
  if (!/^[+-]?\d+$/.test(digits)) fail(`Expected an integer, found ${show(token)}`, token);
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits.replace("+", ""));
};

const readNumber = (reader: Reader, value: ValueType | undefined): Numeric => {
  const token = peek(reader);
  const quoted = value === "count" && (token.type === "single" || token.type === "double");
  if (token.type !== "integer" && token.type !== "float" && !quoted)
    fail(`Expected a number without quotes, found ${show(token)}`, token);
  if (token.type === "float" && (value === "integer" || value === "count"))
    fail(`Expected an integer, found ${show(token)}`, token);
  reader.at++;
  if (quoted) return toInteger(token.text.slice(1, -1), token);
  return token.type === "integer" && value !== undefined ? toInteger(token.text, token) : Number(token.text);
};

const readText = (reader: Reader): string => {
  const token = peek(reader);
  if (reader.grammar.loose) {
    if (token.type === "single" || token.type === "double" || token.type === "integer" || token.type === "float") {
      reader.at++;
      return stripQuotes(token.text);
    }
    const isNull = isWord(token, "NULL");
    const bare =
      isNull || !RESERVED.has(token.text.toUpperCase())
        ? identifierAt(reader.text, reader.tokens, reader.at)
        : undefined;
    if (isNull || bare) {
      reader.at = bare?.next ?? reader.at + 1;
      return bare?.text ?? token.text;
    }
  }
  if (token.type !== "single" && token.type !== "double")
    fail(`Expected a text in quotes like 'my-value', found ${show(token)}`, token);
  reader.at++;
  return token.text.slice(1, -1);
};

const readClause = (reader: Reader): Clause => {
  const token = peek(reader);
  const identifier = identifierAt(reader.text, reader.tokens, reader.at);
  if (!identifier) return fail(`Expected a condition like metrics.accuracy > 0.9, found ${show(token)}`, token);
  if (++reader.clauses > MAX_CLAUSES) fail(`A filter may have at most ${MAX_CLAUSES} conditions`, token);
  reader.at = identifier.next;
  const { attribute, ...field } = resolveField(reader.grammar, identifier);
  const operator = peek(reader);
  const comparator = readComparator(reader);
  const allowed = comparatorsOf(reader.grammar, field.kind, attribute?.value);
  if (!allowed.includes(comparator))
    fail(`'${identifier.text}' cannot be compared with ${comparator}, only with ${allowed.join(", ")}`, operator);
  if (comparator === "IS NULL" || comparator === "IS NOT NULL") return { type: "presence", field, comparator };
  if (comparator === "IN" || comparator === "NOT IN") {
    const list = textListAt(reader.tokens, reader.at);
    reader.at = list.next;
    const values =
      attribute?.value === "id" ? list.values.map((value) => String(toInteger(value, operator))) : list.values;
    return { type: "list", field, comparator, values };
  }
  if (
    comparator !== "LIKE" &&
    comparator !== "ILIKE" &&
    (field.kind === "metric" || (attribute && attribute.value !== "text" && attribute.value !== "id"))
  )
    return { type: "number", field, comparator, value: readNumber(reader, attribute?.value) };
  const value = readText(reader);
  return {
    type: "text",
    field,
    comparator,
    value: attribute?.value === "id" ? String(toInteger(value, operator)) : value,
  };
};

/**
 * The meaning of a filter on one kind of entity; an empty one matches everything.
 * @throws SearchError (`invalid`) with the position, for everything that is not a filter of this entity.
 */
export const parseFilter = (entity: Entity, text: string | undefined): Filter => {
  if (text === undefined || text === "") return matchAll;
  const tokens = tokenize(text);
  const reader: Reader = {
    text,
    grammar: grammars[entity],
    tokens,
    at: 0,
    clauses: 0,
    lenientAt: undefined,
    logical: false,
  };
  const filter = readOr(reader, 0);
  const rest = peek(reader);
  if (rest.type !== "end") fail(`Unexpected ${show(rest)}`, rest);
  if (reader.logical && reader.lenientAt !== undefined)
    throw new SearchError(`An AND or a condition is missing at position ${reader.lenientAt + 1}`, reader.lenientAt);
  return filter;
};
