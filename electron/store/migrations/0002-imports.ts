import type { Migration } from "../migrate.ts";

/**
 * What became of the things of an imported store, so that a second import brings nothing twice and an interrupted one
 * goes on where it stopped. `done` is 0 while a run is being carried, and as long as it goes on in its own store.
 */
export const imports: Migration = (db) => {
  db.exec(`
    CREATE TABLE imports (
      source TEXT NOT NULL, -- e.g. "mlruns:/home/me/mlruns"
      kind TEXT NOT NULL, id TEXT NOT NULL, -- the kind and id that a thing has there
      uid TEXT NOT NULL, -- of what it became here
      done INTEGER NOT NULL,
      PRIMARY KEY (source, kind, id)
    ) STRICT, WITHOUT ROWID;
  `);
};
