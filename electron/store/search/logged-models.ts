/** Searches logged models; deleted ones never. */
import { type Clause, clausesOf } from "../../../shared/search/ast.ts";
import { DomainError } from "../../../shared/errors.ts";
import { type LoggedModelOrder, parseLoggedModelOrder } from "../../../shared/search/parse-order.ts";
import { parseFilter } from "../../../shared/search/parse-filter.ts";
import type { Database } from "../database.ts";
import { type Columns, columnKey, columnOf } from "./columns.ts";
import { compareColumn, compareTag, compileFilter } from "./compile.ts";
import { searchDigest } from "./page-token.ts";
import { assertPageSize, findPage, type Found, type PageRequest } from "./page.ts";
import type { SortKey } from "./sort.ts";
import { any, createRunner, list, type Sql, sql } from "./sql.ts";

/** Metrics on this dataset; without a digest, those that have none (as MLflow's server reads it). */
export interface DatasetFilter {
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

export interface LoggedModelSearch extends PageRequest {
  readonly experimentIds: readonly number[];
  readonly filter: string | undefined;
  readonly datasets: readonly DatasetFilter[];
  readonly orderBy: readonly LoggedModelOrder[];
}

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 50_000;
const text = (value: Sql, nullable = false) => ({ value, type: "text" as const, nullable });
const COLUMNS: Columns = {
  name: text(sql`l.name`),
  model_id: text(sql`l.model_id`),
  model_type: text(sql`l.model_type`, true),
  source_run_id: text(sql`l.source_run_id`, true),
  status_message: text(sql`l.status_message`, true),
  lifecycle_stage: text(sql`l.lifecycle_stage`),
  artifact_location: text(
    sql`('mlflow-artifacts:/' || coalesce(l.home, l.experiment) || '/models/' || l.model_id || '/artifacts')`,
  ),
  status: { value: sql`l.status`, type: "integer" },
  experiment_id: { value: sql`l.experiment`, type: "integer" },
  creation_timestamp_ms: { value: sql`l.creation_timestamp_ms`, type: "integer" },
  last_updated_timestamp_ms: { value: sql`l.last_updated_timestamp_ms`, type: "integer" },
};
const SOURCE = { from: sql`logged_models AS l`, id: sql`l.id` };
const METRICS = sql`logged_model_metrics AS t WHERE t.model = l.id`;

const onDatasets = (datasets: readonly DatasetFilter[]): Sql =>
  any(
    datasets.map(({ datasetName, datasetDigest }) => {
      if (!datasetName) throw new DomainError("invalid", "`dataset_name` in the `datasets` clause must be specified");
      return sql`(t.dataset_name = ${datasetName} AND t.dataset_digest IS ${datasetDigest ?? null})`;
    }),
  );

const clauseCompiler =
  (datasets: Sql) =>
  (clause: Clause): Sql => {
    const { kind, key } = clause.field;
    if (kind === "param") return compareTag(sql`logged_model_params AS t WHERE t.model = l.id`, clause);
    if (kind === "tag") return compareTag(sql`logged_model_tags AS t WHERE t.model = l.id`, clause);
    // MLflow on SQLite stores NaN as NULL here: it compares with nothing.
    if (kind === "metric")
      return sql`EXISTS (SELECT 1 FROM ${METRICS} AND t.key = ${key} AND t.is_nan = 0 AND ${compareColumn(sql`t.value`, clause)} AND ${datasets})`;
    return compareColumn(columnOf(COLUMNS, key).value, clause);
  };

/** The latest value of a metric, or nothing where it is NaN. */
const metricKey = ({
  field,
  ascending,
  datasetName,
  datasetDigest,
}: LoggedModelOrder & { field: { key: string } }): SortKey => {
  const named = datasetName ? sql`AND t.dataset_name = ${datasetName}` : sql``;
  const digested = datasetDigest ? sql`AND t.dataset_digest = ${datasetDigest}` : sql``;
  const value = sql`(SELECT CASE t.is_nan WHEN 0 THEN t.value END FROM ${METRICS} AND t.key = ${field.key} ${named} ${digested}
    ORDER BY t.timestamp DESC, t.step DESC, t.run_id LIMIT 1)`;
  return { rank: sql`(${value} IS NULL) * 2`, value, ascending, type: "real" };
};

const sortKeys = (orders: readonly LoggedModelOrder[]): readonly SortKey[] => {
  const parsed = orders.map((order) => ({ ...order, field: parseLoggedModelOrder(order) }));
  const named = (key: string): boolean => parsed.some(({ field }) => field.kind === "attribute" && field.key === key);
  return [
    ...parsed.map((order) =>
      order.field.kind === "metric" ? metricKey(order) : columnKey(columnOf(COLUMNS, order.field.key), order.ascending),
    ),
    ...(named("creation_timestamp_ms") ? [] : [columnKey(columnOf(COLUMNS, "creation_timestamp_ms"), false)]),
    ...(named("model_id") ? [] : [columnKey(columnOf(COLUMNS, "model_id"), true)]),
  ];
};

/** Searches logged models by MLflow's filters and orders; newest first by default. Ids are `logged_models.id`. */
export const createLoggedModelSearch = (db: Database) => {
  const run = createRunner(db);

  /** @throws DomainError `invalid` for a filter, order, dataset, page size or token that cannot be. */
  const search = (request: LoggedModelSearch): Found => {
    const { experimentIds, datasets, orderBy } = request;
    const maxResults = request.maxResults === 0 ? DEFAULT_RESULTS : request.maxResults;
    assertPageSize(maxResults, -1, Infinity);
    const filter = parseFilter("loggedModels", request.filter);
    const keys = sortKeys(orderBy);
    const measured = datasets.length > 0 ? onDatasets(datasets) : sql`1`;
    const byMetric = clausesOf(filter).some(({ field }) => field.kind === "metric");
    const where = [
      sql`l.experiment IN ${list(experimentIds)}`,
      sql`l.lifecycle_stage <> 'deleted'`,
      compileFilter(filter, clauseCompiler(measured)),
      ...(datasets.length > 0 && !byMetric ? [sql`EXISTS (SELECT 1 FROM ${METRICS} AND ${measured})`] : []),
    ];
    const digest = searchDigest(["loggedModels", experimentIds, request.filter ?? "", datasets, orderBy]);
    const page = { maxResults: Math.min(maxResults, MAX_RESULTS), pageToken: request.pageToken };
    return findPage(db, run, { source: SOURCE, where, keys, digest, ownTokensOnly: true }, page);
  };

  return { search };
};
