/** Reads MLflow's own SQLite database, without changing a byte of it. Source: mlflow/store/tracking/dbmodels/models.py, 3.17.2. */
import Sqlite from "better-sqlite3";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KeyValue, RunStatus } from "../../shared/api/mlflow/entities.ts";
import { DomainError } from "../../shared/errors.ts";
import type { Database } from "./database.ts";
import { exact, toInt64 } from "./integers.ts";
import type { MetricPoint } from "./metrics.ts";
import { createDbModels } from "./mlflow-db-models.ts";
import type { Problem, SourceExperiment, SourceRun, Stage, TrackingSource } from "./mlflow-source.ts";

/** The schema that MLflow 3.17.2 writes. */
const KNOWN_SCHEMA = "dc11669786a5";

/** Columns that are read. Another schema will do as long as it has them. */
const NEEDED: Readonly<Record<string, string>> = {
  experiments: "experiment_id name lifecycle_stage creation_time last_update_time",
  experiment_tags: "key value experiment_id",
  runs: "run_uuid name user_id status start_time end_time lifecycle_stage artifact_uri experiment_id deleted_time",
  params: "key value run_uuid",
  tags: "key value run_uuid",
  metrics: "key value timestamp run_uuid step is_nan",
  datasets: "dataset_uuid name digest dataset_source_type dataset_source dataset_schema dataset_profile",
  inputs: "input_uuid source_type source_id destination_type destination_id",
  input_tags: "input_uuid name value",
  registered_models: "name creation_time last_updated_time description",
  registered_model_tags: "key value name",
  registered_model_aliases: "alias version name",
  model_versions:
    "name version creation_time last_updated_time description user_id current_stage source run_id status status_message run_link storage_location",
  model_version_tags: "key value name version",
};

/** Tables of things that Outpost does not keep, and what to call them. */
const LEFT: readonly (readonly [table: string, what: string])[] = [
  ["trace_info", "traces"],
  ["assessments", "assessments of traces"],
  ["webhooks", "webhooks"],
  ["evaluation_datasets", "evaluation datasets"],
  ["scorers", "scorers"],
  ["endpoints", "gateway endpoints"],
];

const PAGE = 5000;

const columnsOf = (db: Database, table: string): Set<string> =>
  new Set(db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table));

const assertReadable = (db: Database, file: string): void => {
  const refuse = (why: string): never => {
    throw new DomainError("invalid", `'${file}' ${why}`);
  };
  if (columnsOf(db, "alembic_version").size === 0) refuse("is not an MLflow database: it has no table alembic_version");
  const version = db.prepare<[], string>("SELECT version_num FROM alembic_version").pluck().get() ?? "none";
  const missing = Object.entries(NEEDED).flatMap(([table, columns]) => {
    const has = columnsOf(db, table);
    return columns
      .split(" ")
      .filter((column) => !has.has(column))
      .map((column) => `${table}.${column}`);
  });
  if (missing.length > 0)
    refuse(
      `has MLflow's schema ${version}, which lacks ${missing.slice(0, 3).join(", ")}; schema ${KNOWN_SCHEMA} of MLflow 3.17.2 is read. ` +
        `Upgrade a copy of it first: mlflow db upgrade sqlite:///<copy>`,
    );
};

const open = (file: string): Database => {
  if (!existsSync(file)) throw new DomainError("not_found", `There is no file '${file}'`);
  try {
    const db = new Sqlite(file, { readonly: true, fileMustExist: true, timeout: 10_000 });
    db.pragma("query_only = ON");
    db.pragma("schema_version");
    return db;
  } catch (cause) {
    throw new DomainError("invalid", `'${file}' cannot be read as an SQLite database`, { cause });
  }
};

const toStage = (stage: string | null): Stage => (stage === "deleted" ? "deleted" : "active");

interface RunColumns {
  readonly run_id: string;
  readonly name: string | null;
  readonly user_id: string | null;
  readonly status: RunStatus | null;
  readonly start_time: number | string | null;
  readonly end_time: number | string | null;
  readonly lifecycle_stage: string | null;
  readonly deleted_time: number | null;
  readonly artifact_uri: string | null;
}

const POINTS = `SELECT key, value, is_nan, ${exact("timestamp")}, ${exact("step")} FROM metrics WHERE run_uuid = ? ORDER BY key, step, timestamp`;

const createRuns = (db: Database) => {
  const run = db.prepare<[string], RunColumns>(
    `SELECT run_uuid AS run_id, name, user_id, status, ${exact("start_time")} AS start_time, ${exact("end_time")} AS end_time,
       lifecycle_stage, deleted_time, artifact_uri FROM runs WHERE run_uuid = ?`,
  );
  const params = db.prepare<[string], KeyValue>(
    "SELECT key, coalesce(value, '') AS value FROM params WHERE run_uuid = ? ORDER BY key",
  );
  const tags = db.prepare<[string], KeyValue>(
    "SELECT key, coalesce(value, '') AS value FROM tags WHERE run_uuid = ? ORDER BY key",
  );
  const datasets = db.prepare<
    [string],
    { input_uuid: string } & Record<"name" | "digest" | "source_type" | "source", string> &
      Record<"schema" | "profile", string | null>
  >(
    `SELECT i.input_uuid, d.name, d.digest, d.dataset_source_type AS source_type, d.dataset_source AS source, d.dataset_schema AS schema,
       d.dataset_profile AS profile FROM inputs AS i JOIN datasets AS d ON d.dataset_uuid = i.source_id
     WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND i.destination_id = ? ORDER BY d.name, d.digest`,
  );
  const inputTags = db.prepare<[string], KeyValue>(
    "SELECT name AS key, value FROM input_tags WHERE input_uuid = ? ORDER BY name",
  );
  const step = columnsOf(db, "inputs").has("step") ? "step" : "0";
  const models = db.prepare<[string], SourceRun["models"][number]>(
    `SELECT destination_id AS model_id, iif(destination_type = 'MODEL_OUTPUT', 'output', 'input') AS direction, ${step} AS step
     FROM inputs WHERE source_id = ? AND destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT')`,
  );
  const read = (runId: string): SourceRun | undefined => {
    const row = run.get(runId);
    if (!row) return undefined;
    return {
      ...row,
      name: row.name ?? "",
      user_id: row.user_id ?? "",
      status: row.status ?? "RUNNING",
      start_time: row.start_time === null ? null : toInt64(row.start_time),
      end_time: row.end_time === null ? null : toInt64(row.end_time),
      lifecycle_stage: toStage(row.lifecycle_stage),
      artifact_uri: row.artifact_uri ?? "",
      params: params.all(runId),
      tags: tags.all(runId),
      datasets: datasets.all(runId).map(({ input_uuid, schema, profile, ...rest }) => ({
        dataset: { ...rest, ...(schema === null ? {} : { schema }), ...(profile === null ? {} : { profile }) },
        tags: inputTags.all(input_uuid),
      })),
      models: models.all(runId),
    };
  };

  const pages = function* (runId: string): Generator<MetricPoint[]> {
    let page: MetricPoint[] = [];
    // A statement of its own for each run: several are read at once, and an iterated statement serves one reader.
    const points = db.prepare<[string], [string, number, number, number | string, number | string]>(POINTS).raw();
    for (const [key, value, nan, timestamp, at] of points.iterate(runId)) {
      page.push({ key, value: nan ? NaN : toInfinity(value), timestamp: toInt64(timestamp), step: toInt64(at) });
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  };
  return { read, pages };
};

/** MLflow stores an infinity as the largest double. */
const toInfinity = (value: number): number => (Math.abs(value) === Number.MAX_VALUE ? value * 2 : value);

/**
 * Opens an MLflow database. Artifacts are taken from `artifacts`, from the database's own folder and what lies below it.
 * @throws DomainError `not_found`; `invalid` for a file that is no MLflow database or has another schema, by name.
 */
export const openMlflowDb = (file: string, artifacts?: string): TrackingSource => {
  const db = open(file);
  try {
    assertReadable(db, file);
  } catch (error) {
    db.close();
    throw error;
  }
  const path = realpathSync(file);
  const experiments = db.prepare<
    [],
    Omit<SourceExperiment, "tags" | "lifecycle_stage"> & { lifecycle_stage: string | null }
  >(
    `SELECT CAST(experiment_id AS TEXT) AS id, name, lifecycle_stage, coalesce(creation_time, 0) AS creation_time,
       coalesce(last_update_time, creation_time, 0) AS last_update_time FROM experiments ORDER BY experiment_id`,
  );
  const tags = db.prepare<[string], KeyValue>(
    "SELECT key, coalesce(value, '') AS value FROM experiment_tags WHERE experiment_id = CAST(? AS INTEGER) ORDER BY key",
  );
  const runIds = db
    .prepare<[string], string>(
      "SELECT run_uuid FROM runs WHERE experiment_id = CAST(? AS INTEGER) ORDER BY start_time, run_uuid",
    )
    .pluck();
  const runs = createRuns(db);
  const left = (): Problem[] =>
    LEFT.flatMap(([table, what]) => {
      if (columnsOf(db, table).size === 0) return [];
      const count = Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
      return count === 0 ? [] : [{ what: `${count} ${what}`, why: "Outpost does not keep them yet" }];
    });

  return {
    identity: `mlflow-db:${path}`,
    artifactFolders: [
      ...(artifacts === undefined
        ? ["mlartifacts", "artifacts"].map((name) => join(dirname(path), name))
        : [artifacts]),
      dirname(path),
    ].filter(existsSync),
    experiments: () =>
      experiments
        .all()
        .map((row) => ({ ...row, lifecycle_stage: toStage(row.lifecycle_stage), tags: tags.all(row.id) })),
    runIds: (experimentId) => runIds.all(experimentId),
    run: (_experimentId, runId) => runs.read(runId),
    points: (_experimentId, runId) => runs.pages(runId),
    ...createDbModels(db, columnsOf(db, "logged_models").size > 0),
    left,
    close: () => void db.close(),
  };
};
