/** Which runs match, beyond what a filter's text can say; and all matches at once, for counts, groups and bulk actions. */
import { type Filter, matchAll } from "../../../shared/search/ast.ts";
import { parseFilter } from "../../../shared/search/parse-filter.ts";
import { type Database, withDeadline } from "../database.ts";
import { compileFilter } from "./compile.ts";
import { inTime, TIMEOUT_MS } from "./page.ts";
import { createRunClauseCompiler, type FindKey } from "./run-clauses.ts";
import type { Scope } from "./run-walk.ts";
import { all, createRunner, list, type Sql, sql } from "./sql.ts";
import { stagesOf, type ViewType } from "./view-type.ts";

/** Conditions beside the text of a filter. */
export interface Narrowing {
  /** Must hold as well; for values that no text could quote. */
  readonly also?: Filter | undefined;
  /** Only runs whose parent is none of the matches: the top of the tree. */
  readonly roots?: boolean | undefined;
}

export interface RunMatch extends Narrowing {
  readonly experimentId: number;
  readonly filter: string;
  readonly viewType: ViewType;
}

export const PARENT_TAG = "mlflow.parentRunId";

const isAll = (filter: Filter): boolean => filter.type === "and" && filter.terms.length === 0;

/** The runs of a scope, as conditions on `r`. */
export const inScope = ({ experiments, stages }: Scope): Sql =>
  sql`r.experiment IN ${list(experiments)} AND r.lifecycle_stage IN ${list(stages)}`;

/** Reads filters with their narrowing, and compiles them into conditions on `r`, a row of runs. */
export const createRunConditions = (findKey: FindKey) => {
  const compileClause = createRunClauseCompiler(findKey);

  /** @throws DomainError `invalid` naming the place in the text. */
  const filterOf = (text: string | undefined, { also = matchAll }: Narrowing): Filter => {
    const terms = [parseFilter("runs", text), also].filter((term) => !isAll(term));
    return terms.length === 1 && terms[0] ? terms[0] : { type: "and", terms };
  };

  /** The parent tag's value is looked up in the ids of the matches, collected once: matches may be any runs. */
  const isRoot = (filter: Filter, condition: Sql, scope: Scope): Sql => {
    const tag = findKey(PARENT_TAG);
    if (tag === undefined) return sql`1`;
    const parent = sql`SELECT t.value FROM run_tags AS t WHERE t.run = r.id AND t.key = ${tag}`;
    if (isAll(filter))
      return sql`NOT EXISTS (SELECT 1 FROM run_tags AS t JOIN runs AS p ON p.run_id = t.value
        WHERE t.run = r.id AND t.key = ${tag} AND p.experiment = r.experiment AND p.lifecycle_stage = r.lifecycle_stage)`;
    return sql`((${parent}) IN (SELECT r.run_id FROM runs AS r WHERE ${inScope(scope)} AND ${condition})) IS NOT TRUE`;
  };

  const compile = (filter: Filter, scope: Scope, { roots = false }: Narrowing): Sql => {
    const condition = compileFilter(filter, compileClause);
    return roots ? sql`(${condition}) AND ${isRoot(filter, condition, scope)}` : condition;
  };

  /** What tells searches apart beside the filter's text. */
  const digestOf = ({ also, roots = false }: Narrowing): readonly unknown[] =>
    also === undefined && !roots ? [] : [also ?? null, roots];

  return { filterOf, compile, digestOf };
};

export type RunMatches = ReturnType<typeof createRunMatches>;

/** All runs that match, in the order in which they came into the store: no page of them moves while it is worked on. */
export const createRunMatches = (db: Database) => {
  const run = createRunner(db);
  const keyId = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  const conditions = createRunConditions((name) => keyId.get(name));

  /** As conditions on `r`. @throws DomainError `invalid` naming the place in the filter. */
  const where = (match: RunMatch): Sql => {
    const scope = { experiments: [match.experimentId], stages: stagesOf(match.viewType) };
    const filter = conditions.filterOf(match.filter, match);
    return all([inScope(scope), conditions.compile(filter, scope, match), inTime(sql`r.id`)]);
  };

  /** How many there are, up to the one with the id `until`, and the newest of them. */
  const count = (match: RunMatch, until = Number.MAX_SAFE_INTEGER): { count: number; newest: number } => {
    const row = withDeadline(db, TIMEOUT_MS, () =>
      run.row(sql`SELECT count(*), coalesce(max(r.id), 0) FROM runs AS r WHERE ${where(match)} AND r.id <= ${until}`),
    );
    return { count: Number(row?.[0]), newest: Number(row?.[1]) };
  };

  /** The next `limit` ids after `after`, up to `until`. */
  const next = (match: RunMatch, { after, until, limit }: { after: number; until: number; limit: number }): number[] =>
    withDeadline(db, TIMEOUT_MS, () =>
      run.ids(
        sql`SELECT r.id FROM runs AS r NOT INDEXED WHERE ${where(match)} AND r.id > ${after} AND r.id <= ${until}
          ORDER BY r.id LIMIT ${limit}`,
      ),
    );

  return { where, count, next };
};
