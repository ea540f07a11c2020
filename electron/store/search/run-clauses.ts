/** What the clauses of a run filter mean, as conditions on `r` (a row of runs). */
import type { Clause } from "../../../shared/search/ast.ts";
import { type Columns, columnOf } from "./columns.ts";
import { compareColumn } from "./compile.ts";
import { type Sql, sql } from "./sql.ts";

/** Id of a key in the dictionary of keys; undefined where no run has it. */
export type FindKey = (name: string) => number | undefined;

/** Attributes of runs as columns. A run's artifacts are always at home here, so their URI is computed. */
export const RUN_COLUMNS: Columns = {
  run_id: { value: sql`r.run_id`, type: "text" },
  run_name: { value: sql`r.name`, type: "text" },
  user_id: { value: sql`r.user_id`, type: "text" },
  status: { value: sql`r.status`, type: "text" },
  start_time: { value: sql`r.start_time`, type: "integer", nullable: true },
  end_time: { value: sql`r.end_time`, type: "integer", nullable: true },
  artifact_uri: {
    value: sql`('mlflow-artifacts:/' || coalesce(r.home, r.experiment) || '/' || r.run_id || '/artifacts')`,
    type: "text",
  },
};

const DATASET_COLUMNS: Columns = {
  name: { value: sql`d.name`, type: "text" },
  digest: { value: sql`d.digest`, type: "text" },
  context: { value: sql`i.context`, type: "text" },
};

/** Source: MLflow filters run_name through this tag, which can be deleted while the name stays. */
export const RUN_NAME_TAG = "mlflow.runName";

export const TABLES = { param: sql`params`, tag: sql`run_tags` } as const;

/** NaN is unequal to everything and else compares with nothing. */
export const compareMetric = (clause: Clause): Sql =>
  clause.comparator === "!="
    ? sql`(t.is_nan = 1 OR ${compareColumn(sql`t.value`, clause)})`
    : sql`t.is_nan = 0 AND ${compareColumn(sql`t.value`, clause)}`;

const compileKeyed = (table: Sql, key: number | undefined, clause: Clause): Sql => {
  if (key === undefined) return clause.comparator === "IS NULL" ? sql`1` : sql`0`;
  const row = sql`SELECT 1 FROM ${table} AS t WHERE t.run = r.id AND t.key = ${key}`;
  if (clause.type === "presence")
    return clause.comparator === "IS NULL" ? sql`NOT EXISTS (${row})` : sql`EXISTS (${row})`;
  return sql`EXISTS (${row} AND ${clause.field.kind === "metric" ? compareMetric(clause) : compareColumn(sql`t.value`, clause)})`;
};

/** Where a clause looks: the table and key of what is logged, or undefined for attributes and datasets. */
export const loggedPlace = (clause: Clause): { readonly table: Sql; readonly key: string } | undefined => {
  const { kind, key } = clause.field;
  if (kind === "metric") return { table: sql`latest_metrics`, key };
  if (kind === "param" || kind === "tag") return { table: TABLES[kind], key };
  return kind === "attribute" && key === "run_name" ? { table: TABLES.tag, key: RUN_NAME_TAG } : undefined;
};

export const createRunClauseCompiler =
  (findKey: FindKey) =>
  (clause: Clause): Sql => {
    const logged = loggedPlace(clause);
    if (logged) return compileKeyed(logged.table, findKey(logged.key), clause);
    const { kind, key } = clause.field;
    if (kind === "dataset")
      return sql`EXISTS (SELECT 1 FROM run_datasets AS i JOIN datasets AS d ON d.id = i.dataset
        WHERE i.run = r.id AND ${compareColumn(columnOf(DATASET_COLUMNS, key).value, clause)})`;
    return compareColumn(columnOf(RUN_COLUMNS, key).value, clause);
  };
