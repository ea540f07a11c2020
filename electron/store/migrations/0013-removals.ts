import type { Migration } from "../migrate.ts";

/**
 * Tags, aliases and descriptions that were removed, or replaced in the interface, so that they can come back.
 *
 * - `removals` is one act: a tag taken from one run, or from ten thousand at once.
 * - `part_of` names (by trash id) the thing in the trash that a value went with: it comes back with that one.
 */
export const removals: Migration = (db) => {
  db.exec(`
    CREATE TABLE removals (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      kind TEXT NOT NULL CHECK (kind IN ('tags', 'aliases', 'texts')),
      owner_kind TEXT NOT NULL,
      name TEXT NOT NULL, -- the tag's key, the alias
      parts INTEGER NOT NULL DEFAULT 0, -- how many values
      part_of TEXT,
      trashed_at INTEGER NOT NULL, actor TEXT NOT NULL
    ) STRICT;
    CREATE INDEX removals_by_time ON removals (kind, trashed_at, uid) WHERE part_of IS NULL;
    CREATE INDEX removals_by_whole ON removals (part_of) WHERE part_of IS NOT NULL;
    CREATE TABLE removed_values (
      removal INTEGER NOT NULL REFERENCES removals ON DELETE CASCADE,
      owner INTEGER NOT NULL, -- id of its row, which is never used again
      value TEXT NOT NULL, -- of an alias the version's number
      replaced_by TEXT, -- the value that took its place
      PRIMARY KEY (removal, owner)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX saved_views_in_trash ON saved_views (trashed_at, uid) WHERE trashed_at IS NOT NULL;
  `);
};
