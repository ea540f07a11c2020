/** Logged models and registered models of an MLflow database. Source: mlflow/store/model_registry/dbmodels/models.py */
import type { KeyValue } from "../../shared/api/mlflow/entities.ts";
import type { Database } from "./database.ts";
import { exact, toInt64 } from "./integers.ts";
import type { SourceLoggedModel, SourceModel, SourceVersion, TrackingSource } from "./mlflow-source.ts";

/** MLflow keeps a deleted version under this stage, with its source blacked out. */
const DELETED_STAGE = "Deleted_Internal";

type Metric = SourceLoggedModel["metrics"][number];

const createLoggedModels = (db: Database) => {
  const models = db.prepare<[string], Omit<SourceLoggedModel, "params" | "tags" | "metrics">>(
    `SELECT model_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, status,
       iif(lifecycle_stage = 'deleted', 'deleted', 'active') AS lifecycle_stage, model_type, source_run_id, status_message
     FROM logged_models WHERE experiment_id = CAST(? AS INTEGER) ORDER BY creation_timestamp_ms, model_id`,
  );
  const params = db.prepare<[string], KeyValue>(
    "SELECT param_key AS key, param_value AS value FROM logged_model_params WHERE model_id = ? ORDER BY param_key",
  );
  const tags = db.prepare<[string], KeyValue>(
    "SELECT tag_key AS key, tag_value AS value FROM logged_model_tags WHERE model_id = ? ORDER BY tag_key",
  );
  const metrics = db.prepare<
    [string],
    Omit<Metric, "timestamp" | "step" | "value"> & {
      value: number | null;
      timestamp: number | string;
      step: number | string;
    }
  >(
    `SELECT metric_name AS key, metric_value AS value, ${exact("metric_timestamp_ms")} AS timestamp, ${exact("metric_step")} AS step,
       run_id, dataset_name, dataset_digest FROM logged_model_metrics WHERE model_id = ? ORDER BY metric_name, metric_step`,
  );
  return (experimentId: string): SourceLoggedModel[] =>
    models.all(experimentId).map((row) => ({
      ...row,
      params: params.all(row.model_id),
      tags: tags.all(row.model_id),
      metrics: metrics
        .all(row.model_id)
        .map((m) => ({ ...m, value: m.value ?? NaN, timestamp: toInt64(m.timestamp), step: toInt64(m.step) })),
    }));
};

const LOGGED_MODEL = /^models:\/+(m-[0-9a-f]{32})$/;

/** Readers of models. `hasLoggedModels` is false for schemas from before MLflow 3. */
export const createDbModels = (
  db: Database,
  hasLoggedModels: boolean,
): Pick<TrackingSource, "loggedModels" | "models"> => {
  const models = db.prepare<
    [],
    Pick<SourceModel, "name" | "description" | "creation_timestamp" | "last_updated_timestamp">
  >(
    `SELECT name, description, coalesce(creation_time, 0) AS creation_timestamp,
       coalesce(last_updated_time, creation_time, 0) AS last_updated_timestamp FROM registered_models ORDER BY name`,
  );
  const tags = db.prepare<[string], KeyValue>(
    "SELECT key, coalesce(value, '') AS value FROM registered_model_tags WHERE name = ? ORDER BY key",
  );
  const aliases = db.prepare<[string], SourceModel["aliases"][number]>(
    "SELECT alias, version FROM registered_model_aliases WHERE name = ? ORDER BY alias",
  );
  const versions = db.prepare<[string, string], Omit<SourceVersion, "tags" | "model_id">>(
    `SELECT version, description, user_id, coalesce(current_stage, 'None') AS current_stage, coalesce(source, '') AS source,
       storage_location, run_id, run_link, coalesce(status, 'READY') AS status, status_message,
       coalesce(creation_time, 0) AS creation_timestamp, coalesce(last_updated_time, creation_time, 0) AS last_updated_timestamp
     FROM model_versions WHERE name = ? AND current_stage IS NOT ? ORDER BY version`,
  );
  const versionTags = db.prepare<[string, number], KeyValue>(
    "SELECT key, coalesce(value, '') AS value FROM model_version_tags WHERE name = ? AND version = ? ORDER BY key",
  );
  return {
    loggedModels: hasLoggedModels ? createLoggedModels(db) : () => [],
    models: () =>
      models.all().map((row) => ({
        ...row,
        tags: tags.all(row.name),
        aliases: aliases.all(row.name),
        versions: versions.all(row.name, DELETED_STAGE).map((version) => ({
          ...version,
          model_id: LOGGED_MODEL.exec(version.source)?.[1] ?? null,
          tags: versionTags.all(row.name, version.version),
        })),
      })),
  };
};
