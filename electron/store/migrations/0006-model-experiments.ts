import type { Migration } from "../migrate.ts";

/** `experiments.model` marks the experiment that holds the runs of a model's versions: no search and no list shows it. */
export const modelExperiments: Migration = (db) => {
  db.exec(`
    ALTER TABLE experiments ADD COLUMN model INTEGER; -- id of the registered model; never reused, kept when that is purged
    CREATE UNIQUE INDEX experiments_by_model ON experiments (model) WHERE model IS NOT NULL;
  `);
};
