/** Searches registered models; those in the trash never, prompts where the filter asks for them. */
import type { Clause } from "../../../shared/search/ast.ts";
import { parseFilter } from "../../../shared/search/parse-filter.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";
import type { Database } from "../database.ts";
import { byColumn, type Columns, columnKeys, columnOf } from "./columns.ts";
import { compareColumn, compareTag, compileFilter } from "./compile.ts";
import { searchDigest } from "./page-token.ts";
import { assertPageSize, findPage, type Found, type SearchRequest } from "./page.ts";
import { IS_PROMPT_TAG, isPromptClause, wantsPrompts } from "./prompts.ts";
import { createRunner, type Sql, sql } from "./sql.ts";

const MAX_RESULTS = 1000;
const COLUMNS: Columns = {
  name: { value: sql`m.name`, type: "text" },
  last_updated_timestamp: { value: sql`m.last_updated_timestamp`, type: "integer" },
};
const SOURCE = { from: sql`registered_models AS m`, id: sql`m.id` };
const TAGS = sql`registered_model_tags AS t WHERE t.model = m.id`;
const NOT_PROMPT = sql`NOT EXISTS (SELECT 1 FROM ${TAGS} AND t.key = ${IS_PROMPT_TAG} AND t.value = 'true')`;

const compileClause = (clause: Clause): Sql =>
  clause.field.kind === "tag"
    ? compareTag(TAGS, clause)
    : compareColumn(columnOf(COLUMNS, clause.field.key).value, clause);

/** Searches registered models by MLflow's filters and orders; by name by default. Ids are `registered_models.id`. */
export const createRegisteredModelSearch = (db: Database) => {
  const run = createRunner(db);

  /** A `maxResults` of 0 or −1 finds none. @throws DomainError `invalid` for a filter, order, page size or token that cannot be. */
  const search = (request: SearchRequest): Found => {
    assertPageSize(request.maxResults, -1, MAX_RESULTS);
    const filter = parseFilter("registeredModels", request.filter);
    const keys = columnKeys(COLUMNS, parseOrder("registeredModels", request.orderBy), [byColumn("name", true)]);
    const prompts = wantsPrompts(filter);
    const condition = compileFilter(filter, (clause) =>
      !prompts && isPromptClause(clause) ? sql`1` : compileClause(clause),
    );
    const where = [sql`m.trashed_at IS NULL`, condition, ...(prompts ? [] : [NOT_PROMPT])];
    const digest = searchDigest(["registeredModels", request.filter ?? "", request.orderBy]);
    return findPage(db, run, { source: SOURCE, where, keys, digest }, request);
  };

  return { search };
};
