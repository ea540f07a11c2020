/** Small runs for search tests: written straight into the tables, and kept beside as plain objects to judge by. */
import { openWriter } from "../../../../electron/store/database.ts";
import { migrate } from "../../../../electron/store/migrate.ts";

export interface SampleRun {
  readonly runId: string;
  readonly experiment: number;
  readonly name: string;
  readonly status: string;
  readonly stage: "active" | "deleted";
  readonly start: number | null;
  readonly end: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly datasets: readonly { readonly name: string; readonly digest: string; readonly context: string | null }[];
}

const EMPTY = {
  experiment: 0,
  name: "run",
  status: "FINISHED",
  stage: "active",
  start: 1,
  end: null,
  metrics: {},
  params: {},
  tags: {},
  datasets: [],
} as const;
export const sampleRun = (i: number, run: Partial<SampleRun> = {}): SampleRun => ({
  ...EMPTY,
  runId: i.toString(16).padStart(32, "0"),
  ...run,
});

/** An empty store with experiments 0 to 3. */
export const setupStore = () => {
  const db = openWriter(":memory:");
  migrate(db);
  for (const id of [1, 2, 3])
    db.prepare("INSERT INTO experiments (id, name, creation_time, last_update_time) VALUES (?, ?, 0, 0)").run(
      id,
      `e${id}`,
    );
  const newKey = db
    .prepare("INSERT INTO keys (name) VALUES (?) ON CONFLICT (name) DO UPDATE SET name = name RETURNING id")
    .pluck();
  const keyId = (name: string): number => Number(newKey.get(name));
  const addRun = db
    .prepare(
      `INSERT INTO runs (run_id, experiment, name, user_id, status, start_time, end_time, lifecycle_stage)
    VALUES (?, ?, ?, 'me', ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  const addMetric = db.prepare(
    "INSERT INTO latest_metrics (run, key, experiment, step, timestamp, value, is_nan, ordered) VALUES (?, ?, ?, 0, 0, ?, ?, 1)",
  );
  const addParam = db.prepare("INSERT INTO params (run, key, experiment, value) VALUES (?, ?, ?, ?)");
  const addTag = db.prepare("INSERT INTO run_tags (run, key, experiment, value) VALUES (?, ?, ?, ?)");
  const addDataset = db
    .prepare(
      `INSERT INTO datasets (experiment, name, digest, source_type, source) VALUES (?, ?, ?, 'local', '')
    ON CONFLICT (experiment, name, digest) DO UPDATE SET source = '' RETURNING id`,
    )
    .pluck();
  const addInput = db.prepare(
    "INSERT INTO run_datasets (run, dataset, tags, context) VALUES (?, ?, '[]', ?) ON CONFLICT DO NOTHING",
  );

  /** Writes runs; the answer maps row ids to them. */
  const insert = db.transaction((runs: readonly SampleRun[]): Map<number, SampleRun> => {
    const byId = new Map<number, SampleRun>();
    for (const run of runs) {
      const id = Number(addRun.get(run.runId, run.experiment, run.name, run.status, run.start, run.end, run.stage));
      for (const [key, value] of Object.entries(run.metrics))
        addMetric.run(id, keyId(key), run.experiment, Number.isNaN(value) ? 0 : value, Number(Number.isNaN(value)));
      for (const [key, value] of Object.entries(run.params)) addParam.run(id, keyId(key), run.experiment, value);
      for (const [key, value] of Object.entries({ "mlflow.runName": run.name, ...run.tags }))
        addTag.run(id, keyId(key), run.experiment, value);
      for (const { name, digest, context } of run.datasets)
        addInput.run(id, addDataset.get(run.experiment, name, digest), context);
      byId.set(id, run);
    }
    return byId;
  });
  return { db, insert };
};
