import type { Database } from "./database.ts";

export interface SavedViewRow {
  readonly id: number;
  readonly uid: string;
  readonly experiment: number | null;
  readonly name: string;
  readonly query: string;
  readonly is_default: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly trashed_at: number | null;
}

export type SavedViewStore = ReturnType<typeof createSavedViewStore>;

/** Named views of the run table; `experiment` is null for those of the search over all experiments. */
export const createSavedViewStore = (db: Database) => {
  const list = db.prepare<[number | null], SavedViewRow>(
    "SELECT * FROM saved_views WHERE experiment IS ? AND trashed_at IS NULL ORDER BY name COLLATE NOCASE, id",
  );
  const byUid = db.prepare<[string], SavedViewRow>("SELECT * FROM saved_views WHERE uid = ?");
  const byName = db.prepare<[number | null, string], SavedViewRow>(
    "SELECT * FROM saved_views WHERE experiment IS ? AND name = ? AND trashed_at IS NULL",
  );
  const insert = db.prepare<[number | null, string, string, number, number], SavedViewRow>(
    "INSERT INTO saved_views (experiment, name, query, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING *",
  );
  const update = db.prepare<[string, string, number, number]>(
    "UPDATE saved_views SET name = ?, query = ?, updated_at = ? WHERE id = ?",
  );
  const setDefault = db.prepare<[number, number]>("UPDATE saved_views SET is_default = ? WHERE id = ?");
  const setTrashed = db.prepare<[number | null, number]>(
    "UPDATE saved_views SET trashed_at = ?, is_default = 0 WHERE id = ?",
  );

  return {
    list: (experiment: number | null): SavedViewRow[] => list.all(experiment),
    /** Those in the trash too. */
    byUid: (uid: string): SavedViewRow | undefined => byUid.get(uid),
    byName: (experiment: number | null, name: string): SavedViewRow | undefined => byName.get(experiment, name),
    insert: (experiment: number | null, name: string, query: string, now: number): SavedViewRow => {
      const row = insert.get(experiment, name, query, now, now);
      if (!row) throw new Error("INSERT … RETURNING returned nothing");
      return row;
    },
    update: (id: number, { name, query }: Pick<SavedViewRow, "name" | "query">, now: number): void =>
      void update.run(name, query, now, id),
    setDefault: (id: number, isDefault: boolean): void => void setDefault.run(isDefault ? 1 : 0, id),
    /** Moves to the trash (`at` set), where it is no default any more, or out of it. */
    setTrashed: (id: number, at: number | null): void => void setTrashed.run(at, id),
  };
};
