import type { KeyValue } from "../../shared/api/mlflow/entities.ts";
import type { Database } from "./database.ts";

export interface ExperimentRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly lifecycle_stage: "active" | "deleted";
  readonly creation_time: number; // ms since epoch
  readonly last_update_time: number;
  readonly model: number | null; // of the registered model whose versions keep their own runs here
}

export type ExperimentStore = ReturnType<typeof createExperimentStore>;

export const createExperimentStore = (db: Database) => {
  const columns = "id, uid, name, lifecycle_stage, creation_time, last_update_time, model";
  const byId = db.prepare<[number], ExperimentRow>(`SELECT ${columns} FROM experiments WHERE id = ?`);
  const byName = db.prepare<[string], ExperimentRow>(`SELECT ${columns} FROM experiments WHERE name = ?`);
  const byIds = db.prepare<[string], ExperimentRow>(
    `SELECT ${columns} FROM (SELECT key AS nth, value AS wanted FROM json_each(?)) JOIN experiments ON experiments.id = wanted ORDER BY nth`,
  );
  const insert = db.prepare<[string, number, number], ExperimentRow>(
    `INSERT INTO experiments (name, creation_time, last_update_time) VALUES (?, ?, ?) RETURNING ${columns}`,
  );
  const rename = db.prepare<[string, number, number]>(
    "UPDATE experiments SET name = ?, last_update_time = ? WHERE id = ?",
  );
  const setStage = db.prepare<[string, number | null, number, number]>(
    "UPDATE experiments SET lifecycle_stage = ?, trashed_at = ?, last_update_time = ? WHERE id = ?",
  );
  const tagsOf = db.prepare<[string], KeyValue & { experiment: number }>(
    "SELECT experiment, key, value FROM experiment_tags WHERE experiment IN (SELECT value FROM json_each(?)) ORDER BY experiment, key",
  );
  const tag = db
    .prepare<[number, string], string>("SELECT value FROM experiment_tags WHERE experiment = ? AND key = ?")
    .pluck();
  const setTag = db.prepare<[number, string, string]>(
    "INSERT INTO experiment_tags (experiment, key, value) VALUES (?, ?, ?) ON CONFLICT (experiment, key) DO UPDATE SET value = excluded.value",
  );
  const deleteTag = db.prepare<[number, string]>("DELETE FROM experiment_tags WHERE experiment = ? AND key = ?");

  return {
    byId: (id: number): ExperimentRow | undefined => byId.get(id),
    byName: (name: string): ExperimentRow | undefined => byName.get(name),
    /** In the order of `ids`. */
    byIds: (ids: readonly number[]): ExperimentRow[] => byIds.all(JSON.stringify(ids)),
    /** Tags by experiment id, by key. */
    tagsOf: (ids: readonly number[]): Map<number, KeyValue[]> =>
      Map.groupBy(tagsOf.all(JSON.stringify(ids)), (row) => row.experiment),
    insert: (name: string, now: number): ExperimentRow => {
      const row = insert.get(name, now, now);
      if (!row) throw new Error("INSERT … RETURNING returned nothing");
      return row;
    },
    rename: (id: number, name: string, now: number): void => void rename.run(name, now, id),
    /** Moves to the trash (`trashedAt` set) or out of it. */
    setStage: (id: number, stage: "active" | "deleted", trashedAt: number | null, now: number): void =>
      void setStage.run(stage, trashedAt, now, id),
    tag: (id: number, key: string): string | undefined => tag.get(id, key),
    setTag: (id: number, key: string, value: string): void => void setTag.run(id, key, value),
    deleteTag: (id: number, key: string): boolean => deleteTag.run(id, key).changes > 0,
  };
};
