/** Fields that both sides changed, until a person says which value holds. */
import type { Database } from "../database.ts";
import type { ConflictRow } from "./rows.ts";
import type { ConflictStore, Ref } from "./sync-store.ts";

const COLUMNS =
  "c.id, c.kind, c.uid, c.field, c.base, c.local, c.remote_value, c.found_at, c.resolved_at, c.resolution, c.value";

export const createConflictStore = (db: Database): ConflictStore => {
  type Put = Ref & Pick<ConflictRow, "field" | "base" | "local" | "remote_value"> & { remote: number; at: number };
  // A resolution holds for the texts it was given for: another text on either side is a new conflict.
  const put = db.prepare<Put>(
    `INSERT INTO sync_conflicts (remote, kind, uid, field, base, local, remote_value, found_at)
     VALUES (@remote, @kind, @uid, @field, @base, @local, @remote_value, @at)
     ON CONFLICT (remote, kind, uid, field) DO UPDATE SET base = excluded.base, local = excluded.local,
       remote_value = excluded.remote_value, found_at = excluded.found_at, resolved_at = NULL, resolution = NULL, value = NULL
     WHERE (sync_conflicts.base IS NOT excluded.base OR sync_conflicts.local IS NOT excluded.local
       OR sync_conflicts.remote_value IS NOT excluded.remote_value)`,
  );
  const from = "FROM sync_conflicts AS c JOIN remotes AS r ON r.id = c.remote";
  const open = db.prepare<[number | null, number | null], ConflictRow & { remote: string }>(
    `SELECT ${COLUMNS}, r.name AS remote ${from} WHERE c.resolved_at IS NULL AND (? IS NULL OR c.remote = ?) ORDER BY c.id`,
  );
  const waiting = db
    .prepare<[number], number>(
      "SELECT count(*) FROM (SELECT DISTINCT kind, uid FROM sync_conflicts WHERE remote = ? AND resolved_at IS NULL)",
    )
    .pluck();
  const ofObject = db.prepare<[number, string, string], ConflictRow>(
    `SELECT ${COLUMNS} FROM sync_conflicts AS c WHERE c.remote = ? AND c.kind = ? AND c.uid = ? ORDER BY c.field`,
  );
  const byId = db.prepare<[number], ConflictRow & { remote: string; remote_id: number }>(
    `SELECT ${COLUMNS}, r.name AS remote, r.id AS remote_id ${from} WHERE c.id = ?`,
  );
  const resolve = db.prepare<[string, string | null, number, number]>(
    "UPDATE sync_conflicts SET resolution = ?, value = ?, resolved_at = ? WHERE id = ?",
  );
  const clear = db.prepare<[number, string, string, string]>(
    `DELETE FROM sync_conflicts WHERE remote = ? AND kind = ? AND uid = ? AND field NOT IN (SELECT value FROM json_each(?))`,
  );

  return {
    put: (remote, { kind, uid }, field, { base, local, remote_value }, at) =>
      void put.run({ remote, kind, uid, field, base, local, remote_value, at }),
    open: (remote) => open.all(remote ?? null, remote ?? null),
    waiting: (remote) => waiting.get(remote) ?? 0,
    ofObject: (remote, { kind, uid }) => ofObject.all(remote, kind, uid),
    byId: (id) => byId.get(id),
    resolve: (id, resolution, value, at) => void resolve.run(resolution, value, at, id),
    clear: (remote, { kind, uid }, except) => void clear.run(remote, kind, uid, JSON.stringify(except)),
  };
};
