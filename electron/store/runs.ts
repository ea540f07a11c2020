import type { KeyValue, RunStatus } from "../../shared/api/mlflow/entities.ts";
import type { Int64 } from "../../shared/api/wire.ts";
import type { Database } from "./database.ts";
import { exact, toInt64 } from "./integers.ts";
import type { KeyStore } from "./keys.ts";
import type { MetricPoint } from "./metrics.ts";

export type Stage = "active" | "deleted";

/** A run without what was logged to it. `id` is the store's own, `run_id` the client's. */
export interface RunRow {
  readonly id: number;
  readonly uid: string;
  readonly run_id: string;
  readonly experiment: number;
  /** The experiment in which it was made: its files lie below that one, wherever the run moves. */
  readonly home: number;
  readonly name: string;
  readonly user_id: string;
  readonly status: RunStatus;
  readonly start_time: Int64;
  readonly end_time: Int64 | undefined;
  readonly lifecycle_stage: Stage;
}

export interface NewRun {
  readonly run_id: string;
  readonly experiment: number;
  readonly name: string;
  readonly user_id: string;
  readonly status: RunStatus;
  readonly start_time: Int64;
}

type RawRun = Omit<RunRow, "start_time" | "end_time"> & {
  readonly start_time: number | string | null;
  readonly end_time: number | string | null;
};

export type RunStore = ReturnType<typeof createRunStore>;

const COLUMNS = `runs.id, runs.uid, runs.run_id, runs.experiment, coalesce(runs.home, runs.experiment) AS home, runs.name, runs.user_id, runs.status,
  ${exact("runs.start_time")} AS start_time, ${exact("runs.end_time")} AS end_time, runs.lifecycle_stage`;

const toRun = (raw: RawRun): RunRow => ({
  ...raw,
  start_time: raw.start_time === null ? 0 : toInt64(raw.start_time),
  end_time: raw.end_time === null ? undefined : toInt64(raw.end_time),
});

export const createRunStore = (db: Database, keys: KeyStore) => {
  const byRunId = db.prepare<[string], RawRun>(`SELECT ${COLUMNS} FROM runs WHERE run_id = ?`);
  const byIds = db.prepare<[string], RawRun>(
    `SELECT ${COLUMNS} FROM json_each(?) AS wanted JOIN runs ON runs.id = wanted.value ORDER BY wanted.key`,
  );
  const insert = db.prepare<[string, number, string, string, string, Int64], RawRun>(
    `INSERT INTO runs (run_id, experiment, name, user_id, status, start_time) VALUES (?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
  );
  const update = db.prepare<[string, Int64 | null, string, number]>(
    "UPDATE runs SET status = ?, end_time = ?, name = ? WHERE id = ?",
  );
  const setStage = db.prepare<[Stage, number | null, number]>(
    "UPDATE runs SET lifecycle_stage = ?, trashed_at = ? WHERE id = ?",
  );
  const ofExperiment = db.prepare<[number, Stage], RawRun>(
    `SELECT ${COLUMNS} FROM runs WHERE experiment = ? AND lifecycle_stage = ?`,
  );

  const param = db.prepare<[number, number], string>("SELECT value FROM params WHERE run = ? AND key = ?").pluck();
  const addParam = db.prepare<[number, number, number, string]>(
    "INSERT INTO params (run, key, experiment, value) VALUES (?, ?, ?, ?)",
  );
  const tag = db.prepare<[number, number], string>("SELECT value FROM run_tags WHERE run = ? AND key = ?").pluck();
  const setTag = db.prepare<[number, number, number, string]>(
    `INSERT INTO run_tags (run, key, experiment, value) VALUES (?, ?, ?, ?)
     ON CONFLICT (run, key) DO UPDATE SET value = excluded.value`,
  );
  const deleteTag = db.prepare<[number, number]>("DELETE FROM run_tags WHERE run = ? AND key = ?");

  const inRuns = "FROM json_each(?) AS wanted JOIN";
  const paramsOf = db
    .prepare<[string], [number, string, string]>(
      `SELECT t.run, keys.name, t.value ${inRuns} params AS t ON t.run = wanted.value JOIN keys ON keys.id = t.key`,
    )
    .raw();
  const tagsOf = db
    .prepare<[string], [number, string, string]>(
      `SELECT t.run, keys.name, t.value ${inRuns} run_tags AS t ON t.run = wanted.value JOIN keys ON keys.id = t.key`,
    )
    .raw();
  const metricsOf = db
    .prepare<[string], [number, string, number, number, number | string, number | string]>(
      `SELECT t.run, keys.name, t.value, t.is_nan, ${exact("t.timestamp")}, ${exact("t.step")}
     ${inRuns} latest_metrics AS t ON t.run = wanted.value JOIN keys ON keys.id = t.key`,
    )
    .raw();

  const keyValues = (rows: readonly [number, string, string][]): Map<number, KeyValue[]> => {
    const byRun = new Map<number, KeyValue[]>();
    for (const [run, key, value] of rows) {
      const list = byRun.get(run);
      if (list) list.push({ key, value });
      else byRun.set(run, [{ key, value }]);
    }
    return byRun;
  };

  return {
    byRunId: (runId: string): RunRow | undefined => {
      const raw = byRunId.get(runId);
      return raw && toRun(raw);
    },
    /** In the order of `ids`. */
    byIds: (ids: readonly number[]): RunRow[] => byIds.all(JSON.stringify(ids)).map(toRun),
    ofExperiment: (experiment: number, stage: Stage): RunRow[] => ofExperiment.all(experiment, stage).map(toRun),
    insert: (run: NewRun): RunRow => {
      const raw = insert.get(run.run_id, run.experiment, run.name, run.user_id, run.status, run.start_time);
      if (!raw) throw new Error("INSERT … RETURNING returned nothing");
      return toRun(raw);
    },
    update: (id: number, run: Pick<RunRow, "status" | "end_time" | "name">): void =>
      void update.run(run.status, run.end_time ?? null, run.name, id),
    /** Moves to the trash (`trashedAt` set) or out of it. */
    setStage: (id: number, stage: Stage, trashedAt: number | null): void => void setStage.run(stage, trashedAt, id),

    param: (id: number, key: string): string | undefined => {
      const keyId = keys.find(key);
      return keyId === undefined ? undefined : param.get(id, keyId);
    },
    addParam: (run: RunRow, key: string, value: string): void =>
      void addParam.run(run.id, keys.idOf(key), run.experiment, value),
    tag: (id: number, key: string): string | undefined => {
      const keyId = keys.find(key);
      return keyId === undefined ? undefined : tag.get(id, keyId);
    },
    setTag: (run: RunRow, key: string, value: string): void =>
      void setTag.run(run.id, keys.idOf(key), run.experiment, value),
    deleteTag: (id: number, key: string): void => {
      const keyId = keys.find(key);
      if (keyId !== undefined) deleteTag.run(id, keyId);
    },

    /** Params by run id. One query for all of `ids`. */
    paramsOf: (ids: readonly number[]): Map<number, KeyValue[]> => keyValues(paramsOf.all(JSON.stringify(ids))),
    /** Tags by run id. */
    tagsOf: (ids: readonly number[]): Map<number, KeyValue[]> => keyValues(tagsOf.all(JSON.stringify(ids))),
    /** Latest point of every metric, by run id. */
    latestMetricsOf: (ids: readonly number[]): Map<number, MetricPoint[]> => {
      const byRun = new Map<number, MetricPoint[]>();
      for (const [run, key, value, nan, timestamp, step] of metricsOf.all(JSON.stringify(ids))) {
        const point = { key, value: nan ? NaN : value, timestamp: toInt64(timestamp), step: toInt64(step) };
        const list = byRun.get(run);
        if (list) list.push(point);
        else byRun.set(run, [point]);
      }
      return byRun;
    },
  };
};
