/** Files that an object has on the far side and whose bytes are not here yet. */
import type { Database } from "../database.ts";
import type { SyncFileRow } from "./rows.ts";
import type { FileStubStore } from "./sync-store.ts";

type RawFile = Omit<SyncFileRow, "wanted"> & { readonly wanted: number };

const toRow = <T extends RawFile>(raw: T) => ({ ...raw, wanted: raw.wanted === 1 });

export const createFileStubStore = (db: Database): FileStubStore => {
  const columns = "kind, uid, path, size, sha256, wanted, problem";
  const put = db.prepare<[number, string, string, string, number, string | null]>(
    `INSERT INTO sync_files (remote, kind, uid, path, size, sha256) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (remote, kind, uid, path) DO UPDATE SET size = excluded.size, sha256 = excluded.sha256, problem = NULL
     WHERE sync_files.size <> excluded.size OR sync_files.sha256 IS NOT excluded.sha256`,
  );
  const of = db.prepare<[number, string, string], RawFile>(
    `SELECT ${columns} FROM sync_files WHERE remote = ? AND kind = ? AND uid = ? ORDER BY path`,
  );
  const find = db.prepare<[number, string, string, string], RawFile>(
    `SELECT ${columns} FROM sync_files WHERE remote = ? AND kind = ? AND uid = ? AND path = ?`,
  );
  const want = db.prepare<{ wanted: number; remote: number; kind: string; uid: string; path: string | null }>(
    `UPDATE sync_files SET wanted = @wanted, problem = NULL
     WHERE remote = @remote AND kind = @kind AND uid = @uid AND (@path IS NULL OR path = @path)`,
  );
  const wanted = db.prepare<[number, number], RawFile>(
    `SELECT ${columns} FROM sync_files WHERE remote = ? AND wanted = 1 ORDER BY kind, uid, path LIMIT ?`,
  );
  const problem = db.prepare<[string, number, string, string, string]>(
    "UPDATE sync_files SET problem = ? WHERE remote = ? AND kind = ? AND uid = ? AND path = ?",
  );
  const drop = db.prepare<[number, string, string, string]>(
    "DELETE FROM sync_files WHERE remote = ? AND kind = ? AND uid = ? AND path = ?",
  );
  const landed = db.prepare<[string], RawFile & { remote: number }>(
    `SELECT remote, ${columns} FROM sync_files WHERE sha256 = ? ORDER BY remote, kind, uid, path`,
  );

  return {
    put: (remote, { kind, uid }, files) => {
      for (const { path, size, sha256 } of files) put.run(remote, kind, uid, path, size, sha256);
    },
    of: (remote, { kind, uid }) => of.all(remote, kind, uid).map(toRow),
    find: (remote, { kind, uid }, path) => {
      const raw = find.get(remote, kind, uid, path);
      return raw && toRow(raw);
    },
    want: (remote, { kind, uid }, on, path = null) => void want.run({ wanted: Number(on), remote, kind, uid, path }),
    wanted: (remote, limit) => wanted.all(remote, limit).map(toRow),
    problem: (remote, { kind, uid }, path, text) => void problem.run(text, remote, kind, uid, path),
    drop: (remote, { kind, uid }, path) => void drop.run(remote, kind, uid, path),
    landed: (sha256) => landed.all(sha256).map(toRow),
  };
};
