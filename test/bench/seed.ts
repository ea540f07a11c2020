/** Data that several rows look at. Outpost and the limit take it over HTTP; MLflow, which would take minutes, by SQL. */
import Sqlite from "better-sqlite3";
import { join } from "node:path";
import { fieldOf, textOf } from "../helpers/http-client.ts";
import { ask, mlflowCall, sendAll } from "./load.ts";
import type { Target } from "./targets.ts";

const EPOCH = 1_700_000_000_000;
const MOST_PER_BATCH = 1000;

interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What the i-th run logs: three metrics, four params, three tags, in the spread of a sweep over hyperparameters. */
export const runAt = (i: number) => {
  const of = (record: Readonly<Record<string, string>>): KeyValue[] =>
    Object.entries(record).map(([key, value]) => ({ key, value }));
  const metric = (key: string, value: number) => ({ key, value, timestamp: EPOCH + i, step: 1 });
  const accuracy = ((i * 7919) % 100_003) / 100_003; // each value once, so that every server has the same order;
  return {
    run_name: `trial-${String(i)}`,
    start_time: EPOCH + i * 1000,
    metrics: [metric("accuracy", accuracy), metric("loss", 1 - accuracy), metric("f1", accuracy / 2)],
    params: of({
      lr: String(1 / (1 + (i % 50))),
      optimizer: ["adam", "sgd", "rmsprop"][i % 3] ?? "",
      layers: String(i % 9),
      batch: String(2 ** (i % 8)),
    }),
    tags: of({
      group: `group-${String((i * 31) % 1000)}`,
      stage: ["dev", "test"][i % 2] ?? "",
      owner: `user${String(i % 20)}`,
    }),
  };
};

/** A new experiment's id. */
export const newExperiment = async (target: Target, name: string): Promise<string> =>
  textOf(await ask(target.url, mlflowCall("experiments/create", { name })), "experiment_id");

/** A new run's id. */
export const newRun = async (target: Target, experiment = "0"): Promise<string> =>
  textOf(
    await ask(
      target.url,
      mlflowCall("runs/create", { experiment_id: experiment, run_name: "bench", start_time: EPOCH }),
    ),
    "run",
    "info",
    "run_id",
  );

/** One after the other: MLflow gives parallel creations of a first moment up. */
export const newRuns = async (target: Target, count: number, experiment = "0"): Promise<string[]> => {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await newRun(target, experiment));
  return ids;
};

const databaseOf = (target: Target): Sqlite.Database =>
  new Sqlite(join(target.folder, "mlflow.db"), { timeout: 60_000 });

const seedRunsBySql = (target: Target, experiment: string, count: number): void => {
  const db = databaseOf(target);
  const add = (table: string, columns: string) =>
    db.prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.replace(/[^,]+/g, "?")})`);
  const run = add(
    "runs",
    "run_uuid,name,source_type,source_name,entry_point_name,user_id,status,start_time,source_version,lifecycle_stage,artifact_uri,experiment_id",
  );
  const metric = add("metrics", "key,value,timestamp,run_uuid,step,is_nan");
  const latest = add("latest_metrics", "key,value,timestamp,run_uuid,step,is_nan");
  const [param, tag] = [add("params", "key,value,run_uuid"), add("tags", "key,value,run_uuid")];
  db.transaction(() => {
    for (let i = 0; i < count; i++) {
      const { run_name, start_time, metrics, params, tags } = runAt(i);
      const id = `${experiment.padStart(8, "0")}${i.toString(16).padStart(24, "0")}`;
      const uri = `mlflow-artifacts:/${experiment}/${id}/artifacts`;
      run.run(id, run_name, "UNKNOWN", "", "", "", "RUNNING", start_time, "", "active", uri, Number(experiment));
      for (const { key, value, timestamp, step } of metrics) {
        metric.run(key, value, timestamp, id, step, 0);
        latest.run(key, value, timestamp, id, step, 0);
      }
      for (const { key, value } of params) param.run(key, value, id);
      for (const { key, value } of [...tags, { key: "mlflow.runName", value: run_name }]) tag.run(key, value, id);
    }
  })();
  db.close();
};

/** Fills a new experiment with runs; its id. */
export const seedRuns = async (target: Target, name: string, count: number): Promise<string> => {
  const experiment = await newExperiment(target, name);
  if (target.kind === "mlflow") {
    seedRunsBySql(target, experiment, count);
    return experiment;
  }
  const created = await sendAll(target.url, 16, count, (i) => {
    const { run_name, start_time, tags } = runAt(i);
    return mlflowCall("runs/create", { experiment_id: experiment, run_name, start_time, tags });
  });
  await sendAll(target.url, 16, count, (i) => {
    const { metrics, params } = runAt(i);
    const run_id = textOf(JSON.parse(String(created[i]?.body)), "run", "info", "run_id");
    return mlflowCall("runs/log-batch", { run_id, metrics, params });
  });
  return experiment;
};

/** A point of a metric whose step and time rise together, as training logs it. */
export const pointAt = (key: string, step: number) => ({
  key,
  step,
  timestamp: EPOCH + step * 100,
  value: Math.exp(-step / 5000) + ((step * 7919) % 1000) / 20_000,
});

/** Logs `count` points of one metric to a run. */
export const seedPoints = async (target: Target, run: string, key: string, count: number): Promise<void> => {
  if (target.kind === "mlflow") {
    const db = databaseOf(target);
    const add = (table: string) =>
      db.prepare(
        `INSERT OR REPLACE INTO ${table} (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)`,
      );
    const [metrics, latest] = [add("metrics"), add("latest_metrics")];
    db.transaction(() => {
      for (let step = 0; step < count; step++) {
        const { value, timestamp } = pointAt(key, step);
        metrics.run(key, value, timestamp, run, step);
        if (step === count - 1) latest.run(key, value, timestamp, run, step);
      }
    })();
    db.close();
    return;
  }
  await sendAll(target.url, 4, Math.ceil(count / MOST_PER_BATCH), (n) => {
    const first = n * MOST_PER_BATCH;
    const metrics = Array.from({ length: Math.min(MOST_PER_BATCH, count - first) }, (_unused, i) =>
      pointAt(key, first + i),
    );
    return mlflowCall("runs/log-batch", { run_id: run, metrics });
  });
};

/** Registers `count` models of one version each, and one more, "busy", of twenty. */
export const seedModels = async (target: Target, count: number): Promise<void> => {
  const connections = target.kind === "mlflow" ? 2 : 16;
  const name = (i: number): string => (i === count ? "busy" : `model-${String(i)}`);
  await sendAll(target.url, connections, count + 1, (i) => mlflowCall("registered-models/create", { name: name(i) }));

  const run_id = await newRun(target);
  const version = (i: number) => ({ name: name(Math.min(i, count)), source: `runs:/${run_id}/model`, run_id });
  await sendAll(target.url, connections, count + 20, (i) => mlflowCall("model-versions/create", version(i)));
};

/** The token of the last page of 100 runs of an experiment that holds `count`. */
export const lastPageToken = async (target: Target, experiment: string, count: number): Promise<string | undefined> => {
  if (target.kind === "mlflow") return Buffer.from(JSON.stringify({ offset: count - 100 })).toString("base64");
  let token: string | undefined;
  for (let read = 0; read < count - 100; read += 100) {
    const body = {
      experiment_ids: [experiment],
      max_results: 100,
      ...(token === undefined ? {} : { page_token: token }),
    };
    const answer = await ask(target.url, mlflowCall("runs/search", body));
    token = textOf(answer, "next_page_token");
    fieldOf(answer, "runs");
  }
  return token;
};
