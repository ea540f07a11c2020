/** What the last scans saw on the far side, and what they did not see any more. */
import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";
import { parseFields } from "./json.ts";
import { rankOf } from "./ranks.ts";
import type { SeenRow } from "./rows.ts";
import type { SeenStore } from "./sync-store.ts";

type RawSeen = Omit<SeenRow, "fields" | "fresh"> & { readonly fields: string; readonly fresh: number };

const COLUMNS =
  "s.kind, s.id, s.uid, s.name, s.parent, s.fields, s.fingerprint, s.points_mark, s.updated_at, s.web_url, s.fresh, s.missed, s.missed_at";

const toRow = (raw: RawSeen): SeenRow => ({ ...raw, fields: parseFields(raw.fields), fresh: raw.fresh === 1 });

type Put = Omit<RawSeen, "uid" | "fresh" | "missed" | "missed_at"> & { remote: number; rank: number; scan: number };

export const createSeenStore = (db: Database): SeenStore => {
  const settled = "o.fingerprint = @fingerprint AND json_extract(o.base, '$.points_mark') = @points_mark";
  const put = db.prepare<Put>(
    `INSERT INTO sync_seen (remote, kind, id, rank, uid, name, parent, fields, fingerprint, points_mark, updated_at, web_url, fresh, scan)
     SELECT @remote, @kind, @id, @rank, o.uid, @name, @parent, @fields, @fingerprint, @points_mark, @updated_at, @web_url,
       iif(${settled}, 0, 1), @scan
     FROM (SELECT 1) LEFT JOIN sync_objects AS o ON o.remote = @remote AND o.kind = @kind AND o.remote_id = @id WHERE true
     ON CONFLICT (remote, kind, id) DO UPDATE SET name = excluded.name, parent = excluded.parent, fields = excluded.fields,
       uid = coalesce(excluded.uid, sync_seen.uid),
       fresh = iif(excluded.fingerprint = sync_seen.fingerprint AND excluded.points_mark = sync_seen.points_mark,
         min(excluded.fresh, sync_seen.fresh), excluded.fresh),
       fingerprint = excluded.fingerprint, points_mark = excluded.points_mark, updated_at = excluded.updated_at,
       web_url = excluded.web_url, scan = max(sync_seen.scan, excluded.scan), missed = 0, missed_at = NULL, missed_last = NULL`,
  );
  const told = db.prepare<[string, number, string, string]>(
    "UPDATE sync_seen SET fields = ? WHERE remote = ? AND kind = ? AND id = ?",
  );
  const find = db.prepare<[number, string, string], RawSeen>(
    `SELECT ${COLUMNS} FROM sync_seen AS s WHERE remote = ? AND kind = ? AND id = ?`,
  );
  const byName = db.prepare<[number, string, string | null, string], RawSeen>(
    `SELECT ${COLUMNS} FROM sync_seen AS s WHERE remote = ? AND kind = ? AND parent IS ? AND name = ? ORDER BY missed, id LIMIT 1`,
  );
  const assign = db.prepare<[string | null, number, string, string]>(
    "UPDATE sync_seen SET uid = ? WHERE remote = ? AND kind = ? AND id = ?",
  );
  const settle = db.prepare<[number, string, string]>(
    "UPDATE sync_seen SET fresh = 0 WHERE remote = ? AND kind = ? AND id = ?",
  );
  const count = db.prepare<[number], number>("SELECT count(*) FROM sync_seen WHERE remote = ?").pluck();
  const page = db.prepare<[number, string, string, number], RawSeen>(
    `SELECT ${COLUMNS} FROM sync_seen AS s WHERE remote = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?`,
  );
  const pageOf = db.prepare<[number, string, string, string, number], RawSeen>(
    `SELECT ${COLUMNS} FROM sync_seen AS s WHERE remote = ? AND kind = ? AND parent = ? AND id > ? ORDER BY id LIMIT ?`,
  );
  const running = db.prepare<[number, string, number], RawSeen>(
    `SELECT ${COLUMNS} FROM sync_seen AS s WHERE remote = ? AND parent = ?
       AND kind = 'run' AND json_extract(fields, '$.status') IN ('RUNNING', 'SCHEDULED') ORDER BY id LIMIT ?`,
  );
  type Missed = { remote: number; kinds: string; parent: string | null; scan: number; at: number };
  const MISSED = `WHERE remote = @remote AND scan < @scan AND kind IN (SELECT value FROM json_each(@kinds))
    AND (@parent IS NULL OR parent = @parent)`;
  const newlyMissed = db
    .prepare<Omit<Missed, "at">, number>(`SELECT count(*) FROM sync_seen ${MISSED} AND missed = 0`)
    .pluck();
  const miss = db.prepare<Missed>(
    `UPDATE sync_seen SET missed = missed + 1, missed_at = coalesce(missed_at, @at), missed_last = @at ${MISSED}`,
  );
  const gone = db.prepare<{ remote: number; apart: number; now: number }, RawSeen>(
    `SELECT ${COLUMNS} FROM sync_seen AS s WHERE remote = @remote AND missed >= 2 AND uid IS NOT NULL
       AND missed_last <= @now AND missed_last - missed_at >= @apart ORDER BY rank, id`,
  );

  const rowOf = (raw: RawSeen | undefined): SeenRow | undefined => raw && toRow(raw);
  return {
    put: (remote, objects, scan) => {
      for (const object of objects) {
        const { kind, id, name, parent, fingerprint, points_mark, updated_at, web_url } = object;
        const fields = JSON.stringify(object.fields);
        const rank = rankOf(kind);
        put.run({ remote, kind, id, rank, name, parent, fields, fingerprint, points_mark, updated_at, web_url, scan });
      }
    },
    told: (remote, kind, id, fields) => void told.run(JSON.stringify(fields), remote, kind, id),
    find: (remote, kind, id) => rowOf(find.get(remote, kind, id)),
    byName: (remote, kind, parent, name) => rowOf(byName.get(remote, kind, parent, name)),
    assign: (remote, kind, id, uid) => void assign.run(uid, remote, kind, id),
    settle: (remote, kind, id) => void settle.run(remote, kind, id),
    count: (remote) => count.get(remote) ?? 0,
    page: (remote, kind, parent, after = "", limit) =>
      (parent === undefined
        ? page.all(remote, kind, after, limit)
        : pageOf.all(remote, kind, parent, after, limit)
      ).map(toRow),
    running: (remote, experiment, limit) => running.all(remote, experiment, limit).map(toRow),
    missed: (remote, kinds: readonly SyncKind[], parent, scan, at) => {
      const query = { remote, kinds: JSON.stringify(kinds), parent, scan };
      const newly = newlyMissed.get(query) ?? 0;
      miss.run({ ...query, at });
      return newly;
    },
    gone: (remote, apartMs, now) => gone.all({ remote, apart: apartMs, now }).map(toRow),
  };
};
