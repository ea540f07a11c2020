/**
 * Searches runs. Either walk the order and test each run (a broad filter fills a page soon), or collect what the rarest
 * clause matches and sort that (a rare match may lie anywhere in the order): a short walk and bounded counts decide.
 */
import type { Filter } from "../../../shared/search/ast.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";
import { type Database, withDeadline } from "../database.ts";
import { searchDigest } from "./page-token.ts";
import { assertPageSize, type Found, inTime, startOf, type SearchRequest, TIMEOUT_MS, toPage } from "./page.ts";
import { type Driver, drivers } from "./run-drivers.ts";
import { createRunConditions, type Narrowing } from "./run-matches.ts";
import { type RunSortKey, runSortKeys } from "./run-order.ts";
import { type Phase, scan, type Scope, walkPhases } from "./run-walk.ts";
import { behind, orderBy, type Place } from "./sort.ts";
import { stagesOf, type ViewType } from "./view-type.ts";
import { all, createRunner, list, type Runner, type Sql, sql } from "./sql.ts";

export interface RunSearch extends SearchRequest, Narrowing {
  readonly experimentIds: readonly number[];
  readonly viewType: ViewType;
}

const MAX_RESULTS = 50_000;
const SOURCE = { from: sql`runs AS r`, id: sql`r.id` };
const LEAST_PROBE = 1000;
/** Matches of a clause are counted up to this. */
const COUNT_LIMIT = 50_000;
/** A walk that has to look at more runs than this costs more than to read all values of one key in their index. */
const WALK_LIMIT = 50_000;

interface Query {
  readonly scope: Scope;
  readonly filter: Filter;
  readonly condition: Sql;
  readonly keys: readonly RunSortKey[];
  readonly places: readonly Place[] | undefined;
  readonly phases: readonly Phase[];
  /** Rows to find. */
  readonly need: number;
}

/** Walks phase after phase until enough is found. */
const walk = (run: Runner, { phases, scope, condition, need }: Query): number[] => {
  const ids: number[] = [];
  for (const phase of phases) {
    if (ids.length >= need) break;
    ids.push(...run.ids(scan(phase, scope, condition, need - ids.length)));
  }
  return ids;
};

/** What matches among the first `limit` runs of the order's first phase. `IS TRUE` keeps the walk outermost. */
const probe = (run: Runner, { phases, scope, condition, need }: Query, limit: number): number[] => {
  const [first] = phases;
  if (!first) return [];
  return run.ids(
    sql`SELECT w.id FROM (${scan(first, scope, sql`1`, limit)}) AS w CROSS JOIN runs AS r ON r.id = w.id
      WHERE (${condition}) IS TRUE LIMIT ${need}`,
  );
};

const collect = (run: Runner, driver: Driver, { scope, condition, keys, places, need }: Query): number[] =>
  run.ids(
    sql`SELECT r.id FROM (${driver.sql}) AS c CROSS JOIN runs AS r ON r.id = c.run
      WHERE r.experiment IN ${list(scope.experiments)} AND r.lifecycle_stage IN ${list(scope.stages)}
        AND ${all([condition, ...(places ? [behind(keys, places)] : [])])} AND ${inTime(sql`r.id`)}
      ORDER BY ${orderBy(keys)} LIMIT ${need}`,
  );

/** The clause with the fewest matches, and how many, up to `COUNT_LIMIT`, of those that can be counted without a scan. */
const rarest = (run: Runner, candidates: readonly Driver[]): { driver: Driver; count: number } | undefined => {
  let best: { driver: Driver; count: number } | undefined;
  for (const driver of candidates) {
    if (!driver.narrow) continue;
    const limit = best?.count ?? COUNT_LIMIT;
    const count = Number(run.row(sql`SELECT count(*) FROM (${driver.sql} LIMIT ${limit})`)?.[0]);
    if (!best || count < best.count) best = { driver, count };
    if (count === 0) break;
  }
  return best;
};

/**
 * Searches runs by MLflow's filters and orders. Ids are `runs.id`. `probe`: how many runs a first walk looks at
 * before it is asked whether matches are rare.
 */
export const createRunSearch = (db: Database, { probe: probed }: { readonly probe?: number } = {}) => {
  const run = createRunner(db);
  const keyId = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  const findKey = (name: string): number | undefined => keyId.get(name);
  const ofModels = db.prepare<[], number>("SELECT id FROM experiments WHERE model IS NOT NULL").pluck();
  const conditions = createRunConditions(findKey);

  const find = (query: Query): number[] => {
    const { filter, need } = query;
    if (filter.type === "and" && filter.terms.length === 0) return walk(run, query);
    const limit = probed ?? Math.max(LEAST_PROBE, 4 * need);
    const found = probe(run, query, limit);
    if (found.length >= need) return found;
    const candidates = drivers(filter, query.scope, findKey);
    const best = rarest(run, candidates);
    if (best?.count === 0) return [];
    // A run costs a walk about as much as a collected one, and the walk ends early.
    const expected = found.length === 0 ? Infinity : (limit * need) / found.length;
    if (best && best.count < expected && best.count < COUNT_LIMIT) return collect(run, best.driver, query);
    const scanned = expected > WALK_LIMIT ? candidates.find(({ narrow }) => !narrow) : undefined;
    return scanned ? collect(run, scanned, query) : walk(run, query);
  };

  /** @throws DomainError `invalid` for a filter, order, page size or token that cannot be. */
  const search = ({
    experimentIds,
    filter: text,
    viewType,
    orderBy: orders,
    maxResults,
    pageToken,
    ...narrowing
  }: RunSearch): Found => {
    assertPageSize(maxResults, 1, MAX_RESULTS);
    const filter = conditions.filterOf(text, narrowing);
    const keys = runSortKeys(parseOrder("runs", orders), findKey);
    const hidden = new Set(ofModels.all()); // their runs belong to model versions
    const scope = {
      experiments: [...new Set(experimentIds)].filter((id) => !hidden.has(id)).sort((a, b) => a - b),
      stages: stagesOf(viewType),
    };
    const digest = searchDigest(["runs", scope, text ?? "", orders, ...conditions.digestOf(narrowing)]);
    const { places, skip } = startOf(run, SOURCE, keys, digest, pageToken);
    if (scope.experiments.length === 0) return { ids: [], nextPageToken: undefined };
    const phases = walkPhases(keys, places, filter, findKey);
    const condition = conditions.compile(filter, scope, narrowing);
    const query: Query = { scope, filter, condition, keys, places, phases, need: skip + maxResults + 1 };
    const ids = withDeadline(db, TIMEOUT_MS, () => find(query)).slice(skip);
    return toPage(run, SOURCE, keys, digest, maxResults, ids);
  };

  return { search };
};
