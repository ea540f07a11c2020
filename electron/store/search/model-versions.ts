/** Searches model versions; those in the trash never, those of prompts where the filter asks for them. */
import type { Clause } from "../../../shared/search/ast.ts";
import { parseFilter } from "../../../shared/search/parse-filter.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";
import type { Database } from "../database.ts";
import { byColumn, type Columns, columnKeys, columnOf } from "./columns.ts";
import { compareColumn, compareTag, compileFilter } from "./compile.ts";
import { searchDigest } from "./page-token.ts";
import { assertPageSize, findPage, type Found, type SearchRequest } from "./page.ts";
import { isPromptClause, wantsPrompts } from "./prompts.ts";
import { createRunner, type Sql, sql } from "./sql.ts";

const MAX_RESULTS = 200_000;
const COLUMNS: Columns = {
  name: { value: sql`m.name`, type: "text" },
  version_number: { value: sql`v.version`, type: "integer" },
  run_id: { value: sql`v.run_id`, type: "text", nullable: true },
  source_path: { value: sql`v.source`, type: "text" },
  creation_timestamp: { value: sql`v.creation_timestamp`, type: "integer" },
  last_updated_timestamp: { value: sql`v.last_updated_timestamp`, type: "integer" },
};
const SOURCE = { from: sql`model_versions AS v JOIN registered_models AS m ON m.id = v.model`, id: sql`v.id` };
const TAGS = sql`model_version_tags AS t WHERE t.version = v.id`;
const DEFAULT_ORDER = [
  byColumn("last_updated_timestamp", false),
  byColumn("name", true),
  byColumn("version_number", false),
];
const TIES = [byColumn("name", true), byColumn("version_number", false)];
/** One version marked as a prompt hides all of its model. */
const NOT_PROMPT = sql`v.model NOT IN (SELECT p.model FROM model_version_tags AS t JOIN model_versions AS p ON p.id = t.version
  WHERE t.key = 'mlflow.prompt.is_prompt' AND t.value = 'true')`;

const compileClause = (clause: Clause): Sql =>
  clause.field.kind === "tag"
    ? compareTag(TAGS, clause)
    : compareColumn(columnOf(COLUMNS, clause.field.key).value, clause);

/** Searches model versions by MLflow's filters and orders; last changed first by default. Ids are `model_versions.id`. */
export const createModelVersionSearch = (db: Database) => {
  const run = createRunner(db);

  /** @throws DomainError `invalid` for a filter, order, page size or token that cannot be. */
  const search = (request: SearchRequest): Found => {
    assertPageSize(request.maxResults, 1, MAX_RESULTS);
    const filter = parseFilter("modelVersions", request.filter);
    const orders = parseOrder("modelVersions", request.orderBy);
    const keys = columnKeys(COLUMNS, orders.length > 0 ? orders : DEFAULT_ORDER, TIES);
    const prompts = wantsPrompts(filter);
    const condition = compileFilter(filter, (clause) =>
      !prompts && isPromptClause(clause) ? sql`1` : compileClause(clause),
    );
    const where = [sql`v.trashed_at IS NULL`, sql`m.trashed_at IS NULL`, condition, ...(prompts ? [] : [NOT_PROMPT])];
    const digest = searchDigest(["modelVersions", request.filter ?? "", request.orderBy]);
    return findPage(db, run, { source: SOURCE, where, keys, digest }, request);
  };

  return { search };
};
