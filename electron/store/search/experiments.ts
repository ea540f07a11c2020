/** Searches experiments. */
import type { Clause } from "../../../shared/search/ast.ts";
import { parseFilter } from "../../../shared/search/parse-filter.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";
import type { Database } from "../database.ts";
import { byColumn, type Columns, columnKeys, columnOf } from "./columns.ts";
import { compareColumn, compareTag, compileFilter } from "./compile.ts";
import { searchDigest } from "./page-token.ts";
import { assertPageSize, findPage, type Found, type SearchRequest } from "./page.ts";
import { createRunner, list, type Sql, sql } from "./sql.ts";
import { stagesOf, type ViewType } from "./view-type.ts";

export interface ExperimentSearch extends SearchRequest {
  readonly viewType: ViewType;
}

const MAX_RESULTS = 50_000;
const COLUMNS: Columns = {
  name: { value: sql`e.name`, type: "text" },
  experiment_id: { value: sql`e.id`, type: "integer" },
  creation_time: { value: sql`e.creation_time`, type: "integer" },
  last_update_time: { value: sql`e.last_update_time`, type: "integer" },
};
const SOURCE = { from: sql`experiments AS e`, id: sql`e.id` };
const NEWEST = [byColumn("creation_time", false), byColumn("experiment_id", true)];

const compileClause = (clause: Clause): Sql =>
  clause.field.kind === "tag"
    ? compareTag(sql`experiment_tags AS t WHERE t.experiment = e.id`, clause)
    : compareColumn(columnOf(COLUMNS, clause.field.key).value, clause);

/** Searches experiments by MLflow's filters and orders; newest first by default. Ids are `experiments.id`. */
export const createExperimentSearch = (db: Database) => {
  const run = createRunner(db);

  /** @throws DomainError `invalid` for a filter, order, page size or token that cannot be. */
  const search = (request: ExperimentSearch): Found => {
    assertPageSize(request.maxResults, 1, MAX_RESULTS);
    const filter = parseFilter("experiments", request.filter);
    const orders = parseOrder("experiments", request.orderBy);
    const keys = columnKeys(COLUMNS, orders.length > 0 ? orders : NEWEST, [byColumn("experiment_id", false)]);
    const where = [
      sql`e.lifecycle_stage IN ${list(stagesOf(request.viewType))}`,
      sql`e.model IS NULL`, // what holds the runs of a model's versions is no experiment of anybody's
      compileFilter(filter, compileClause),
    ];
    const digest = searchDigest(["experiments", request.viewType, request.filter ?? "", request.orderBy]);
    return findPage(db, run, { source: SOURCE, where, keys, digest }, request);
  };

  return { search };
};
