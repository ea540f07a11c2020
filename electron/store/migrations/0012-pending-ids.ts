import type { Migration } from "../migrate.ts";

/**
 * Waiting bytes are found by the number in their blob's own row instead of an index of their own, of which every upload
 * wrote a page. The number stays when the bytes have gone and may come again with others: the digest beside them tells.
 */
export const pendingIds: Migration = (db) => {
  db.exec(`
    ALTER TABLE blobs ADD COLUMN pending INTEGER;
    UPDATE blobs SET pending = (SELECT id FROM pending_blobs WHERE pending_blobs.sha256 = blobs.sha256)
      WHERE sha256 IN (SELECT sha256 FROM pending_blobs);
    CREATE TABLE pending_by_id (id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, bytes BLOB NOT NULL) STRICT;
    INSERT INTO pending_by_id SELECT id, sha256, bytes FROM pending_blobs;
    DROP TABLE pending_blobs;
    ALTER TABLE pending_by_id RENAME TO pending_blobs;
    CREATE TRIGGER blobs_leave_nothing AFTER DELETE ON blobs WHEN old.pending IS NOT NULL BEGIN
      DELETE FROM pending_blobs WHERE id = old.pending AND sha256 = old.sha256;
    END;
  `);
};
