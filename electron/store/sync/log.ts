/** What syncing leaves for people to read: how each sync ended, and every call over the network. */
import type { Database } from "../database.ts";
import { parseCounts } from "./json.ts";
import type { NetworkCallRow, SyncRunRow } from "./rows.ts";
import type { SyncStore } from "./sync-store.ts";

const KEPT_CALLS = 10_000;
const CUT_OFF = "Outpost was stopped while it ran.";

type RawSync = Omit<SyncRunRow, "counts"> & { readonly counts: string | null; readonly remote: string };

export const createSyncRunStore = (db: Database): SyncStore["runs"] => {
  const begin = db
    .prepare<[number, number, string, string], number>(
      "INSERT INTO sync_runs (remote, started_at, actor, what) VALUES (?, ?, ?, ?) RETURNING id",
    )
    .pluck();
  const end = db.prepare<[string, string | null, string, number, number]>(
    "UPDATE sync_runs SET outcome = ?, problem = ?, counts = ?, ended_at = ? WHERE id = ?",
  );
  const list = db.prepare<{ remote: number | null; before: number; limit: number }, RawSync>(
    `SELECT s.id, s.started_at, s.ended_at, s.actor, s.what, s.outcome, s.problem, s.counts, r.name AS remote
     FROM sync_runs AS s JOIN remotes AS r ON r.id = s.remote
     WHERE (@remote IS NULL OR s.remote = @remote) AND s.id < @before ORDER BY s.id DESC LIMIT @limit`,
  );
  const recover = db.prepare<[string, number]>(
    "UPDATE sync_runs SET outcome = 'interrupted', problem = ?, ended_at = ? WHERE ended_at IS NULL",
  );

  return {
    begin: (remote, what, actor, at) => {
      const id = begin.get(remote, at, actor, what);
      if (id === undefined) throw new Error("INSERT … RETURNING returned nothing");
      return id;
    },
    end: (id, outcome, problem, counts, at) => void end.run(outcome, problem, JSON.stringify(counts), at, id),
    list: (remote, limit, before = Number.MAX_SAFE_INTEGER) =>
      list.all({ remote: remote ?? null, before, limit }).map((row) => ({ ...row, counts: parseCounts(row.counts) })),
    recover: (at) => void recover.run(CUT_OFF, at),
  };
};

export const createNetworkLog = (db: Database): SyncStore["network"] => {
  const columns = "at, remote, purpose, method, url, status, trouble, sent, received, took_ms";
  const add = db.prepare<Omit<NetworkCallRow, "id">>(
    `INSERT INTO network_calls (${columns}) VALUES (@at, @remote, @purpose, @method, @url, @status, @trouble, @sent, @received, @took_ms)`,
  );
  const prune = db.prepare<[number | bigint, number]>("DELETE FROM network_calls WHERE id <= ? - ?");
  const list = db.prepare<{ remote: string | null; before: number; limit: number }, NetworkCallRow>(
    `SELECT id, ${columns} FROM network_calls WHERE id < @before AND (@remote IS NULL OR remote = @remote)
     ORDER BY id DESC LIMIT @limit`,
  );
  return {
    add: (call) => void prune.run(add.run(call).lastInsertRowid, KEPT_CALLS),
    list: (limit, before = Number.MAX_SAFE_INTEGER, remote) => list.all({ remote: remote ?? null, before, limit }),
  };
};
