/** SQL in pieces. Text comes from templates in this folder only; every value becomes a bound parameter. */
import type { Database } from "../database.ts";

export type Value = string | number | bigint | null;

export interface Sql {
  readonly text: string;
  readonly values: readonly Value[];
}

const isSql = (part: Sql | Value): part is Sql => typeof part === "object" && part !== null;

/** A piece of SQL: `${value}` binds, `${piece}` nests. */
export const sql = (strings: TemplateStringsArray, ...parts: readonly (Sql | Value)[]): Sql => {
  let text = strings[0] ?? "";
  const values: Value[] = [];
  for (const [i, part] of parts.entries()) {
    if (isSql(part)) {
      text += part.text;
      values.push(...part.values);
    } else {
      text += "?";
      values.push(part);
    }
    text += strings[i + 1] ?? "";
  }
  return { text, values };
};

/** Pieces with a separator between them; the separator is code, not input. */
export const join = (pieces: readonly Sql[], separator: ", " | " AND " | " OR " | " UNION ALL "): Sql => ({
  text: pieces.map((piece) => piece.text).join(separator),
  values: pieces.flatMap((piece) => piece.values),
});

export const all = (conditions: readonly Sql[]): Sql => (conditions.length === 0 ? sql`1` : join(conditions, " AND "));
export const any = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`0` : sql`(${join(conditions, " OR ")})`;

/** `(?, ?, …)`: one parameter per value, so that an index sees them. */
export const list = (values: readonly Value[]): Sql =>
  sql`(${join(
    values.map((value) => sql`${value}`),
    ", ",
  )})`;

const MAX_STATEMENTS = 200;

/** Runs pieces; statements are kept, as preparing costs more than many a search. */
export const createRunner = (db: Database) => {
  const statements = new Map<string, ReturnType<Database["prepare"]>>();
  const prepare = (text: string) => {
    const known = statements.get(text);
    if (known) return known;
    if (statements.size >= MAX_STATEMENTS) statements.clear();
    const statement = db.prepare(text);
    if (statement.reader) statement.raw();
    statements.set(text, statement);
    return statement;
  };
  return {
    /** The first column of every row; it must hold integers. */
    ids: ({ text, values }: Sql): number[] =>
      prepare(text)
        .all(...values)
        .map((row) => firstNumber(row)),
    /** Every row as a list of its columns. */
    rows: ({ text, values }: Sql): readonly (readonly unknown[])[] =>
      prepare(text)
        .all(...values)
        .filter((row) => Array.isArray(row)),
    /** The first row. */
    row: ({ text, values }: Sql): readonly unknown[] | undefined => {
      const row: unknown = prepare(text).get(...values);
      return Array.isArray(row) ? row : undefined;
    },
  };
};
export type Runner = ReturnType<typeof createRunner>;

const firstNumber = (row: unknown): number => {
  const value: unknown = Array.isArray(row) ? row[0] : undefined;
  if (typeof value !== "number") throw new TypeError("A search selects integer ids");
  return value;
};
