/** Model versions with their tags and files. Rows in the trash (`trashed_at`) are found by no read, and keep their numbers. */
import type { KeyValue } from "../../shared/api/mlflow/entities.ts";
import { compareSemver } from "../../shared/semver/semver.ts";
import type { Database } from "./database.ts";

export interface ModelVersionRow {
  readonly id: number; // global, never reused
  readonly uid: string;
  readonly model: number; // id of the registered model
  readonly name: string; // of the registered model
  readonly version: number;
  readonly semver: string;
  readonly description: string | null;
  readonly user_id: string | null;
  readonly current_stage: string;
  readonly source: string;
  readonly run_id: string | null;
  readonly run_link: string | null;
  readonly model_id: string | null; // of the logged model it was made from
  readonly status: "PENDING_REGISTRATION" | "FAILED_REGISTRATION" | "READY";
  readonly status_message: string | null;
  readonly creation_timestamp: number; // ms since epoch
  readonly last_updated_timestamp: number;
}

/** What the caller decides of a new version; the rest has its defaults. */
export type NewModelVersion = Pick<
  ModelVersionRow,
  "model" | "version" | "semver" | "description" | "source" | "run_id" | "run_link" | "model_id" | "creation_timestamp"
>;

/** A file of a version, fixed when the version was made. */
export interface VersionFile {
  readonly path: string; // relative to the version's root
  readonly sha256: string;
  readonly size: number; // bytes
}

const COLUMNS = `v.id, v.uid, v.model, m.name, v.version, v.semver, v.description, v.user_id, v.current_stage, v.source, v.run_id,
  v.run_link, v.model_id, v.status, v.status_message, v.creation_timestamp, v.last_updated_timestamp`;
const ROWS = `SELECT ${COLUMNS} FROM model_versions AS v JOIN registered_models AS m ON m.id = v.model`;

/** major, minor and patch of a semver as numbers: CAST reads digits up to the first other character. */
const MINOR_ON = "substr(semver, instr(semver, '.') + 1)";
/** The highest semver first. */
export const BY_SEMVER = `CAST(semver AS INTEGER) DESC, CAST(${MINOR_ON} AS INTEGER) DESC,
  CAST(substr(${MINOR_ON}, instr(${MINOR_ON}, '.') + 1) AS INTEGER) DESC, instr(semver, '-') = 0 DESC, semver DESC`;

export type ModelVersionStore = ReturnType<typeof createModelVersionStore>;

export const createModelVersionStore = (db: Database) => ({ ...createRows(db), ...createTags(db), ...createFiles(db) });

const createRows = (db: Database) => {
  const byNumber = db.prepare<[number, number], ModelVersionRow>(
    `${ROWS} WHERE v.model = ? AND v.version = ? AND v.trashed_at IS NULL`,
  );
  const bySemver = db.prepare<[number, string], ModelVersionRow>(
    `${ROWS} WHERE v.model = ? AND v.semver = ? AND v.trashed_at IS NULL`,
  );
  const byIds = db.prepare<[string], ModelVersionRow>(
    `SELECT ${COLUMNS} FROM json_each(?) AS wanted JOIN model_versions AS v ON v.id = wanted.value
     JOIN registered_models AS m ON m.id = v.model ORDER BY wanted.key`,
  );
  const latestOf = db.prepare<[string], ModelVersionRow>(
    `SELECT ${COLUMNS} FROM (
       SELECT model, max(version) AS version, min(version) AS first FROM model_versions
       WHERE model IN (SELECT value FROM json_each(?)) AND trashed_at IS NULL GROUP BY model, current_stage) AS stage
     JOIN model_versions AS v ON v.model = stage.model AND v.version = stage.version
     JOIN registered_models AS m ON m.id = v.model ORDER BY v.model, stage.first`,
  );
  const highestNumber = db
    .prepare<[number], number | null>(
      `SELECT max(coalesce((SELECT max(version) FROM model_versions WHERE model = m.id), 0), m.highest_version)
       FROM registered_models AS m WHERE m.id = ?`,
    )
    .pluck();
  const highestSemver = db
    .prepare<[number], string>(`SELECT semver FROM model_versions WHERE model = ? ORDER BY ${BY_SEMVER} LIMIT 1`)
    .pluck();
  const purgedSemver = db
    .prepare<[number], string | null>("SELECT highest_semver FROM registered_models WHERE id = ?")
    .pluck();
  const insert = db
    .prepare<NewModelVersion, number>(
      `INSERT INTO model_versions (model, version, semver, description, source, run_id, run_link, model_id, creation_timestamp, last_updated_timestamp)
     VALUES (@model, @version, @semver, @description, @source, @run_id, @run_link, @model_id, @creation_timestamp, @creation_timestamp)
     RETURNING id`,
    )
    .pluck();
  const describe = db.prepare<[string | null, number, number]>(
    "UPDATE model_versions SET description = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const setStage = db.prepare<[string, number, number]>(
    "UPDATE model_versions SET current_stage = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const inStage = db.prepare<[number, string], ModelVersionRow>(
    `${ROWS} WHERE v.model = ? AND v.current_stage = ? AND v.trashed_at IS NULL`,
  );
  const setSemver = db.prepare<[string, number]>("UPDATE model_versions SET semver = ? WHERE id = ?");
  const trash = db.prepare<[number, number, number]>(
    "UPDATE model_versions SET trashed_at = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const dropAliases = db.prepare<[number]>("DELETE FROM aliases WHERE version = ?");
  const touchAllOf = db
    .prepare<[number, number], string>(
      "UPDATE model_versions SET last_updated_timestamp = ? WHERE model = ? AND trashed_at IS NULL RETURNING uid",
    )
    .pluck();
  const trashAllOf = db
    .prepare<[number, number], string>(
      "UPDATE model_versions SET trashed_at = ? WHERE model = ? AND trashed_at IS NULL RETURNING uid",
    )
    .pluck();

  return {
    byNumber: (model: number, version: number): ModelVersionRow | undefined => byNumber.get(model, version),
    bySemver: (model: number, semver: string): ModelVersionRow | undefined => bySemver.get(model, semver),
    /** In the order of `ids`. */
    byIds: (ids: readonly number[]): ModelVersionRow[] => byIds.all(JSON.stringify(ids)),
    /** The newest version of each stage, by model id; stages in the order of their oldest versions, as in MLflow. */
    latestOf: (models: readonly number[]): Map<number, ModelVersionRow[]> =>
      Map.groupBy(latestOf.all(JSON.stringify(models)), (row) => row.model),
    /** The highest number ever given in a model, trash and purged ones included; 0 when there was none. */
    highestNumber: (model: number): number => highestNumber.get(model) ?? 0,
    /** The highest semver ever given in a model, trash and purged ones included. */
    highestSemver: (model: number): string | undefined => {
      const [kept, purged] = [highestSemver.get(model), purgedSemver.get(model) ?? undefined];
      return kept === undefined || purged === undefined ? (kept ?? purged) : [kept, purged].sort(compareSemver)[1];
    },
    insert: (row: NewModelVersion): number => {
      const id = insert.get(row);
      if (id === undefined) throw new Error("INSERT … RETURNING returned nothing");
      return id;
    },
    describe: (id: number, description: string | null, now: number): void => void describe.run(description, now, id),
    setStage: (id: number, stage: string, now: number): void => void setStage.run(stage, now, id),
    inStage: (model: number, stage: string): ModelVersionRow[] => inStage.all(model, stage),
    setSemver: (id: number, semver: string): void => void setSemver.run(semver, id),
    /** Moves a version to the trash; its aliases go. */
    trash: (id: number, now: number): void => {
      dropAliases.run(id);
      trash.run(now, now, id);
    },
    /** Moves the time of the last update on, for all versions of a model. Returns their uids. */
    touchAllOf: (model: number, now: number): string[] => touchAllOf.all(now, model),
    /** Moves all versions of a model to the trash, with the model's own time. Returns their uids. */
    trashAllOf: (model: number, now: number): string[] => trashAllOf.all(now, model),
  };
};

const createTags = (db: Database) => {
  const tagsOf = db.prepare<[string], KeyValue & { version: number }>(
    "SELECT version, key, value FROM model_version_tags WHERE version IN (SELECT value FROM json_each(?)) ORDER BY version, key",
  );
  const tag = db
    .prepare<[number, string], string>("SELECT value FROM model_version_tags WHERE version = ? AND key = ?")
    .pluck();
  const setTag = db.prepare<[number, string, string]>(
    "INSERT INTO model_version_tags (version, key, value) VALUES (?, ?, ?) ON CONFLICT (version, key) DO UPDATE SET value = excluded.value",
  );
  const deleteTag = db.prepare<[number, string]>("DELETE FROM model_version_tags WHERE version = ? AND key = ?");
  const aliasesOf = db.prepare<[string], { version: number; alias: string }>(
    "SELECT version, alias FROM aliases WHERE version IN (SELECT value FROM json_each(?)) ORDER BY version, alias",
  );

  return {
    /** Tags by version id, by key. */
    tagsOf: (ids: readonly number[]): Map<number, (KeyValue & { version: number })[]> =>
      Map.groupBy(tagsOf.all(JSON.stringify(ids)), (row) => row.version),
    tag: (id: number, key: string): string | undefined => tag.get(id, key),
    setTag: (id: number, key: string, value: string): void => void setTag.run(id, key, value),
    deleteTag: (id: number, key: string): boolean => deleteTag.run(id, key).changes > 0,
    /** Aliases by version id. */
    aliasesOf: (ids: readonly number[]): Map<number, { version: number; alias: string }[]> =>
      Map.groupBy(aliasesOf.all(JSON.stringify(ids)), (row) => row.version),
  };
};

const createFiles = (db: Database) => {
  const fix = db.prepare<{ id: number; root: string }>(
    `INSERT INTO version_files (version, path, sha256, size)
     SELECT @id, substr(path, length(@root) + 2), sha256, size FROM artifacts WHERE path > @root || '/' AND path < @root || '0'`,
  );
  const filesOf = db.prepare<[number], VersionFile>(
    "SELECT path, sha256, size FROM version_files WHERE version = ? ORDER BY path",
  );
  const location = db.prepare<[number], string | null>("SELECT location FROM model_versions WHERE id = ?").pluck();
  const setLocation = db.prepare<[string, number]>("UPDATE model_versions SET location = ? WHERE id = ?");

  return {
    /** Fixes a version's files to what lies below `root` now. */
    fixFiles: (id: number, root: string): void => void fix.run({ id, root }),
    filesOf: (id: number): VersionFile[] => filesOf.all(id),
    /** Where the files are, for a version whose source is a `models:/` URI: the name in it may change or go. */
    location: (id: number): string | undefined => location.get(id) ?? undefined,
    setLocation: (id: number, uri: string): void => void setLocation.run(uri, id),
  };
};
