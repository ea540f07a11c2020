/** What a filter bar completes: keys and the most frequent values, in bounded time. */
import type { KeyKind, Suggestion } from "../../../shared/api/outpost/completion.ts";
import type { Database } from "../database.ts";
import { containing } from "./values.ts";

export type CompletionViews = ReturnType<typeof createCompletionViews>;

/** Entries of an index that are looked at for the frequency of values. */
const MAX_SAMPLE = 200_000;
/** `head` holds this many characters of a value. */
const HEAD = 64;

/** Where to look: an experiment, or all that are active (`undefined`). */
export interface ValueQuery {
  readonly experiment: number | undefined;
  readonly key: string;
  readonly text: string;
  readonly limit: number;
}

const TABLES = { metric: "latest_metrics", param: "params", tag: "run_tags" } as const;
const INDEXES = { param: "params_by_value", tag: "run_tags_by_value" } as const;
const EXPERIMENTS = `SELECT id FROM experiments WHERE id = coalesce(@experiment, id)
  AND (@experiment IS NOT NULL OR (lifecycle_stage = 'active' AND model IS NULL))`;

/** Attributes with values worth a list. */
const ATTRIBUTES = { user_id: "user_id", run_name: "name", run_id: "run_id", status: "status" } as const;
const isAttribute = (key: string): key is keyof typeof ATTRIBUTES => Object.hasOwn(ATTRIBUTES, key);
const DATASET_COLUMNS = { name: "d.name", digest: "d.digest", context: "i.context" } as const;
const isDatasetKey = (key: string): key is keyof typeof DATASET_COLUMNS => Object.hasOwn(DATASET_COLUMNS, key);

type Binds = { experiment: number | null; key: string; pattern: string; prefix: string; limit: number };

/** Values in `sample`, those that begin with what was typed first, then the most frequent. */
const ranked = (sample: string): string => `
  SELECT value, count(*) AS runs FROM (${sample} LIMIT ${MAX_SAMPLE}) WHERE value LIKE @pattern ESCAPE '\\' GROUP BY value
  ORDER BY value LIKE @prefix ESCAPE '\\' DESC, runs DESC, value LIMIT @limit`;

export const createCompletionViews = (db: Database) => {
  const keysOf = (kind: KeyKind) =>
    db
      .prepare<Omit<Binds, "key">, string>(
        `SELECT k.name FROM keys k WHERE k.name LIKE @pattern ESCAPE '\\' AND EXISTS (
           SELECT 1 FROM (${EXPERIMENTS}) e WHERE EXISTS (
             SELECT 1 FROM ${TABLES[kind]} t WHERE t.experiment = e.id AND t.key = k.id))
         ORDER BY k.name LIKE @prefix ESCAPE '\\' DESC, k.name LIMIT @limit`,
      )
      .pluck();
  const keys = { metric: keysOf("metric"), param: keysOf("param"), tag: keysOf("tag") };

  const logged = (kind: "param" | "tag") =>
    db.prepare<Binds, { value: string; runs: number }>(
      ranked(`SELECT t.head AS value FROM (${EXPERIMENTS}) e CROSS JOIN ${TABLES[kind]} t INDEXED BY ${INDEXES[kind]}
        ON t.experiment = e.id AND t.key = (SELECT id FROM keys WHERE name = @key)`),
    );
  const whole = (kind: "param" | "tag") =>
    db
      .prepare<{ experiment: number | null; key: string; head: string }, string>(
        `SELECT t.value FROM (${EXPERIMENTS}) e CROSS JOIN ${TABLES[kind]} t INDEXED BY ${INDEXES[kind]}
         ON t.experiment = e.id AND t.key = (SELECT id FROM keys WHERE name = @key) AND t.head = @head LIMIT 1`,
      )
      .pluck();
  const values = { param: logged("param"), tag: logged("tag") };
  const wholes = { param: whole("param"), tag: whole("tag") };
  const attribute = (column: string) =>
    db.prepare<Binds, Suggestion>(
      ranked(`SELECT r.${column} AS value FROM (${EXPERIMENTS}) e CROSS JOIN runs r ON r.experiment = e.id
        WHERE r.lifecycle_stage = 'active'`),
    );
  const attributes = {
    user_id: attribute("user_id"),
    run_name: attribute("name"),
    run_id: attribute("run_id"),
    status: attribute("status"),
  };
  const dataset = (column: string) =>
    db.prepare<Binds, Suggestion>(
      ranked(`SELECT ${column} AS value FROM (${EXPERIMENTS}) e CROSS JOIN datasets d ON d.experiment = e.id
        JOIN run_datasets i ON i.dataset = d.id`),
    );
  const datasets = {
    name: dataset(DATASET_COLUMNS.name),
    digest: dataset(DATASET_COLUMNS.digest),
    context: dataset(DATASET_COLUMNS.context),
  };

  const bindsOf = ({ experiment, key, text, limit }: ValueQuery): Binds => ({
    experiment: experiment ?? null,
    key,
    pattern: containing(text),
    prefix: containing(text).slice(1),
    limit,
  });

  return {
    /** Keys that contain the text, those that begin with it first. */
    keys: (kind: KeyKind, query: Omit<ValueQuery, "key">): string[] => {
      const { key: _key, ...binds } = bindsOf({ ...query, key: "" });
      return keys[kind].all(binds);
    },
    /** The most frequent values of a param or tag; long ones whole. */
    loggedValues: (kind: "param" | "tag", query: ValueQuery): Suggestion[] =>
      values[kind].all(bindsOf(query)).map(({ value, runs }) => ({
        value:
          [...value].length < HEAD
            ? value
            : (wholes[kind].get({ experiment: query.experiment ?? null, key: query.key, head: value }) ?? value),
        runs,
      })),
    /** The most frequent values of a run's attribute; none for one whose values are all different numbers. */
    attributeValues: (query: ValueQuery): Suggestion[] =>
      isAttribute(query.key) ? attributes[query.key].all(bindsOf(query)) : [],
    datasetValues: (query: ValueQuery): Suggestion[] =>
      isDatasetKey(query.key) ? datasets[query.key].all(bindsOf(query)) : [],
  };
};
