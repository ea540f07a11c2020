import type { Migration } from "../migrate.ts";

/** Named views of the run table, of one experiment or (NULL) of the search over all of them. */
export const savedViews: Migration = (db) => {
  db.exec(`
    CREATE TABLE saved_views (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))), -- what an address names it by
      experiment INTEGER REFERENCES experiments ON DELETE CASCADE,
      name TEXT NOT NULL,
      query TEXT NOT NULL, -- as it stands in the page's address
      is_default INTEGER NOT NULL DEFAULT 0,
      created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      trashed_at INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX saved_views_by_name ON saved_views (coalesce(experiment, -1), name) WHERE trashed_at IS NULL;
    CREATE UNIQUE INDEX saved_views_default ON saved_views (coalesce(experiment, -1))
      WHERE is_default = 1 AND trashed_at IS NULL;
  `);
};
