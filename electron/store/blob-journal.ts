/** The bytes of blobs whose file is not on disk yet. What they are for is told in `domain/artifacts/settler.ts`. */
import type { Database } from "./database.ts";

export interface JournaledBlob {
  readonly id: number; // rises in the order of arrival
  readonly sha256: string;
}

const OF_BLOB = `FROM blobs JOIN pending_blobs AS p ON p.id = blobs.pending AND p.sha256 = blobs.sha256
  WHERE blobs.sha256 = ?`;

export type BlobJournal = ReturnType<typeof createBlobJournal>;

export const createBlobJournal = (db: Database) => {
  const has = db.prepare<[string], number>(`SELECT 1 ${OF_BLOB}`).pluck();
  const find = db.prepare<[string], Buffer>(`SELECT bytes ${OF_BLOB}`).pluck();
  const insert = db.prepare<[string, Buffer]>("INSERT INTO pending_blobs (sha256, bytes) VALUES (?, ?)");
  const point = db.prepare<[number | bigint, string]>("UPDATE blobs SET pending = ? WHERE sha256 = ?");
  const after = db.prepare<[number, number], JournaledBlob>(
    "SELECT id, sha256 FROM pending_blobs WHERE id > ? ORDER BY id LIMIT ?",
  );
  const remove = db.prepare<JournaledBlob>("DELETE FROM pending_blobs WHERE id = @id AND sha256 = @sha256");
  const totals = db.prepare<[], { count: number; bytes: number }>(
    "SELECT count(*) AS count, coalesce(sum(length(bytes)), 0) AS bytes FROM pending_blobs",
  );

  return {
    has: (sha256: string): boolean => has.get(sha256) !== undefined,
    find: (sha256: string): Buffer | undefined => find.get(sha256),
    /** Keeps a blob's bytes; inside the write that adds its row. Those that are there stay. */
    add: (sha256: string, bytes: Buffer): void => {
      if (has.get(sha256) === undefined) point.run(insert.run(sha256, bytes).lastInsertRowid, sha256);
    },
    /** The oldest ones that came after `id`. */
    after: (id: number, limit: number): JournaledBlob[] => after.all(id, limit),
    remove: (blob: JournaledBlob): void => void remove.run(blob),
    totals: (): { count: number; bytes: number } => totals.get() ?? { count: 0, bytes: 0 },
  };
};
