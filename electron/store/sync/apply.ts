/** Rows of pulled objects: made with the uid they have everywhere, changed column by column. */
import type { Int64 } from "../../../shared/api/wire.ts";
import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";
import type { KeyStore } from "../keys.ts";
import { steady } from "../steady.ts";
import { TABLES } from "./ranks.ts";

export interface NewPulledRun {
  readonly uid: string;
  readonly run_id: string;
  readonly experiment: number;
  readonly name: string;
  readonly user_id: string;
  readonly status: string;
  readonly start_time: Int64 | null;
  readonly end_time: Int64 | null;
}

export interface NewPulledVersion {
  readonly uid: string;
  readonly model: number;
  readonly version: number;
  readonly semver: string;
  readonly description: string;
  readonly user_id: string;
  readonly current_stage: string;
  readonly status: string;
  readonly source: string;
  readonly run_link: string;
  readonly created: number;
}

export interface NewPulledModel {
  readonly model_id: string;
  readonly experiment: number;
  readonly name: string;
  readonly model_type: string;
  readonly source_run_id: string;
  readonly status: number;
  readonly status_message: string | null;
  readonly created: number; // ms since epoch
}

/** A logged model that is here already. */
export interface KnownLoggedModel {
  readonly id: number;
  readonly uid: string;
  readonly source_run_id: string | null;
  readonly lifecycle_stage: "active" | "deleted";
}

export type ApplyStore = ReturnType<typeof createApplyStore>;

export const createApplyStore = (database: Database, keys: KeyStore) => {
  const db = steady(database);
  return {
    ...createLinks(db),
    ...createExperiments(db),
    ...createRuns(db, keys),
    ...createLoggedModels(db),
    ...createModels(db),
    ...createVersions(db),
  };
};

const required = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error("INSERT … RETURNING returned nothing");
  return value;
};

const createLinks = (db: Database) => {
  const put = db.prepare<[string, string, string, string]>(
    `INSERT INTO sync_links (kind, uid, field, value) VALUES (?, ?, ?, ?)
     ON CONFLICT (kind, uid, field) DO UPDATE SET value = excluded.value`,
  );
  const drop = db.prepare<[string, string, string]>("DELETE FROM sync_links WHERE kind = ? AND uid = ? AND field = ?");
  const dropAll = db.prepare<[string, string]>("DELETE FROM sync_links WHERE kind = ? AND uid = ?");
  const waitingForRun = db
    .prepare<[string], string>(
      "SELECT uid FROM sync_links WHERE field = 'run' AND value = ? AND kind = 'model_version'",
    )
    .pluck();
  const waitingForVersion = db
    .prepare<[string, string], string>(
      `SELECT field FROM sync_links WHERE kind = 'registered_model' AND uid = ? AND value = ?
         AND field GLOB 'alias/*' ORDER BY field`,
    )
    .pluck();
  const exists = new Map(
    (["experiment", "run", "registered_model", "model_version"] as const).map((kind) => [
      kind,
      db.prepare<[string], number>(`SELECT 1 FROM ${TABLES[kind]} WHERE uid = ?`).pluck(),
    ]),
  );
  return {
    /** Remembers a field that names what is not here. */
    putLink: (kind: SyncKind, uid: string, field: string, value: string): void => void put.run(kind, uid, field, value),
    dropLink: (kind: SyncKind, uid: string, field: string): void => void drop.run(kind, uid, field),
    /** Forgets what an object of that uid, gone for good since, was waiting for. */
    dropLinks: (kind: SyncKind, uid: string): void => void dropAll.run(kind, uid),
    /** Versions that wait for a run. */
    waitingForRun: (run: string): string[] => waitingForRun.all(run),
    /** Fields of a model (`alias/<alias>`) that wait for a version. */
    waitingForVersion: (model: string, semver: string): string[] => waitingForVersion.all(model, semver),
    /** Whether something here has that uid, part of another object or not. */
    exists: (kind: SyncKind, uid: string): boolean => exists.get(kind)?.get(uid) !== undefined,
  };
};

const createExperiments = (db: Database) => {
  const add = db
    .prepare<[string, string, number, number], number>(
      "INSERT INTO experiments (uid, name, creation_time, last_update_time) VALUES (?, ?, ?, ?) RETURNING id",
    )
    .pluck();
  return {
    addExperiment: (uid: string, name: string, now: number): number => required(add.get(uid, name, now, now)),
  };
};

const createRuns = (db: Database, keys: KeyStore) => {
  const add = db.prepare<NewPulledRun>(
    `INSERT INTO runs (uid, run_id, experiment, name, user_id, status, start_time, end_time)
     VALUES (@uid, @run_id, @experiment, @name, @user_id, @status, @start_time, @end_time)`,
  );
  const column = (name: string) =>
    db.prepare<[Int64 | string | null, number]>(`UPDATE runs SET ${name} = ? WHERE id = ?`);
  const columns = {
    name: column("name"),
    status: column("status"),
    start_time: column("start_time"),
    end_time: column("end_time"),
    user_id: column("user_id"),
  };
  const setParam = db.prepare<[number, number, number, string]>(
    `INSERT INTO params (run, key, experiment, value) VALUES (?, ?, ?, ?)
     ON CONFLICT (run, key) DO UPDATE SET value = excluded.value`,
  );
  const dropParam = db.prepare<[number, number]>("DELETE FROM params WHERE run = ? AND key = ?");
  const dropDataset = db.prepare<[number, string, string]>(
    `DELETE FROM run_datasets WHERE run = ? AND dataset IN (SELECT id FROM datasets WHERE name = ? AND digest = ?)`,
  );
  const dropModel = db.prepare<[number, string, string]>(
    "DELETE FROM run_models WHERE run = ? AND direction = ? AND model_id = ?",
  );
  return {
    addRun: (run: NewPulledRun): void => void add.run(run),
    setRunColumn: (id: number, name: keyof typeof columns, value: Int64 | string | null): void =>
      void columns[name].run(value, id),
    /** Unlike a client's logging, this may replace a value: a person decided so. */
    setParam: (run: { id: number; experiment: number }, key: string, value: string): void =>
      void setParam.run(run.id, keys.idOf(key), run.experiment, value),
    dropParam: (run: number, key: string): void => {
      const id = keys.find(key);
      if (id !== undefined) dropParam.run(run, id);
    },
    dropDataset: (run: number, name: string, digest: string): void => void dropDataset.run(run, name, digest),
    dropModelOfRun: (run: number, direction: string, modelId: string): void =>
      void dropModel.run(run, direction, modelId),
  };
};

const createLoggedModels = (db: Database) => {
  const known = db.prepare<[string], KnownLoggedModel>(
    "SELECT id, uid, source_run_id, lifecycle_stage FROM logged_models WHERE model_id = ?",
  );
  const add = db.prepare<NewPulledModel, KnownLoggedModel>(
    `INSERT INTO logged_models (model_id, experiment, name, model_type, source_run_id, status, status_message,
       creation_timestamp_ms, last_updated_timestamp_ms)
     VALUES (@model_id, @experiment, @name, @model_type, @source_run_id, @status, @status_message, @created, @created)
     RETURNING id, uid, source_run_id, lifecycle_stage`,
  );
  const update = db.prepare<[number, string | null, number, number]>(
    "UPDATE logged_models SET status = ?, status_message = ?, last_updated_timestamp_ms = ? WHERE id = ?",
  );
  return {
    loggedModel: (modelId: string): KnownLoggedModel | undefined => known.get(modelId),
    addLoggedModel: (model: NewPulledModel): KnownLoggedModel => required(add.get(model)),
    updateLoggedModel: (id: number, status: number, message: string | null, now: number): void =>
      void update.run(status, message, now, id),
  };
};

const createModels = (db: Database) => {
  const add = db
    .prepare<[string, string, string, number, number], number>(
      `INSERT INTO registered_models (uid, name, description, creation_timestamp, last_updated_timestamp)
       VALUES (?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  return {
    addModel: (uid: string, name: string, description: string, now: number): number =>
      required(add.get(uid, name, description, now, now)),
  };
};

const createVersions = (db: Database) => {
  const add = db
    .prepare<NewPulledVersion, number>(
      `INSERT INTO model_versions (uid, model, version, semver, description, user_id, current_stage, source, run_id, run_link,
         status, creation_timestamp, last_updated_timestamp)
       VALUES (@uid, @model, @version, @semver, @description, @user_id, @current_stage, @source, '', @run_link,
         @status, @created, @created) RETURNING id`,
    )
    .pluck();
  const column = (name: string) =>
    db.prepare<[number | string | null, number, number]>(
      `UPDATE model_versions SET ${name} = ?, last_updated_timestamp = ? WHERE id = ?`,
    );
  const columns = {
    semver: column("semver"),
    description: column("description"),
    stage: column("current_stage"),
    status: column("status"),
    user_id: column("user_id"),
    created: column("creation_timestamp"),
    source: column("source"),
    run_link: column("run_link"),
  };
  const setRun = db.prepare<[string, number]>("UPDATE model_versions SET run_id = ? WHERE id = ?");
  const taken = db
    .prepare<[number, number], number>("SELECT 1 FROM model_versions WHERE model = ? AND version = ?")
    .pluck();
  return {
    addVersion: (version: NewPulledVersion): number => required(add.get(version)),
    setVersionColumn: (id: number, name: keyof typeof columns, value: number | string | null, now: number): void =>
      void columns[name].run(value, now, id),
    setVersionRun: (id: number, runId: string): void => void setRun.run(runId, id),
    /** Whether a model has, or had, a version of this number. */
    numberTaken: (model: number, version: number): boolean => taken.get(model, version) !== undefined,
  };
};
