import type { ComparedRun, FileRow, MetricRow, TextRow } from "../../../shared/api/outpost/compare.ts";
import type { MetricValue } from "../../../shared/api/outpost/words.ts";
import type { Database } from "../database.ts";
import { containing, toMetricValue } from "./values.ts";

export type CompareViews = ReturnType<typeof createCompareViews>;

/** A run as it is compared, with its integer ids. */
export type ComparedRow = ComparedRun & { readonly id: number; readonly experiment: number };

/** Rows of one kind, and how many keys did not fit. */
interface Part<T> {
  readonly rows: T[];
  readonly more: number;
}

/** Cells of one kind in an answer: 1,000 keys of 200 runs. */
const MAX_CELLS = 200_000;
const MAX_KEYS = 5000;
/** Characters of a value. A longer one ends in an ellipsis; the run's own page has it whole. */
const MAX_SHOWN = 500;
/** Characters of all values together; from there on each is shown shortly. */
const ROOM = 8_000_000;
const SHORT = 60;

type TextTable = "params" | "run_tags";
interface Key {
  readonly id: number;
  readonly name: string;
}

const keysThatFit = (runs: number): number => Math.min(MAX_KEYS, Math.max(1, Math.floor(MAX_CELLS / runs)));

/** Collects one row's values: equal ones share a place, however long they are. */
const createDictionary = (runs: number) => {
  const places = new Map<string, number>();
  const at = Array.from({ length: runs }, () => -1);
  return {
    put: (run: number, value: string): void => {
      const place = places.get(value) ?? places.size;
      places.set(value, place);
      at[run] = place;
    },
    values: (): string[] => [...places.keys()],
    at,
  };
};

const createShortener = () => {
  let room = ROOM;
  return (text: string): string => {
    const most = room > 0 ? MAX_SHOWN : SHORT;
    room -= Math.min(text.length, most);
    return text.length > most ? `${text.slice(0, most)}…` : text;
  };
};

/** Params and tags: the keys of some runs, then the values run by run, each a walk along the primary key. */
const createTextReader = (db: Database, table: TextTable) => {
  const keys = db.prepare<{ runs: string; pattern: string }, Key>(`
    SELECT id, name FROM keys WHERE id IN (SELECT DISTINCT key FROM ${table} WHERE run IN (SELECT value FROM json_each(@runs)))
      AND name LIKE @pattern ESCAPE '\\' ORDER BY name`);
  const values = db.prepare<[number], { key: number; value: string }>(`SELECT key, value FROM ${table} WHERE run = ?`);
  return (ids: readonly number[], search: string): Part<TextRow> => {
    const all = keys.all({ runs: JSON.stringify(ids), pattern: containing(search) });
    const kept = all.slice(0, keysThatFit(ids.length));
    const byKey = new Map(kept.map(({ id }) => [id, createDictionary(ids.length)]));
    for (const [run, id] of ids.entries())
      for (const { key, value } of values.iterate(id)) byKey.get(key)?.put(run, value);
    const shorten = createShortener();
    const rows = kept.flatMap(({ id, name }): TextRow[] => {
      const row = byKey.get(id);
      return row ? [{ key: name, texts: row.values().map(shorten), at: row.at }] : [];
    });
    return { rows, more: all.length - kept.length };
  };
};

const createMetricReader = (db: Database) => {
  const keys = db.prepare<{ runs: string; pattern: string }, Key>(`
    SELECT id, name FROM keys WHERE id IN (SELECT DISTINCT key FROM latest_metrics WHERE run IN (SELECT value FROM json_each(@runs)))
      AND name LIKE @pattern ESCAPE '\\' ORDER BY name`);
  const values = db.prepare<[number], { key: number; value: number; is_nan: number }>(
    "SELECT key, value, is_nan FROM latest_metrics WHERE run = ?",
  );
  // Counts no further than two, and looks no further than the first run that has them.
  const hasCurve = db
    .prepare<{ runs: string; key: number }, number>(
      `SELECT 1 FROM json_each(@runs) r
       WHERE (SELECT count(*) FROM (SELECT 1 FROM metrics WHERE run = r.value AND key = @key LIMIT 2)) = 2 LIMIT 1`,
    )
    .pluck();
  return (ids: readonly number[], search: string): Part<MetricRow> => {
    const runs = JSON.stringify(ids);
    const all = keys.all({ runs, pattern: containing(search) });
    const kept = all.slice(0, keysThatFit(ids.length));
    const empty = (): (MetricValue | null)[] => ids.map(() => null);
    const byKey = new Map(kept.map(({ id }) => [id, empty()]));
    for (const [run, id] of ids.entries())
      for (const { key, value, is_nan } of values.iterate(id)) {
        const row = byKey.get(key);
        if (row) row[run] = toMetricValue(value, is_nan);
      }
    const rows = kept.map(({ id, name }) => ({
      key: name,
      values: byKey.get(id) ?? empty(),
      curve: hasCurve.get({ runs, key: id }) === 1,
    }));
    return { rows, more: all.length - kept.length };
  };
};

/** Runs side by side: each kind of value as one row per key, with a place for each run. */
export const createCompareViews = (db: Database) => {
  const infos = db.prepare<[string], ComparedRow>(`
    SELECT r.id, r.experiment, r.run_id, CAST(r.experiment AS TEXT) AS experiment_id, e.name AS experiment_name,
      r.name AS run_name, r.user_id, r.status, r.start_time, r.end_time, r.lifecycle_stage
    FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.run_id IN (SELECT value FROM json_each(?))`);
  const below = db.prepare<
    { from: string; to: string; pattern: string },
    { path: string; sha256: string; size: number }
  >(
    `SELECT substr(path, length(@from) + 1) AS path, sha256, size FROM artifacts
     WHERE path >= @from AND path < @to AND substr(path, length(@from) + 1) LIKE @pattern ESCAPE '\\'`,
  );

  /** The files below the runs' artifact roots, by path. */
  const files = (roots: readonly string[], search: string): Part<FileRow> => {
    const byPath = new Map<string, { sizes: Map<string, number>; row: ReturnType<typeof createDictionary> }>();
    for (const [run, root] of roots.entries())
      for (const { path, sha256, size } of below.iterate({
        from: `${root}/`,
        to: `${root}0`,
        pattern: containing(search),
      })) {
        const file = byPath.get(path) ?? { sizes: new Map<string, number>(), row: createDictionary(roots.length) };
        byPath.set(path, file);
        file.sizes.set(sha256, size);
        file.row.put(run, sha256);
      }
    const paths = [...byPath].sort(([a], [b]) => (a < b ? -1 : 1));
    const kept = paths.slice(0, keysThatFit(roots.length));
    const rows = kept.map(([path, { sizes, row }]) => {
      const digests = row.values();
      return { path, digests, sizes: digests.map((digest) => sizes.get(digest) ?? 0), at: row.at };
    });
    return { rows, more: paths.length - kept.length };
  };

  return {
    /** The runs that there are, in no order. */
    infos: (runIds: readonly string[]): ComparedRow[] => infos.all(JSON.stringify(runIds)),
    params: createTextReader(db, "params"),
    tags: createTextReader(db, "run_tags"),
    metrics: createMetricReader(db),
    files,
  };
};
