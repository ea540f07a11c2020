/**
 * Deleting for good: what still needs a thing, how many bytes it alone holds, and taking its rows away in pieces that do
 * not hold up who logs. A purge that has begun is noted, since what is half gone must not come back.
 */
import type { Database } from "./database.ts";
import type { TrashKind, TrashRow } from "./trash.ts";

/** A model version that needs a run or a logged model. */
export interface Need {
  readonly model: string;
  readonly version: number;
  readonly version_uid: string;
  readonly model_uid: string;
  readonly trashed: number; // 1: the version, or its model, is in the trash itself
}

const AFTER_ALL_TEXT = Buffer.alloc(0);
const NEEDS = `SELECT m.name AS model, v.version, v.uid AS version_uid, m.uid AS model_uid,
    v.trashed_at IS NOT NULL OR m.trashed_at IS NOT NULL AS trashed
  FROM model_versions AS v JOIN registered_models AS m ON m.id = v.model`;
const MOST_NEEDS = 10;

/** Bytes of blobs that nothing but the files of a range names: paths of one digest lie in order, so its ends tell. */
const FREED_BY_RANGE = `SELECT coalesce(sum(size), 0) FROM (
    SELECT DISTINCT sha256, size FROM artifacts WHERE path > :low AND path < :high) AS mine
  WHERE (SELECT min(path) FROM artifacts WHERE sha256 = mine.sha256) > :low
    AND (SELECT max(path) FROM artifacts WHERE sha256 = mine.sha256) < :high
    AND NOT EXISTS (SELECT 1 FROM version_files WHERE sha256 = mine.sha256)
    AND NOT EXISTS (SELECT 1 FROM trashed_artifacts WHERE sha256 = mine.sha256)`;
const FREED_BY_VERSIONS = (where: string): string => `SELECT coalesce(sum(size), 0) FROM (
    SELECT DISTINCT sha256, size FROM version_files WHERE version IN (${where})) AS mine
  WHERE coalesce((SELECT min(path) FROM artifacts WHERE sha256 = mine.sha256) > :low, 1)
    AND coalesce((SELECT max(path) FROM artifacts WHERE sha256 = mine.sha256) < :high, 1)
    AND NOT EXISTS (SELECT 1 FROM version_files WHERE sha256 = mine.sha256 AND version NOT IN (${where}))
    AND NOT EXISTS (SELECT 1 FROM trashed_artifacts WHERE sha256 = mine.sha256)`;
const FREED_BY_ACT = `SELECT coalesce(sum(size), 0) FROM (
    SELECT DISTINCT sha256, size FROM trashed_artifacts WHERE trash = :id) AS mine
  WHERE NOT EXISTS (SELECT 1 FROM artifacts WHERE sha256 = mine.sha256)
    AND NOT EXISTS (SELECT 1 FROM version_files WHERE sha256 = mine.sha256)
    AND NOT EXISTS (SELECT 1 FROM trashed_artifacts WHERE sha256 = mine.sha256 AND trash <> :id)`;

/** The folder that holds all files of a thing, for the kinds that name it. */
const folderOf = ({ kind, key, home }: TrashRow): string | undefined => {
  if (kind === "experiment") return key;
  if (kind === "run") return `${home ?? ""}/${key}`;
  return kind === "logged_model" ? `${home ?? ""}/models/${key}` : undefined;
};

export type PurgeStore = ReturnType<typeof createPurgeStore>;

export const createPurgeStore = (db: Database) => ({ ...createChecks(db), ...createDeletes(db) });

const createChecks = (db: Database) => {
  const needs = {
    run: db.prepare<{ key: string }, Need>(`${NEEDS} WHERE v.run_id = :key LIMIT ${MOST_NEEDS}`),
    logged_model: db.prepare<{ key: string }, Need>(`${NEEDS} WHERE v.model_id = :key LIMIT ${MOST_NEEDS}`),
    experiment: db.prepare<{ key: string }, Need>(
      `${NEEDS} WHERE v.run_id IN (SELECT run_id FROM runs WHERE experiment = CAST(:key AS INTEGER))
         OR v.model_id IN (SELECT model_id FROM logged_models WHERE experiment = CAST(:key AS INTEGER)) LIMIT ${MOST_NEEDS}`,
    ),
  };
  const byRange = db.prepare<{ low: string; high: string | Buffer }, number>(FREED_BY_RANGE).pluck();
  type OwnFiles = { id: number; low: string; high: string };
  const byVersion = db.prepare<OwnFiles, number>(FREED_BY_VERSIONS("SELECT :id")).pluck();
  const byModel = db
    .prepare<OwnFiles, number>(FREED_BY_VERSIONS("SELECT id FROM model_versions WHERE model = :id"))
    .pluck();
  const ownFolder = {
    model_version: db
      .prepare<[number], string>(
        "SELECT r.experiment || '/' || r.run_id FROM model_versions AS v JOIN runs AS r ON r.id = v.own_run WHERE v.id = ?",
      )
      .pluck(),
    registered_model: db.prepare<[number], string>("SELECT CAST(id AS TEXT) FROM experiments WHERE model = ?").pluck(),
  };
  const byAct = db.prepare<{ id: number }, number>(FREED_BY_ACT).pluck();

  return {
    /** Versions that need a thing, the first few. */
    needsOf: ({ kind, key }: TrashRow): Need[] =>
      kind === "run" || kind === "logged_model" || kind === "experiment" ? needs[kind].all({ key }) : [],
    /** What a purge of this one thing would free once its blobs are collected. */
    freedBytes: (row: TrashRow): number => {
      const folder = folderOf(row);
      if (folder !== undefined) return byRange.get({ low: `${folder}/`, high: `${folder}0` }) ?? 0;
      if (row.kind === "artifacts") return byAct.get({ id: row.id }) ?? 0;
      if (row.kind !== "model_version" && row.kind !== "registered_model") return 0;
      const own = ownFolder[row.kind].get(row.id);
      const range = own === undefined ? { low: "", high: "" } : { low: `${own}/`, high: `${own}0` };
      return (row.kind === "registered_model" ? byModel : byVersion).get({ id: row.id, ...range }) ?? 0;
    },
  };
};

interface Owned {
  readonly id: number;
  readonly uid: string;
  readonly folder: string;
}

const createDeletes = (db: Database) => {
  const begin = db.prepare<[string, string]>("INSERT INTO purges (kind, uid) VALUES (?, ?) ON CONFLICT DO NOTHING");
  const end = db.prepare<[string, string]>("DELETE FROM purges WHERE kind = ? AND uid = ?");
  const keysOf = db.prepare<[number], number>("SELECT key FROM latest_metrics WHERE run = ?").pluck();
  const manyPoints = db
    .prepare<[number, number], number>("SELECT 1 FROM metrics WHERE run = ? LIMIT 1 OFFSET ?")
    .pluck();
  const boundOf = db
    .prepare<[number, number, number], number>(
      "SELECT step FROM metrics WHERE run = ? AND key = ? ORDER BY step LIMIT 1 OFFSET ?",
    )
    .pluck();
  const dropPoints = db.prepare<{ run: number; key: number; bound: number | null }>(
    "DELETE FROM metrics WHERE run = :run AND key = :key AND (:bound IS NULL OR step <= :bound)",
  );
  const dropFiles = db.prepare<{ low: string; high: string | Buffer; limit: number }>(
    `DELETE FROM artifacts WHERE path IN
       (SELECT path FROM artifacts WHERE path > :low AND path < :high ORDER BY path LIMIT :limit)`,
  );
  // What is left below an experiment when its runs and models are gone, but for those that moved to another one.
  const dropRest = db.prepare<{ low: string; high: string; limit: number }>(
    `DELETE FROM artifacts WHERE path IN (
       SELECT path FROM (
         SELECT path, substr(path, length(:low) + 1) AS inside FROM artifacts WHERE path > :low AND path < :high) AS rest
       WHERE NOT EXISTS (SELECT 1 FROM runs WHERE run_id = substr(inside, 1, instr(inside, '/') - 1))
         AND NOT EXISTS (SELECT 1 FROM logged_models WHERE 'models/' || model_id = substr(inside, 1, length('models/m-') + 32))
       ORDER BY path LIMIT :limit)`,
  );
  const dropActs = db.prepare<[string]>("DELETE FROM artifact_trash WHERE owner_uid = ?");
  const forgetImport = db.prepare<[string]>("DELETE FROM imports WHERE uid = ?");
  const runsOf = db.prepare<[number], Owned>(
    "SELECT id, uid, coalesce(home, experiment) || '/' || run_id AS folder FROM runs WHERE experiment = ?",
  );
  const ownRunOf = db.prepare<[number], Owned>(
    `SELECT r.id, r.uid, r.experiment || '/' || r.run_id AS folder FROM model_versions AS v JOIN runs AS r ON r.id = v.own_run
     WHERE v.id = ?`,
  );
  const versionsOf = db.prepare<[number], number>("SELECT id FROM model_versions WHERE model = ?").pluck();
  const letGo = db.prepare<[number]>("UPDATE model_versions SET own_run = NULL WHERE id = ?");
  const dropOwnExperiment = db.prepare<[number]>("DELETE FROM experiments WHERE model = ?");
  const modelsOf = db.prepare<[number], Owned>(
    "SELECT id, uid, coalesce(home, experiment) || '/models/' || model_id AS folder FROM logged_models WHERE experiment = ?",
  );
  const dropOutputs = db.prepare<{ id: number }>(
    `DELETE FROM run_models WHERE model_id = (SELECT model_id FROM logged_models WHERE id = :id)
       AND run = (SELECT r.id FROM logged_models AS l JOIN runs AS r ON r.run_id = l.source_run_id WHERE l.id = :id)`,
  );
  const remember = db.prepare<{ id: number }>(
    `UPDATE registered_models SET highest_version = max(highest_version, (SELECT version FROM model_versions WHERE id = :id))
     WHERE id = (SELECT model FROM model_versions WHERE id = :id)`,
  );
  const rememberSemver = db.prepare<{ id: number; semver: string }>(
    `UPDATE registered_models SET highest_semver = :semver WHERE id = (SELECT model FROM model_versions WHERE id = :id)`,
  );
  const dropParts = db.prepare<[string]>("DELETE FROM removals WHERE part_of = ?");
  const dropRemoval = db.prepare<[number]>("DELETE FROM removals WHERE id = ?");
  const drop = {
    run: db.prepare<[number]>("DELETE FROM runs WHERE id = ?"),
    experiment: db.prepare<[number]>("DELETE FROM experiments WHERE id = ?"),
    logged_model: db.prepare<[number]>("DELETE FROM logged_models WHERE id = ?"),
    registered_model: db.prepare<[number]>("DELETE FROM registered_models WHERE id = ?"),
    model_version: db.prepare<[number]>("DELETE FROM model_versions WHERE id = ?"),
    artifacts: db.prepare<[number]>("DELETE FROM artifact_trash WHERE id = ?"),
    tags: dropRemoval,
    aliases: dropRemoval,
    texts: dropRemoval,
    saved_view: db.prepare<[number]>("DELETE FROM saved_views WHERE id = ?"),
  };

  return {
    begin: (kind: TrashKind, uid: string): void => void begin.run(kind, uid),
    end: (kind: TrashKind, uid: string): void => void end.run(kind, uid),
    hasMorePoints: (run: number, than: number): boolean => manyPoints.get(run, than) !== undefined,
    keysOf: (run: number): number[] => keysOf.all(run),
    /** Drops about `limit` points of one metric; whether that were all. */
    dropPoints: (run: number, key: number, limit: number): boolean => {
      const bound = boundOf.get(run, key, limit) ?? null;
      dropPoints.run({ run, key, bound });
      return bound === null;
    },
    /** Drops up to `limit` names of files below a folder; how many there were. */
    dropFiles: (folder: string, limit: number): number =>
      dropFiles.run({ low: `${folder}/`, high: folder === "" ? AFTER_ALL_TEXT : `${folder}0`, limit }).changes,
    /** Drops up to `limit` names of files of an experiment that belong to no run or model any more; how many there were. */
    dropRest: (experiment: string, limit: number): number =>
      dropRest.run({ low: `${experiment}/`, high: `${experiment}0`, limit }).changes,
    runsOf: (experiment: number): Owned[] => runsOf.all(experiment),
    loggedModelsOf: (experiment: number): Owned[] => modelsOf.all(experiment),
    folderOf,
    /** The run that holds what people added to a version. */
    ownRunOf: (version: number): Owned | undefined => ownRunOf.get(version),
    versionsOf: (model: number): number[] => versionsOf.all(model),
    /** Parts a version, which is going, from its own run. */
    letGoOfRun: (version: number): void => void letGo.run(version),
    /** Drops the row itself with all that hangs on it. */
    drop: (kind: TrashKind, id: number, uid: string): void => {
      if (kind === "logged_model") dropOutputs.run({ id });
      if (kind === "run" || kind === "logged_model") dropActs.run(uid);
      if (kind === "registered_model") dropOwnExperiment.run(id);
      if (kind === "model_version") dropParts.run(`model_version:${uid}`);
      drop[kind].run(id);
      forgetImport.run(uid);
    },
    /** Keeps a version's numbers taken after it is gone. */
    rememberVersion: (id: number, semver: string | undefined): void => {
      remember.run({ id });
      if (semver !== undefined) rememberSemver.run({ id, semver });
    },
  };
};
