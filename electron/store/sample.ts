/** Finds what belongs to the sample project: experiments and registered models with its tag, in the trash or not. */
import type { Database } from "./database.ts";

export interface SampleThing {
  readonly id: number;
  readonly uid: string;
  readonly name: string;
  readonly trashed: number; // 1: it is in the trash
}

export type SampleStore = ReturnType<typeof createSampleStore>;

export const createSampleStore = (db: Database, tag: string) => {
  const experiments = db.prepare<[string], SampleThing>(
    `SELECT e.id, e.uid, e.name, e.trashed_at IS NOT NULL AS trashed FROM experiment_tags AS t JOIN experiments AS e ON e.id = t.experiment
     WHERE t.key = ? AND t.value = 'true' ORDER BY e.id`,
  );
  const models = db.prepare<[string], SampleThing>(
    `SELECT m.id, m.uid, m.name, m.trashed_at IS NOT NULL AS trashed FROM registered_model_tags AS t JOIN registered_models AS m ON m.id = t.model
     WHERE t.key = ? AND t.value = 'true' ORDER BY m.id`,
  );
  const runs = db
    .prepare<[string], number>("SELECT count(*) FROM runs WHERE experiment IN (SELECT value FROM json_each(?))")
    .pluck();

  return {
    experiments: (): SampleThing[] => experiments.all(tag),
    models: (): SampleThing[] => models.all(tag),
    countRuns: (experimentIds: readonly number[]): number => runs.get(JSON.stringify(experimentIds)) ?? 0,
  };
};
