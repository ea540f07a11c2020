/** Registered models with their tags and aliases. Rows in the trash (`trashed_at`) are not found by any function here. */
import type { KeyValue } from "../../shared/api/mlflow/entities.ts";
import type { Database } from "./database.ts";

export interface RegisteredModelRow {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly description: string | null;
  readonly creation_timestamp: number; // ms since epoch
  readonly last_updated_timestamp: number;
}

export interface AliasRow {
  readonly model: number; // id of the registered model
  readonly alias: string;
  readonly version: number; // MLflow's number within the model
}

export type RegisteredModelStore = ReturnType<typeof createRegisteredModelStore>;

export const createRegisteredModelStore = (db: Database) => {
  const columns = "m.id, m.uid, m.name, m.description, m.creation_timestamp, m.last_updated_timestamp";
  const byName = db.prepare<[string], RegisteredModelRow>(
    `SELECT ${columns} FROM registered_models AS m WHERE m.name = ? AND m.trashed_at IS NULL`,
  );
  const byIds = db.prepare<[string], RegisteredModelRow>(
    `SELECT ${columns} FROM json_each(?) AS wanted JOIN registered_models AS m ON m.id = wanted.value ORDER BY wanted.key`,
  );
  const insert = db.prepare<[string, string | null, number, number], RegisteredModelRow>(
    `INSERT INTO registered_models AS m (name, description, creation_timestamp, last_updated_timestamp)
     VALUES (?, ?, ?, ?) RETURNING id, uid, name, description, creation_timestamp, last_updated_timestamp`,
  );
  const rename = db.prepare<[string, number, number]>(
    "UPDATE registered_models SET name = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const describe = db.prepare<[string, number, number]>(
    "UPDATE registered_models SET description = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const touch = db.prepare<[number, number]>("UPDATE registered_models SET last_updated_timestamp = ? WHERE id = ?");
  const trash = db.prepare<[number, number]>("UPDATE registered_models SET trashed_at = ? WHERE id = ?");

  const tagsOf = db.prepare<[string], KeyValue & { model: number }>(
    "SELECT model, key, value FROM registered_model_tags WHERE model IN (SELECT value FROM json_each(?)) ORDER BY model, key",
  );
  const tag = db
    .prepare<[number, string], string>("SELECT value FROM registered_model_tags WHERE model = ? AND key = ?")
    .pluck();
  const setTag = db.prepare<[number, string, string]>(
    "INSERT INTO registered_model_tags (model, key, value) VALUES (?, ?, ?) ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
  );
  const deleteTag = db.prepare<[number, string]>("DELETE FROM registered_model_tags WHERE model = ? AND key = ?");

  const aliasesOf = db.prepare<[string], AliasRow>(
    `SELECT a.model, a.alias, v.version FROM aliases AS a JOIN model_versions AS v ON v.id = a.version
     WHERE a.model IN (SELECT value FROM json_each(?)) ORDER BY a.model, a.alias`,
  );
  const alias = db
    .prepare<[number, string], number>(
      "SELECT v.version FROM aliases AS a JOIN model_versions AS v ON v.id = a.version WHERE a.model = ? AND a.alias = ?",
    )
    .pluck();
  const setAlias = db.prepare<[number, string, number]>(
    "INSERT INTO aliases (model, alias, version) VALUES (?, ?, ?) ON CONFLICT (model, alias) DO UPDATE SET version = excluded.version",
  );
  const deleteAlias = db.prepare<[number, string]>("DELETE FROM aliases WHERE model = ? AND alias = ?");

  return {
    byName: (name: string): RegisteredModelRow | undefined => byName.get(name),
    /** In the order of `ids`. */
    byIds: (ids: readonly number[]): RegisteredModelRow[] => byIds.all(JSON.stringify(ids)),
    insert: (name: string, description: string, now: number): RegisteredModelRow => {
      const row = insert.get(name, description, now, now);
      if (!row) throw new Error("INSERT … RETURNING returned nothing");
      return row;
    },
    rename: (id: number, name: string, now: number): void => void rename.run(name, now, id),
    describe: (id: number, description: string, now: number): void => void describe.run(description, now, id),
    /** Moves the time of the last update on. */
    touch: (id: number, now: number): void => void touch.run(now, id),
    trash: (id: number, now: number): void => void trash.run(now, id),

    /** Tags by model id, by key. */
    tagsOf: (ids: readonly number[]): Map<number, (KeyValue & { model: number })[]> =>
      Map.groupBy(tagsOf.all(JSON.stringify(ids)), (row) => row.model),
    tag: (id: number, key: string): string | undefined => tag.get(id, key),
    setTag: (id: number, key: string, value: string): void => void setTag.run(id, key, value),
    deleteTag: (id: number, key: string): boolean => deleteTag.run(id, key).changes > 0,

    /** Aliases by model id. */
    aliasesOf: (ids: readonly number[]): Map<number, AliasRow[]> =>
      Map.groupBy(aliasesOf.all(JSON.stringify(ids)), (row) => row.model),
    /** The number of the version behind an alias. */
    alias: (id: number, name: string): number | undefined => alias.get(id, name),
    /** `version` is the version's global id. */
    setAlias: (id: number, name: string, version: number): void => void setAlias.run(id, name, version),
    deleteAlias: (id: number, name: string): boolean => deleteAlias.run(id, name).changes > 0,
  };
};
