/** Rows that come from another store with their own ids and times, and the table that says what became of them. */
import type { Database } from "./database.ts";
import type { ExperimentRow } from "./experiments.ts";
import type { SourceExperiment, SourceLoggedModel, SourceModel, SourceRun, SourceVersion } from "./mlflow-source.ts";

export type ImportKind = "experiment" | "run" | "logged_model" | "registered_model" | "model_version";

export interface Imported {
  readonly uid: string;
  readonly done: number;
}

/** A version's place here: everything that is not as it was there. */
export interface VersionPlace {
  readonly model: number;
  readonly semver: string;
  readonly source: string;
  readonly location: string | null;
}

export type ImportStore = ReturnType<typeof createImportStore>;

const required = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("INSERT … RETURNING returned nothing");
  return value;
};

export const createImportStore = (db: Database) => {
  const find = db.prepare<[string, string, string], Imported>(
    "SELECT uid, done FROM imports WHERE source = ? AND kind = ? AND id = ?",
  );
  const note = db.prepare<[string, string, string, string, number]>(
    "INSERT INTO imports (source, kind, id, uid, done) VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, kind, id) DO UPDATE SET uid = excluded.uid, done = excluded.done",
  );
  const experimentByUid = db.prepare<[string], number>("SELECT id FROM experiments WHERE uid = ?").pluck();
  const addExperiment = db.prepare<[string, string, number, number, number | null], Pick<ExperimentRow, "id" | "uid">>(
    "INSERT INTO experiments (name, lifecycle_stage, creation_time, last_update_time, trashed_at) VALUES (?, ?, ?, ?, ?) RETURNING id, uid",
  );
  const addRun = db
    .prepare<[Record<string, unknown>], string>(
      `INSERT INTO runs (run_id, experiment, name, user_id, status, start_time, end_time, lifecycle_stage, trashed_at)
       VALUES (@run_id, @experiment, @name, @user_id, @status, @start_time, @end_time, @lifecycle_stage, @trashed_at) RETURNING uid`,
    )
    .pluck();
  const addLoggedModel = db
    .prepare<[Record<string, unknown>], string>(
      `INSERT INTO logged_models (model_id, experiment, name, model_type, source_run_id, status, status_message,
         creation_timestamp_ms, last_updated_timestamp_ms, lifecycle_stage, trashed_at)
       VALUES (@model_id, @experiment, @name, @model_type, @source_run_id, @status, @status_message,
         @creation_timestamp_ms, @last_updated_timestamp_ms, @lifecycle_stage, @trashed_at) RETURNING uid`,
    )
    .pluck();
  const addModel = db.prepare<[string, string, number, number], { id: number; uid: string }>(
    "INSERT INTO registered_models (name, description, creation_timestamp, last_updated_timestamp) VALUES (?, ?, ?, ?) RETURNING id, uid",
  );
  const addVersion = db.prepare<[Record<string, unknown>], { id: number; uid: string }>(
    `INSERT INTO model_versions (model, version, semver, description, user_id, current_stage, source, location, run_id, run_link,
       model_id, status, status_message, creation_timestamp, last_updated_timestamp)
     VALUES (@model, @version, @semver, @description, @user_id, @current_stage, @source, @location, @run_id, @run_link,
       @model_id, @status, @status_message, @creation_timestamp, @last_updated_timestamp) RETURNING id, uid`,
  );
  const numberTaken = db
    .prepare<[number, number], number>("SELECT 1 FROM model_versions WHERE model = ? AND version = ?")
    .pluck();

  return {
    find: (source: string, kind: ImportKind, id: string): Imported | undefined => find.get(source, kind, id),
    note: (source: string, kind: ImportKind, id: string, { uid, done }: { uid: string; done: boolean }): void =>
      void note.run(source, kind, id, uid, Number(done)),
    experimentByUid: (uid: string): number | undefined => experimentByUid.get(uid),

    addExperiment: (row: SourceExperiment): { id: number; uid: string } => {
      const trashed = row.lifecycle_stage === "deleted" ? row.last_update_time : null;
      return required(
        addExperiment.get(row.name, row.lifecycle_stage, row.creation_time, row.last_update_time, trashed),
      );
    },
    /** Returns the run's uid. */
    addRun: (experiment: number, run: SourceRun, now: number): string => {
      const { run_id, name, user_id, status, start_time, end_time, lifecycle_stage, deleted_time } = run;
      const trashed_at = lifecycle_stage === "deleted" ? (deleted_time ?? now) : null;
      return required(
        addRun.get({ run_id, experiment, name, user_id, status, start_time, end_time, lifecycle_stage, trashed_at }),
      );
    },
    /** Returns the logged model's uid. */
    addLoggedModel: (experiment: number, model: SourceLoggedModel): string => {
      const { params: _params, tags: _tags, metrics: _metrics, artifact_location: _location, ...columns } = model;
      const trashed_at = model.lifecycle_stage === "deleted" ? model.last_updated_timestamp_ms : null;
      return required(addLoggedModel.get({ ...columns, experiment, trashed_at }));
    },
    addModel: ({
      name,
      description,
      creation_timestamp,
      last_updated_timestamp,
    }: SourceModel): { id: number; uid: string } =>
      required(addModel.get(name, description ?? "", creation_timestamp, last_updated_timestamp)),
    addVersion: (row: SourceVersion, place: VersionPlace): { id: number; uid: string } => {
      const { tags: _tags, storage_location: _location, ...columns } = row;
      const empty = { description: row.description ?? "", run_id: row.run_id ?? "", run_link: row.run_link ?? "" };
      return required(addVersion.get({ ...columns, ...empty, ...place }));
    },
    /** Whether a model has, or had, a version of this number. */
    numberTaken: (model: number, version: number): boolean => numberTaken.get(model, version) !== undefined,
  };
};
