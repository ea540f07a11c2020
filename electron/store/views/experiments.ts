/**
 * Projections that only the interface asks for: counts, latest activity, columns, thinned series. Reads only, and only
 * what is shown; the tables belong to the files one folder up.
 */
import type { Column, Columns, Experiment, ExperimentRow } from "../../../shared/api/outpost/experiments.ts";
import type { Database } from "../database.ts";
import { containing } from "./values.ts";

export type ExperimentViews = ReturnType<typeof createExperimentViews>;

/** Where a page of experiments goes on. */
export interface ExperimentCursor {
  readonly last_activity: number;
  readonly experiment_id: number;
}

const MAX_COLUMNS = 2000;

type Row = Omit<ExperimentRow, "experiment_id"> & { experiment_id: number };
const toRow = (row: Row): ExperimentRow => ({ ...row, experiment_id: String(row.experiment_id) });

const ROW = `
  SELECT e.id AS experiment_id, e.name, e.creation_time, e.lifecycle_stage, e.last_update_time,
    max(e.last_update_time,
      coalesce((SELECT max(start_time) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active'), 0),
      coalesce((SELECT max(end_time) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active'), 0)) AS last_activity,
    (SELECT count(*) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active') AS runs,
    (SELECT count(*) FROM runs WHERE experiment = e.id AND status = 'RUNNING' AND lifecycle_stage = 'active') AS running,
    coalesce((SELECT value FROM experiment_tags WHERE experiment = e.id AND key = 'mlflow.note.content'), '') AS note
  FROM experiments e`;

/**
 * Distinct keys of one experiment by skipping through an index: as many seeks as there are keys, however many rows.
 * `differs` compares the lowest and the highest value (of texts their indexed heads).
 */
const columnsOf = (table: string, value: string): string => `
  WITH RECURSIVE found(key) AS (
    SELECT min(key) FROM ${table} WHERE experiment = @experiment
    UNION ALL
    SELECT (SELECT min(key) FROM ${table} WHERE experiment = @experiment AND key > found.key) FROM found
    WHERE found.key IS NOT NULL LIMIT ${MAX_COLUMNS + 2}
  )
  SELECT keys.name AS key,
    (SELECT min(${value}) FROM ${table} WHERE experiment = @experiment AND key = found.key)
      <> (SELECT max(${value}) FROM ${table} WHERE experiment = @experiment AND key = found.key) AS differs
  FROM found JOIN keys ON keys.id = found.key ORDER BY keys.name`;

export const createExperimentViews = (db: Database) => {
  const page = db.prepare<{ pattern: string; time: number; id: number; limit: number }, Row>(`
    SELECT experiment_id, name, creation_time, last_activity, runs, running, note FROM (${ROW}
      WHERE e.lifecycle_stage = 'active' AND e.model IS NULL AND e.name LIKE @pattern ESCAPE '\\')
    WHERE (last_activity, experiment_id) < (@time, @id) ORDER BY last_activity DESC, experiment_id DESC LIMIT @limit`);
  const count = db
    .prepare<[string], number>(
      `SELECT count(*) FROM experiments WHERE lifecycle_stage = 'active' AND model IS NULL AND name LIKE ? ESCAPE '\\'`,
    )
    .pluck();
  const one = db.prepare<[number], Row & Pick<Experiment, "lifecycle_stage" | "last_update_time">>(
    `${ROW} WHERE e.id = ?`,
  );
  const tags = db.prepare<[number], { key: string; value: string }>(
    "SELECT key, value FROM experiment_tags WHERE experiment = ? ORDER BY key",
  );
  const bytes = db
    .prepare<[string, string], number>("SELECT coalesce(sum(size), 0) FROM artifacts WHERE path >= ? AND path < ?")
    .pluck();
  // Files of a run that moved lie below the experiment in which it was made, and count where it is.
  const moved = db
    .prepare<{ id: number }, number>(
      `SELECT coalesce(sum(sign * (SELECT coalesce(sum(size), 0) FROM artifacts WHERE path >= root || '/' AND path < root || '0')), 0)
       FROM (
         SELECT CASE experiment WHEN @id THEN 1 ELSE -1 END AS sign, home || '/' || run_id AS root FROM runs
           WHERE home IS NOT NULL AND home <> experiment AND (experiment = @id OR home = @id)
         UNION ALL
         SELECT CASE experiment WHEN @id THEN 1 ELSE -1 END, home || '/models/' || model_id FROM logged_models
           WHERE home IS NOT NULL AND home <> experiment AND (experiment = @id OR home = @id))`,
    )
    .pluck();
  const columns = {
    metrics: db.prepare<{ experiment: number }, { key: string; differs: number }>(columnsOf("latest_metrics", "value")),
    params: db.prepare<{ experiment: number }, { key: string; differs: number }>(columnsOf("params", "head")),
    tags: db.prepare<{ experiment: number }, { key: string; differs: number }>(columnsOf("run_tags", "head")),
  };

  /** A page, the latest active first, and how many there are in all. */
  const list = (search: string, limit: number, after?: ExperimentCursor) => ({
    experiments: page
      .all({
        pattern: containing(search),
        time: after?.last_activity ?? Number.MAX_SAFE_INTEGER,
        id: after?.experiment_id ?? 0,
        limit,
      })
      .map(toRow),
    total: count.get(containing(search)) ?? 0,
  });

  const get = (id: number): Experiment | undefined => {
    const row = one.get(id);
    if (!row) return undefined;
    return {
      ...row,
      ...toRow(row),
      tags: tags.all(id),
      artifact_bytes: (bytes.get(`${id}/`, `${id}0`) ?? 0) + (moved.get({ id }) ?? 0),
    };
  };

  /** At most 2,000 keys of each kind, by name. */
  const keys = (id: number): Columns => {
    const all = {
      metrics: columns.metrics.all({ experiment: id }),
      params: columns.params.all({ experiment: id }),
      tags: columns.tags.all({ experiment: id }),
    };
    const cut = (rows: { key: string; differs: number }[]): Column[] =>
      rows.slice(0, MAX_COLUMNS).map(({ key, differs }) => ({ key, differs: differs === 1 }));
    return {
      metrics: cut(all.metrics),
      params: cut(all.params),
      tags: cut(all.tags),
      more: Object.values(all).some((rows) => rows.length > MAX_COLUMNS),
    };
  };

  const names = db
    .prepare<[], [number, string]>(
      "SELECT id, name FROM experiments WHERE lifecycle_stage = 'active' AND model IS NULL ORDER BY id",
    )
    .raw();

  /** Names of all active experiments by id. */
  const activeNames = (): Map<number, string> => new Map(names.all());

  return { list, get, keys, activeNames };
};
