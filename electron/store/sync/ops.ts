/** Effects under way: a row is committed before its request leaves. */
import type { Database } from "../database.ts";
import { parseAny } from "./json.ts";
import type { OpRow } from "./rows.ts";
import type { OpStore } from "./sync-store.ts";

type RawOp = Omit<OpRow, "detail"> & { readonly detail: string | null };

const toRow = (raw: RawOp): OpRow => ({ ...raw, detail: parseAny(raw.detail) });

export const createOpStore = (db: Database): OpStore => {
  const columns = "id, kind, uid, step, state, detail, sent_at";
  const begin = db.prepare<[number, string, string, string, string | null, number]>(
    `INSERT INTO sync_ops (remote, kind, uid, step, state, detail, sent_at) VALUES (?, ?, ?, ?, 'inflight', ?, ?)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET step = excluded.step, state = 'inflight', detail = excluded.detail,
       sent_at = excluded.sent_at`,
  );
  const uncertain = db.prepare<[number, string, string]>(
    "UPDATE sync_ops SET state = 'uncertain' WHERE remote = ? AND kind = ? AND uid = ?",
  );
  const end = db.prepare<[number, string, string]>("DELETE FROM sync_ops WHERE remote = ? AND kind = ? AND uid = ?");
  const find = db.prepare<[number, string, string], RawOp>(
    `SELECT ${columns} FROM sync_ops WHERE remote = ? AND kind = ? AND uid = ?`,
  );
  const all = db.prepare<[number], RawOp>(`SELECT ${columns} FROM sync_ops WHERE remote = ? ORDER BY id`);
  const recover = db.prepare<[]>("UPDATE sync_ops SET state = 'uncertain' WHERE state = 'inflight'");

  return {
    begin: (remote, { kind, uid }, step, detail, sentAt) =>
      void begin.run(remote, kind, uid, step, detail === undefined ? null : JSON.stringify(detail), sentAt),
    uncertain: (remote, { kind, uid }) => void uncertain.run(remote, kind, uid),
    end: (remote, { kind, uid }) => void end.run(remote, kind, uid),
    find: (remote, { kind, uid }) => {
      const raw = find.get(remote, kind, uid);
      return raw && toRow(raw);
    },
    all: (remote) => all.all(remote).map(toRow),
    recover: () => recover.run().changes,
  };
};
