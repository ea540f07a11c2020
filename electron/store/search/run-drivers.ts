/** Where a rare match is found at once: the runs that one clause of a conjunction can match at most, from its index. */
import { type Clause, conjuncts, type Filter } from "../../../shared/search/ast.ts";
import { compareColumn } from "./compile.ts";
import { afterPrefix, compareText, headOf, HEAD_LENGTH, prefixOf } from "./like.ts";
import { compareMetric, type FindKey, loggedPlace } from "./run-clauses.ts";
import type { Scope } from "./run-walk.ts";
import { all, list, type Sql, sql } from "./sql.ts";

/** Narrows an index on `head` to what `clause` may match; long values are compared whole later. */
const headRange = (clause: Clause): Sql => {
  if (clause.type === "list" && clause.comparator === "IN") return sql`t.head IN ${list(clause.values.map(headOf))}`;
  if (clause.type !== "text") return sql`1`;
  if (clause.comparator === "=") return sql`t.head = ${headOf(clause.value)}`;
  if (clause.comparator !== "LIKE" && clause.comparator !== "ILIKE") return sql`1`;
  const perhaps = sql`(length(t.head) = ${HEAD_LENGTH} OR ${compareText(sql`t.head`, clause.comparator, clause.value)})`;
  const prefix = clause.comparator === "LIKE" ? prefixOf(clause.value) : "";
  if (prefix === "") return perhaps;
  const after = afterPrefix(prefix);
  return all([sql`t.head >= ${prefix}`, ...(after === undefined ? [] : [sql`t.head < ${after}`]), perhaps]);
};

/** Runs that one clause can match, by an index. */
export interface Driver {
  readonly sql: Sql; // selects `run`, each run once
  /** Whether the index leads to the matches; else all of a key's values are read and compared. */
  readonly narrow: boolean;
}

/** Whether `headRange` leaves out most of a key's values. */
const isNarrow = (clause: Clause): boolean =>
  clause.type === "number" || (clause.type === "list" ? clause.comparator === "IN" : isNarrowText(clause));
const isNarrowText = (clause: Clause): boolean =>
  clause.type === "text" &&
  (clause.comparator === "=" || (clause.comparator === "LIKE" && prefixOf(clause.value) !== ""));

const driverOf = (clause: Clause, scope: Scope, findKey: FindKey): Driver | undefined => {
  const logged = loggedPlace(clause);
  if (logged) {
    if (clause.comparator === "IS NULL") return undefined;
    // Of no run at all where the key is unknown: no row has the id NULL.
    const key = findKey(logged.key) ?? null;
    const of = sql`t.experiment IN ${list(scope.experiments)} AND t.key = ${key}`;
    if (clause.field.kind === "metric")
      return {
        sql: sql`SELECT t.run AS run FROM latest_metrics AS t INDEXED BY latest_metrics_by_value WHERE ${of} AND ${compareMetric(clause)}`,
        narrow: true,
      };
    const table =
      clause.field.kind === "param"
        ? sql`params AS t INDEXED BY params_by_value`
        : sql`run_tags AS t INDEXED BY run_tags_by_value`;
    return {
      sql: sql`SELECT t.run AS run FROM ${table} WHERE ${of} AND ${headRange(clause)}`,
      narrow: isNarrow(clause),
    };
  }
  const isRunId = clause.field.kind === "attribute" && clause.field.key === "run_id";
  return isRunId && (clause.comparator === "=" || clause.comparator === "IN")
    ? { sql: sql`SELECT r.id AS run FROM runs AS r WHERE ${compareColumn(sql`r.run_id`, clause)}`, narrow: true }
    : undefined;
};

/** One for each clause that has an index and that every match must meet. */
export const drivers = (filter: Filter, scope: Scope, findKey: FindKey): readonly Driver[] =>
  conjuncts(filter).flatMap((term) => {
    const driver = "field" in term ? driverOf(term, scope, findKey) : undefined;
    return driver ? [driver] : [];
  });
