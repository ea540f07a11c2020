/** Many runs, written straight into a store that no host has open: over HTTP they would take minutes. */
import { join } from "node:path";
import { openWriter } from "../../electron/store/database.ts";

export interface ManyRuns {
  readonly experiment: number;
  readonly count: number;
  /** Metric keys that the first run has beside the others. */
  readonly wide?: number;
}

const EPOCH = 1_700_000_000_000;

/** The id of the i-th run. */
export const runIdAt = (i: number): string => i.toString(16).padStart(32, "0");

/** Runs `trial-0`, `trial-1`, …: loss = 1/(1+i), accuracy = i/count, params lr (of 50), layers (of 9), optimizer (of 2), a tag. */
export const seedRuns = (dataDir: string, { experiment, count, wide = 0 }: ManyRuns): void => {
  const db = openWriter(join(dataDir, "outpost.db"));
  const addKey = db.prepare<[string], number>("INSERT INTO keys (name) VALUES (?) ON CONFLICT DO NOTHING");
  const findKey = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  const keyOf = (name: string): number => {
    addKey.run(name);
    return findKey.get(name) ?? 0;
  };
  const addRun = db.prepare<[string, number, string, number, number]>(
    "INSERT INTO runs (run_id, experiment, name, user_id, status, start_time, end_time) VALUES (?, ?, ?, 'mira', 'FINISHED', ?, ?)",
  );
  const addMetric = db.prepare<[number | bigint, number, number, number, number]>(
    "INSERT INTO latest_metrics (run, key, experiment, step, timestamp, value, is_nan, ordered) VALUES (?, ?, ?, 0, ?, ?, 0, 1)",
  );
  const addPoint = db.prepare<[number | bigint, number, number, number]>(
    "INSERT INTO metrics (run, key, step, timestamp, value, is_nan) VALUES (?, ?, 0, ?, ?, 0)",
  );
  const addPair = (table: "params" | "run_tags") =>
    db.prepare<[number | bigint, number, number, string]>(
      `INSERT INTO ${table} (run, key, experiment, value) VALUES (?, ?, ?, ?)`,
    );
  const [addParam, addTag] = [addPair("params"), addPair("run_tags")];
  const keys = new Map(
    ["loss", "accuracy", "lr", "layers", "optimizer", "stage", "mlflow.runName"].map((name) => [name, keyOf(name)]),
  );
  const key = (name: string): number => keys.get(name) ?? 0;

  db.transaction(() => {
    for (let i = 0; i < count; i += 1) {
      const start = EPOCH + i * 1000;
      const run = addRun.run(runIdAt(i), experiment, `trial-${i}`, start, start + 60_000).lastInsertRowid;
      const metric = (name: number, value: number): void => {
        addPoint.run(run, name, start, value);
        addMetric.run(run, name, experiment, start, value);
      };
      metric(key("loss"), 1 / (1 + i));
      metric(key("accuracy"), i / count);
      addParam.run(run, key("lr"), experiment, String(1 / (1 + (i % 50))));
      addParam.run(run, key("layers"), experiment, String(i % 9));
      addParam.run(run, key("optimizer"), experiment, i % 2 === 0 ? "adam" : "sgd");
      addTag.run(run, key("stage"), experiment, i % 3 === 0 ? "dev" : "test");
      addTag.run(run, key("mlflow.runName"), experiment, `trial-${i}`);
      if (i === 0) for (let k = 0; k < wide; k += 1) metric(keyOf(`layer_${k}/norm`), k);
    }
  })();
  db.close();
};
