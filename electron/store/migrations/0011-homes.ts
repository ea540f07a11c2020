import type { Migration } from "../migrate.ts";

/**
 * Where the files of a moved run (and of the models it logged) lie: below the experiment in which they were made, since
 * addresses of files are written down in scripts, model versions and other runs. NULL where nothing was moved.
 */
export const homes: Migration = (db) => {
  db.exec(`
    ALTER TABLE runs ADD COLUMN home INTEGER;
    ALTER TABLE logged_models ADD COLUMN home INTEGER;
    CREATE INDEX runs_by_home ON runs (home, experiment) WHERE home IS NOT NULL;
    CREATE INDEX logged_models_by_home ON logged_models (home, experiment) WHERE home IS NOT NULL;
  `);
};
