/** Filters of any entity as one condition; what a single clause means is the entity's. */
import type { Clause, Filter, Numeric } from "../../../shared/search/ast.ts";
import { all, any, list, type Sql, sql, type Value } from "./sql.ts";
import { comparison, compareText } from "./like.ts";

export type CompileClause = (clause: Clause) => Sql;

/** A condition that is true or not, never NULL once negated. */
export const compileFilter = (filter: Filter, compileClause: CompileClause): Sql => {
  if ("terms" in filter) {
    const terms = filter.terms.map((term) => compileFilter(term, compileClause));
    return filter.type === "and" ? sql`(${all(terms)})` : any(terms);
  }
  if ("term" in filter) return sql`(${compileFilter(filter.term, compileClause)}) IS NOT TRUE`;
  return compileClause(filter);
};

/** An integer too big for SQLite compares as a double, which is exact enough to be beyond all integers. */
const bindable = (value: Numeric): Value =>
  typeof value === "bigint" && BigInt.asIntN(64, value) !== value ? Number(value) : value;

/** `column` against the clause's value; false where the column is NULL. */
export const compareColumn = (column: Sql, clause: Clause): Sql => {
  switch (clause.type) {
    case "number":
      return sql`${column} ${comparison(clause.comparator)} ${bindable(clause.value)}`;
    case "text":
      return compareText(column, clause.comparator, clause.value);
    case "list":
      return clause.comparator === "IN"
        ? sql`${column} IN ${list(clause.values)}`
        : sql`${column} NOT IN ${list(clause.values)}`;
    case "presence":
      return clause.comparator === "IS NULL" ? sql`${column} IS NULL` : sql`${column} IS NOT NULL`;
  }
};

/** A tag or param in a table of its own: `rows` ends in the condition that finds the entity's rows, as `t`. */
export const compareTag = (rows: Sql, clause: Clause): Sql => {
  const row = sql`SELECT 1 FROM ${rows} AND t.key = ${clause.field.key}`;
  if (clause.type === "presence")
    return clause.comparator === "IS NULL" ? sql`NOT EXISTS (${row})` : sql`EXISTS (${row})`;
  return sql`EXISTS (${row} AND ${compareColumn(sql`t.value`, clause)})`;
};
