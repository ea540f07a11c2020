/** The part of GraphQL's grammar that clients use: operations, variables, arguments, aliases, fragments. */

export type Value =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "enum"; readonly name: string }
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Value>> };

export interface Field {
  readonly kind: "field";
  readonly name: string;
  readonly alias: string;
  readonly args: Readonly<Record<string, Value>>;
  readonly selections: readonly Selection[] | null;
}
export type Selection =
  | Field
  | { readonly kind: "spread"; readonly name: string }
  | { readonly kind: "inline"; readonly on: string | null; readonly selections: readonly Selection[] };

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly fallback: Value | null;
}
export interface Operation {
  readonly type: "query" | "mutation";
  readonly name: string | null;
  readonly variables: readonly Variable[];
  readonly selections: readonly Selection[];
}
export interface Document {
  readonly operations: readonly Operation[];
  readonly fragments: Readonly<Record<string, readonly Selection[]>>;
}

/** Said to the client as an error of the query. */
export class QueryError extends Error {
  override readonly name = "QueryError";
}

const TOKEN =
  /("""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(\.\.\.|[{}()[\]:!$=@|])/y;

const tokensOf = (source: string): readonly string[] => {
  const text = source.replace(/#[^\n]*/g, "");
  const tokens: string[] = [];
  let at = 0;
  for (;;) {
    at += /^[\s,\uFEFF]*/.exec(text.slice(at))?.[0].length ?? 0;
    if (at >= text.length) return tokens;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw new QueryError(`Parse error on "${text.slice(at, at + 1)}" (error)`);
    tokens.push(match[0]);
    at = TOKEN.lastIndex;
  }
};

const isName = (token: string | undefined): token is string => token !== undefined && /^[A-Za-z_]/.test(token);

class Parser {
  readonly tokens: readonly string[];
  at = 0;
  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }
  peek(): string | undefined {
    return this.tokens[this.at];
  }
  fail(): never {
    const token = this.peek();
    throw new QueryError(token === undefined ? "Unexpected end of document" : `Parse error on "${token}"`);
  }
  take(wanted: string): void {
    if (this.peek() !== wanted) this.fail();
    this.at += 1;
  }
  skip(wanted: string): boolean {
    if (this.peek() !== wanted) return false;
    this.at += 1;
    return true;
  }
  name(): string {
    const token = this.peek();
    if (!isName(token)) return this.fail();
    this.at += 1;
    return token;
  }

  value(): Value {
    const token = this.peek();
    if (token === undefined) return this.fail();
    if (this.skip("$")) return { kind: "variable", name: this.name() };
    if (this.skip("[")) {
      const items: Value[] = [];
      while (!this.skip("]")) items.push(this.value());
      return { kind: "list", items };
    }
    if (this.skip("{")) {
      const fields: Record<string, Value> = {};
      while (!this.skip("}")) Object.assign(fields, this.pair());
      return { kind: "object", fields };
    }
    this.at += 1;
    if (token.startsWith('"""')) return { kind: "scalar", value: token.slice(3, -3) };
    if (token.startsWith('"')) return { kind: "scalar", value: String(JSON.parse(token)) };
    if (/^-?\d/.test(token)) return { kind: "scalar", value: Number(token) };
    if (token === "true" || token === "false") return { kind: "scalar", value: token === "true" };
    if (token === "null") return { kind: "scalar", value: null };
    if (isName(token)) return { kind: "enum", name: token };
    this.at -= 1;
    return this.fail();
  }

  pair(): Record<string, Value> {
    const name = this.name();
    this.take(":");
    return { [name]: this.value() };
  }

  args(): Record<string, Value> {
    const out: Record<string, Value> = {};
    if (this.skip("(")) while (!this.skip(")")) Object.assign(out, this.pair());
    return out;
  }

  selection(): Selection {
    if (this.skip("...")) {
      if (this.peek() !== "on" && isName(this.peek())) return { kind: "spread", name: this.name() };
      const on = this.skip("on") ? this.name() : null;
      return { kind: "inline", on, selections: this.selections() };
    }
    const first = this.name();
    const name = this.skip(":") ? this.name() : first;
    const args = this.args();
    return { kind: "field", name, alias: first, args, selections: this.peek() === "{" ? this.selections() : null };
  }

  selections(): readonly Selection[] {
    this.take("{");
    const out: Selection[] = [];
    while (!this.skip("}")) out.push(this.selection());
    return out.length > 0 ? out : this.fail();
  }

  variable(): Variable {
    this.take("$");
    const name = this.name();
    this.take(":");
    const isList = this.skip("[");
    const type = this.name();
    if (isList) {
      this.skip("!");
      this.take("]");
    }
    const required = this.skip("!");
    return { name, type: isList ? `[${type}]` : type, required, fallback: this.skip("=") ? this.value() : null };
  }

  operation(type: "query" | "mutation"): Operation {
    const name = isName(this.peek()) ? this.name() : null;
    const variables: Variable[] = [];
    if (this.skip("(")) while (!this.skip(")")) variables.push(this.variable());
    return { type, name, variables, selections: this.selections() };
  }
}

/** @throws QueryError for what is no GraphQL, or none that is understood here */
export const parse = (source: string): Document => {
  const parser = new Parser(tokensOf(source));
  const operations: Operation[] = [];
  const fragments: Record<string, readonly Selection[]> = {};
  while (parser.peek() !== undefined) {
    if (parser.peek() === "{") operations.push(parser.operation("query"));
    else if (parser.skip("query")) operations.push(parser.operation("query"));
    else if (parser.skip("mutation")) operations.push(parser.operation("mutation"));
    else if (parser.skip("fragment")) {
      const name = parser.name();
      parser.take("on");
      parser.name();
      fragments[name] = parser.selections();
    } else parser.fail();
  }
  return { operations, fragments };
};
