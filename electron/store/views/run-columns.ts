/** Which columns a run table can have: keys by name, however many there are, and those that say most. */
import type { RunColumns, SuggestedColumns } from "../../../shared/api/outpost/run-columns.ts";
import type { Database } from "../database.ts";
import { containing } from "./values.ts";

export type RunColumnViews = ReturnType<typeof createRunColumnViews>;

const MAX_FOUND = 200;
/** The newest runs that decide what is shown before anyone chooses. */
const SAMPLE = 100;
const MAX_METRICS = 6;
const MAX_PARAMS = 8;

/** Distinct keys by skipping through an index: as many seeks as there are keys, however many runs. */
const keysIn = (table: string): string => `
  WITH RECURSIVE found(key) AS (
    SELECT min(key) FROM ${table} WHERE experiment = @experiment
    UNION ALL
    SELECT (SELECT min(key) FROM ${table} WHERE experiment = @experiment AND key > found.key) FROM found
    WHERE found.key IS NOT NULL
  ), named AS (SELECT keys.id, keys.name FROM found JOIN keys ON keys.id = found.key
    WHERE keys.name LIKE @pattern ESCAPE '\\')`;

const columnsIn = (table: string, value: string): string => `${keysIn(table)}
  SELECT name AS key,
    (SELECT min(${value}) FROM ${table} WHERE experiment = @experiment AND key = named.id)
      <> (SELECT max(${value}) FROM ${table} WHERE experiment = @experiment AND key = named.id) AS differs
  FROM named ORDER BY name LIMIT ${MAX_FOUND}`;

interface Search {
  readonly experiment: number;
  readonly pattern: string;
}

export const createRunColumnViews = (db: Database) => {
  const prepare = (table: string, value: string) => {
    const keys = db.prepare<Search, { key: string; differs: number }>(columnsIn(table, value));
    const names = db.prepare<Search, string>(`${keysIn(table)} SELECT name FROM named ORDER BY name`).pluck();
    const total = db.prepare<Search, number>(`${keysIn(table)} SELECT count(*) FROM named`).pluck();
    return {
      find: (search: Search) => ({
        keys: keys.all(search).map(({ key, differs }) => ({ key, differs: differs === 1 })),
        total: total.get(search) ?? 0,
      }),
      names: (search: Search): readonly string[] => names.all(search),
    };
  };
  const found = {
    metrics: prepare("latest_metrics", "value"),
    params: prepare("params", "head"),
    tags: prepare("run_tags", "head"),
  };
  const newest = `WITH newest AS (SELECT id FROM runs WHERE experiment = @experiment AND lifecycle_stage = 'active'
    ORDER BY start_time DESC, run_id LIMIT ${SAMPLE})`;
  // How far values lie apart, seen from their size: 0 where all are the same, at most 2.
  const metrics = db
    .prepare<{ experiment: number }, string>(
      `${newest}, figures AS (SELECT key, count(*) AS runs, min(value) AS low, max(value) AS high
        FROM newest CROSS JOIN latest_metrics m ON m.run = newest.id WHERE is_nan = 0 GROUP BY key)
      SELECT keys.name FROM figures JOIN keys ON keys.id = key WHERE keys.name NOT LIKE 'system/%'
      ORDER BY high > low DESC, runs * 2 >= (SELECT max(runs) FROM figures) DESC,
        round((high - low) / max(abs(high), abs(low), 1e-300), 1) DESC, runs DESC, keys.name LIMIT ${MAX_METRICS}`,
    )
    .pluck();
  const params = db
    .prepare<{ experiment: number }, string>(
      `${newest}, figures AS (SELECT key, count(*) AS runs, count(DISTINCT head) AS kinds
        FROM newest CROSS JOIN params p ON p.run = newest.id GROUP BY key)
      SELECT keys.name FROM figures JOIN keys ON keys.id = key
      WHERE kinds > 1 ORDER BY runs DESC, keys.name LIMIT ${MAX_PARAMS}`,
    )
    .pluck();

  return {
    /** Keys that contain `search`, by name. */
    find: (experiment: number, search: string): RunColumns => {
      const query = { experiment, pattern: containing(search) };
      return { metrics: found.metrics.find(query), params: found.params.find(query), tags: found.tags.find(query) };
    },
    /** Every key, by name. */
    all: (experiment: number) => {
      const query = { experiment, pattern: "%" };
      return { metrics: found.metrics.names(query), params: found.params.names(query), tags: found.tags.names(query) };
    },
    /** What tells the newest runs apart. */
    suggest: (experiment: number): SuggestedColumns => ({
      metrics: metrics.all({ experiment }),
      params: params.all({ experiment }),
    }),
  };
};
