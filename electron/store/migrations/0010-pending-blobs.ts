import type { Migration } from "../migrate.ts";

/**
 * Bytes of short artifacts whose file is not on disk yet: committed with the row that names them, removed once the file
 * and its name are synced. `id` is the order in which they came.
 */
export const pendingBlobs: Migration = (db) => {
  db.exec(`
    CREATE TABLE pending_blobs (
      id INTEGER PRIMARY KEY,
      sha256 TEXT NOT NULL UNIQUE REFERENCES blobs ON DELETE CASCADE,
      bytes BLOB NOT NULL
    ) STRICT;
  `);
};
