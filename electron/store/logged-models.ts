import type { KeyValue } from "../../shared/api/mlflow/entities.ts";
import type { Int64 } from "../../shared/api/wire.ts";
import type { Database } from "./database.ts";
import { exact, toInt64 } from "./integers.ts";

export interface LoggedModelRow {
  readonly id: number;
  readonly uid: string;
  readonly model_id: string; // m-<32 hex>
  readonly experiment: number;
  /** The experiment in which it was made: its files lie below that one. */
  readonly home: number;
  readonly name: string;
  readonly model_type: string | null;
  readonly source_run_id: string | null;
  readonly status: number; // LoggedModelStatus of MLflow's service.proto
  readonly status_message: string | null;
  readonly creation_timestamp_ms: number;
  readonly last_updated_timestamp_ms: number;
  readonly lifecycle_stage: "active" | "deleted";
}

export interface LoggedModelMetricRow {
  readonly model: number;
  readonly key: string;
  readonly value: number; // may be NaN or infinite
  readonly timestamp: Int64;
  readonly step: Int64;
  readonly run_id: string;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

type RawMetric = Omit<LoggedModelMetricRow, "timestamp" | "step"> & {
  readonly timestamp: number | string;
  readonly step: number | string;
  readonly is_nan: number;
};

export type NewLoggedModel = Pick<
  LoggedModelRow,
  "model_id" | "experiment" | "name" | "model_type" | "source_run_id" | "status"
>;

export type LoggedModelStore = ReturnType<typeof createLoggedModelStore>;

const COLUMNS = `id, uid, model_id, experiment, coalesce(home, experiment) AS home, name, model_type, source_run_id, status, status_message,
  creation_timestamp_ms, last_updated_timestamp_ms, lifecycle_stage`;

export const createLoggedModelStore = (db: Database) => {
  const byModelId = db.prepare<[string], LoggedModelRow>(`SELECT ${COLUMNS} FROM logged_models WHERE model_id = ?`);
  const byIds = db.prepare<[string], LoggedModelRow>(
    `SELECT ${COLUMNS} FROM (SELECT key AS nth, value AS wanted FROM json_each(?)) JOIN logged_models ON id = wanted ORDER BY nth`,
  );
  const insert = db.prepare<
    [string, number, string, string | null, string | null, number, number, number],
    LoggedModelRow
  >(
    `INSERT INTO logged_models (model_id, experiment, name, model_type, source_run_id, status, creation_timestamp_ms, last_updated_timestamp_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
  );
  const setStatus = db.prepare<[number, number, number]>(
    "UPDATE logged_models SET status = ?, last_updated_timestamp_ms = ? WHERE id = ?",
  );
  const trash = db.prepare<[number, number, number]>(
    "UPDATE logged_models SET lifecycle_stage = 'deleted', last_updated_timestamp_ms = ?, trashed_at = ? WHERE id = ?",
  );
  const addParam = db.prepare<[number, string, string]>(
    "INSERT INTO logged_model_params (model, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const setTag = db.prepare<[number, string, string]>(
    "INSERT INTO logged_model_tags (model, key, value) VALUES (?, ?, ?) ON CONFLICT (model, key) DO UPDATE SET value = excluded.value",
  );
  const deleteTag = db.prepare<[number, string]>("DELETE FROM logged_model_tags WHERE model = ? AND key = ?");
  const addMetric = db.prepare<[number, string, Int64, Int64, string, number, number, string | null, string | null]>(
    `INSERT INTO logged_model_metrics (model, key, timestamp, step, run_id, value, is_nan, dataset_name, dataset_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const of = "FROM json_each(?) AS wanted JOIN";
  const paramsOf = db.prepare<[string], KeyValue & { model: number }>(
    `SELECT t.model, t.key, t.value ${of} logged_model_params AS t ON t.model = wanted.value`,
  );
  const tagsOf = db.prepare<[string], KeyValue & { model: number }>(
    `SELECT t.model, t.key, t.value ${of} logged_model_tags AS t ON t.model = wanted.value`,
  );
  const metricsOf = db.prepare<[string], RawMetric>(
    `SELECT t.model, t.key, t.value, t.is_nan, ${exact("t.timestamp")} AS timestamp, ${exact("t.step")} AS step,
       t.run_id, t.dataset_name, t.dataset_digest ${of} logged_model_metrics AS t ON t.model = wanted.value`,
  );

  return {
    byModelId: (modelId: string): LoggedModelRow | undefined => byModelId.get(modelId),
    /** In the order of `ids`. */
    byIds: (ids: readonly number[]): LoggedModelRow[] => byIds.all(JSON.stringify(ids)),
    insert: (model: NewLoggedModel, now: number): LoggedModelRow => {
      const { model_id, experiment, name, model_type, source_run_id, status } = model;
      const row = insert.get(model_id, experiment, name, model_type, source_run_id, status, now, now);
      if (!row) throw new Error("INSERT … RETURNING returned nothing");
      return row;
    },
    setStatus: (id: number, status: number, now: number): void => void setStatus.run(status, now, id),
    trash: (id: number, now: number): void => void trash.run(now, now, id),
    /** False when the key was there. */
    addParam: (id: number, key: string, value: string): boolean => addParam.run(id, key, value).changes > 0,
    setTag: (id: number, key: string, value: string): void => void setTag.run(id, key, value),
    deleteTag: (id: number, key: string): boolean => deleteTag.run(id, key).changes > 0,
    addMetric: (id: number, m: Omit<LoggedModelMetricRow, "model">): void => {
      const nan = Number.isNaN(m.value);
      addMetric.run(
        id,
        m.key,
        m.timestamp,
        m.step,
        m.run_id,
        nan ? 0 : m.value,
        nan ? 1 : 0,
        m.dataset_name,
        m.dataset_digest,
      );
    },
    paramsOf: (ids: readonly number[]): Map<number, KeyValue[]> =>
      Map.groupBy(paramsOf.all(JSON.stringify(ids)), (row) => row.model),
    tagsOf: (ids: readonly number[]): Map<number, KeyValue[]> =>
      Map.groupBy(tagsOf.all(JSON.stringify(ids)), (row) => row.model),
    metricsOf: (ids: readonly number[]): Map<number, LoggedModelMetricRow[]> =>
      Map.groupBy(
        metricsOf.all(JSON.stringify(ids)).map(({ is_nan, ...row }) => ({
          ...row,
          value: is_nan ? NaN : row.value,
          timestamp: toInt64(row.timestamp),
          step: toInt64(row.step),
        })),
        (row) => row.model,
      ),
  };
};
