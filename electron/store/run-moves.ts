/** Moves runs between experiments: every table that repeats the experiment follows, files and their addresses stay. */
import type { Database } from "./database.ts";
import type { RunRow } from "./runs.ts";

export type RunMoveStore = ReturnType<typeof createRunMoveStore>;

const PARENT_TAG = "mlflow.parentRunId";

export const createRunMoveStore = (db: Database) => {
  const moveRun = db.prepare<{ id: number; to: number }>(
    "UPDATE runs SET home = coalesce(home, experiment), experiment = @to WHERE id = @id",
  );
  const tables = ["latest_metrics", "params", "run_tags"].map((table) =>
    db.prepare<{ id: number; to: number }>(`UPDATE ${table} SET experiment = @to WHERE run = @id`),
  );
  // A dataset belongs to one experiment; the same name and digest there is the same dataset.
  const addDatasets = db.prepare<{ id: number; to: number }>(`
    INSERT INTO datasets (experiment, name, digest, source_type, source, schema, profile)
    SELECT @to, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
    FROM run_datasets rd JOIN datasets d ON d.id = rd.dataset WHERE rd.run = @id AND d.experiment <> @to
    ON CONFLICT (experiment, name, digest) DO NOTHING`);
  const moveDatasets = db.prepare<{ id: number; to: number }>(`
    UPDATE run_datasets SET dataset = (
      SELECT there.id FROM datasets here JOIN datasets there
        ON there.experiment = @to AND there.name = here.name AND there.digest = here.digest
      WHERE here.id = run_datasets.dataset)
    WHERE run = @id`);
  const moveModels = db
    .prepare<{ runId: string; from: number; to: number }, string>(
      `UPDATE logged_models SET home = coalesce(home, experiment), experiment = @to
       WHERE source_run_id = @runId AND experiment = @from RETURNING uid`,
    )
    .pluck();
  const children = db
    .prepare<[number, string], string>(
      `SELECT r.run_id FROM run_tags t JOIN runs r ON r.id = t.run
       WHERE t.experiment = ? AND t.key = (SELECT id FROM keys WHERE name = '${PARENT_TAG}') AND t.head = ?`,
    )
    .pluck();

  return {
    /** Moves a run and the models it logged. Returns the uids of these. */
    move: (run: RunRow, to: number): readonly string[] => {
      for (const statement of [moveRun, ...tables, addDatasets, moveDatasets]) statement.run({ id: run.id, to });
      return moveModels.all({ runId: run.run_id, from: run.experiment, to });
    },
    /** Ids of the runs that name this one as their parent, in its experiment. */
    children: (run: Pick<RunRow, "experiment" | "run_id">): readonly string[] =>
      children.all(run.experiment, run.run_id),
  };
};
