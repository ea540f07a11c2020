/** The rows of one object, before they are fields. Each kind is found by its uid, in the trash or not. */
import type { FileFact, Point, SyncKind } from "../../../shared/sync/doc.ts";
import type { Database } from "../database.ts";
import { exact, toInt64 } from "../integers.ts";
import type { ModelMetric } from "./parts.ts";

type Pair = readonly [key: string, value: string];

export interface ExperimentFacts {
  readonly id: number;
  readonly name: string;
  readonly trashed_at: number | null;
}

export interface RunFacts {
  readonly id: number;
  readonly run_id: string;
  readonly experiment: number;
  readonly home: number;
  readonly parent: string; // uid of its experiment
  readonly name: string;
  readonly status: string;
  readonly user_id: string;
  readonly start_time: string | null;
  readonly end_time: string | null;
  readonly trashed_at: number | null;
}

export interface ModelFacts {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly trashed_at: number | null;
}

export interface VersionFacts {
  readonly id: number;
  readonly model: number;
  readonly parent: string; // uid of its model
  readonly name: string; // of its model
  readonly version: number;
  readonly semver: string;
  readonly description: string | null;
  readonly user_id: string | null;
  readonly current_stage: string;
  readonly status: string;
  readonly source: string;
  readonly location: string | null;
  readonly run_link: string | null;
  readonly creation_timestamp: number;
  readonly run: string | null; // uid of the run it came from
  readonly own_run: number | null;
  readonly trashed_at: number | null;
}

export interface LoggedModelFacts {
  readonly id: number;
  readonly model_id: string;
  readonly home: number;
  readonly name: string;
  readonly model_type: string | null;
  readonly status: number;
  readonly status_message: string | null;
  readonly creation_timestamp_ms: number;
}

export interface DatasetFacts {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: string; // JSON
}

type RawMetric = Omit<ModelMetric, "value" | "dataset_name" | "dataset_digest"> & {
  readonly value: number;
  readonly is_nan: number;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
};

export type DocRows = ReturnType<typeof createDocRows>;

/** The revision that a mark of the write under way will have. */
export type PendingRev = (kind: string, uid: string) => number | undefined;

export const createDocRows = (db: Database, pendingRev: PendingRev) => ({
  ...createOwners(db, pendingRev),
  ...createValues(db),
  ...createRunParts(db),
  ...createPoints(db),
  ...createNames(db),
});

/**
 * What of `sync_targets` speaks of one object, by kind: the view is asked for every document, and would look into each table.
 * Exported for the test that holds the two together.
 */
export const marksSql: Readonly<Record<SyncKind, string>> = {
  experiment: "SELECT 'experiment' AS kind, uid FROM experiments WHERE uid = @uid AND model IS NULL",
  run: `SELECT 'run' AS kind, r.uid FROM runs AS r JOIN experiments AS e ON e.id = r.experiment WHERE r.uid = @uid AND e.model IS NULL
    UNION ALL
    SELECT 'logged_model', l.uid FROM runs AS r JOIN experiments AS e ON e.id = r.experiment
      JOIN logged_models AS l ON l.source_run_id = r.run_id WHERE r.uid = @uid AND e.model IS NULL`,
  registered_model: "SELECT 'registered_model' AS kind, uid FROM registered_models WHERE uid = @uid",
  model_version: `SELECT 'model_version' AS kind, uid FROM model_versions WHERE uid = @uid
    UNION ALL
    SELECT 'run', r.uid FROM model_versions AS v JOIN runs AS r ON r.id = v.own_run WHERE v.uid = @uid
    UNION ALL
    SELECT 'logged_model', l.uid FROM model_versions AS v JOIN runs AS r ON r.id = v.own_run
      JOIN logged_models AS l ON l.source_run_id = r.run_id WHERE v.uid = @uid`,
};

type Mark = { readonly kind: string; readonly uid: string; readonly rev: number | null };

const marksOf = (db: Database) => {
  const of = (kind: SyncKind) =>
    db.prepare<{ uid: string }, Mark>(
      `SELECT t.kind, t.uid,
         (SELECT rev FROM changes AS c WHERE c.kind = t.kind AND c.uid = t.uid) AS rev
       FROM (${marksSql[kind]}) AS t`,
    );
  return {
    experiment: of("experiment"),
    run: of("run"),
    registered_model: of("registered_model"),
    model_version: of("model_version"),
  };
};

const createOwners = (db: Database, pendingRev: PendingRev) => {
  const experiment = db.prepare<[string], ExperimentFacts>(
    "SELECT id, name, trashed_at FROM experiments WHERE uid = ? AND model IS NULL",
  );
  const run = db.prepare<[string], RunFacts>(
    `SELECT r.id, r.run_id, r.experiment, coalesce(r.home, r.experiment) AS home, e.uid AS parent, r.name, r.status, r.user_id,
       CAST(r.start_time AS TEXT) AS start_time, CAST(r.end_time AS TEXT) AS end_time, r.trashed_at
     FROM runs AS r JOIN experiments AS e ON e.id = r.experiment WHERE r.uid = ? AND e.model IS NULL`,
  );
  const model = db.prepare<[string], ModelFacts>(
    "SELECT id, name, description, trashed_at FROM registered_models WHERE uid = ?",
  );
  const version = db.prepare<[string], VersionFacts>(
    `SELECT v.id, v.model, m.uid AS parent, m.name, v.version, v.semver, v.description, v.user_id, v.current_stage, v.status,
       v.source, v.location, v.run_link, v.creation_timestamp, r.uid AS run, v.own_run, v.trashed_at
     FROM model_versions AS v JOIN registered_models AS m ON m.id = v.model
     LEFT JOIN runs AS r ON r.run_id = v.run_id AND r.id IS NOT v.own_run WHERE v.uid = ?`,
  );
  const marks = marksOf(db);
  return {
    experiment: (uid: string): ExperimentFacts | undefined => experiment.get(uid),
    run: (uid: string): RunFacts | undefined => run.get(uid),
    model: (uid: string): ModelFacts | undefined => model.get(uid),
    version: (uid: string): VersionFacts | undefined => version.get(uid),
    /** Of the last change that was marked for it, also by the write under way; 0 without one. */
    rev: (kind: SyncKind, uid: string): number =>
      marks[kind]
        .all({ uid })
        .reduce((max, mark) => Math.max(max, mark.rev ?? 0, pendingRev(mark.kind, mark.uid) ?? 0), 0),
  };
};

const createValues = (db: Database) => {
  const pairs = (sql: string) => db.prepare<[number], Pair>(sql).raw();
  const experimentTags = pairs("SELECT key, value FROM experiment_tags WHERE experiment = ?");
  const params = pairs("SELECT k.name, t.value FROM params AS t JOIN keys AS k ON k.id = t.key WHERE t.run = ?");
  const runTags = pairs("SELECT k.name, t.value FROM run_tags AS t JOIN keys AS k ON k.id = t.key WHERE t.run = ?");
  const modelTags = pairs("SELECT key, value FROM registered_model_tags WHERE model = ?");
  const versionTags = pairs("SELECT key, value FROM model_version_tags WHERE version = ?");
  const aliases = pairs(
    "SELECT a.alias, v.semver FROM aliases AS a JOIN model_versions AS v ON v.id = a.version WHERE a.model = ?",
  );
  const links = db
    .prepare<[string, string], Pair>("SELECT field, value FROM sync_links WHERE kind = ? AND uid = ?")
    .raw();
  return {
    experimentTags: (id: number): Pair[] => experimentTags.all(id),
    params: (run: number): Pair[] => params.all(run),
    runTags: (run: number): Pair[] => runTags.all(run),
    modelTags: (id: number): Pair[] => modelTags.all(id),
    versionTags: (id: number): Pair[] => versionTags.all(id),
    /** Semantic versions by alias. */
    aliases: (model: number): Pair[] => aliases.all(model),
    /** Fields that name what is not here. */
    links: (kind: SyncKind, uid: string): Pair[] => links.all(kind, uid),
  };
};

const createRunParts = (db: Database) => {
  const datasets = db.prepare<[number], DatasetFacts>(
    `SELECT d.name, d.digest, d.source_type, d.source, d.schema, d.profile, r.tags
     FROM run_datasets AS r JOIN datasets AS d ON d.id = r.dataset WHERE r.run = ?`,
  );
  const models = db.prepare<[number], { direction: string; model_id: string; step: string }>(
    "SELECT direction, model_id, CAST(step AS TEXT) AS step FROM run_models WHERE run = ?",
  );
  const loggedModels = db.prepare<[string], LoggedModelFacts>(
    `SELECT id, model_id, coalesce(home, experiment) AS home, name, model_type, status, status_message, creation_timestamp_ms
     FROM logged_models WHERE source_run_id = ? AND lifecycle_stage = 'active'`,
  );
  const modelParams = db.prepare<[number], Pair>("SELECT key, value FROM logged_model_params WHERE model = ?").raw();
  const modelTags = db.prepare<[number], Pair>("SELECT key, value FROM logged_model_tags WHERE model = ?").raw();
  const modelMetrics = db.prepare<[number], RawMetric>(
    `SELECT key, value, is_nan, CAST(timestamp AS TEXT) AS timestamp, CAST(step AS TEXT) AS step, run_id AS run,
       dataset_name, dataset_digest FROM logged_model_metrics WHERE model = ?`,
  );
  const filesBelow = db.prepare<{ root: string }, FileFact>(
    `SELECT substr(path, length(@root) + 2) AS path, sha256, size FROM artifacts
     WHERE path > @root || '/' AND path < @root || '0' ORDER BY path`,
  );
  const versionFiles = db.prepare<[number], FileFact>(
    "SELECT path, sha256, size FROM version_files WHERE version = ? ORDER BY path",
  );
  return {
    datasets: (run: number): DatasetFacts[] => datasets.all(run),
    models: (run: number) => models.all(run),
    /** Those that a run made and that are not in the trash. */
    loggedModels: (runId: string): LoggedModelFacts[] => loggedModels.all(runId),
    loggedModelParams: (id: number): Pair[] => modelParams.all(id),
    loggedModelTags: (id: number): Pair[] => modelTags.all(id),
    loggedModelMetrics: (id: number): RawMetric[] => modelMetrics.all(id),
    /** By path below `root`. */
    filesBelow: (root: string): FileFact[] => filesBelow.all({ root }),
    versionFiles: (id: number): FileFact[] => versionFiles.all(id),
  };
};

type RawPoint = readonly [step: number | string, timestamp: number | string, value: number, isNan: number];
const PAGE = 1000;

const createPoints = (db: Database) => {
  const count = db.prepare<[number], number>("SELECT count(*) FROM metrics WHERE run = ?").pluck();
  const keys = db
    .prepare<[number], [number, string]>(
      "SELECT l.key, k.name FROM latest_metrics AS l JOIN keys AS k ON k.id = l.key WHERE l.run = ? ORDER BY k.name",
    )
    .raw();
  const columns = `${exact("step")}, ${exact("timestamp")}, value, is_nan`;
  const order = "step, timestamp, value, is_nan";
  const first = db
    .prepare<[number, number], RawPoint>(
      `SELECT ${columns} FROM metrics WHERE run = ? AND key = ? ORDER BY ${order} LIMIT ${PAGE}`,
    )
    .raw();
  const next = db
    .prepare<[number, number, number | bigint, number | bigint, number, number], RawPoint>(
      `SELECT ${columns} FROM metrics WHERE run = ? AND key = ? AND (${order}) > (?, ?, ?, ?) ORDER BY ${order} LIMIT ${PAGE}`,
    )
    .raw();
  const has = db
    .prepare<[number, string, number | bigint, number | bigint, number, number], number>(
      `SELECT 1 FROM metrics WHERE run = ? AND key = (SELECT id FROM keys WHERE name = ?)
         AND step = ? AND timestamp = ? AND value = ? AND is_nan = ?`,
    )
    .pluck();

  const pagesOfKey = function* (run: number, key: number): Generator<RawPoint[]> {
    for (let page = first.all(run, key); page.length > 0;) {
      yield page;
      const [step, timestamp, value, nan] = page.at(-1) ?? [0, 0, 0, 0];
      if (page.length < PAGE) return;
      page = next.all(run, key, toInt64(step), toInt64(timestamp), value, nan);
    }
  };

  return {
    countPoints: (run: number): number => count.get(run) ?? 0,
    /** Pages of at most 1,000, by key, step, timestamp and value. No statement stays open between two of them. */
    points: function* (run: number): Generator<readonly Point[]> {
      let points: Point[] = [];
      for (const [key, name] of keys.all(run))
        for (const page of pagesOfKey(run, key)) {
          for (const [step, timestamp, value, nan] of page)
            points.push({ key: name, value: nan ? NaN : value, timestamp: toInt64(timestamp), step: toInt64(step) });
          if (points.length < PAGE) continue;
          yield points.slice(0, PAGE);
          points = points.slice(PAGE);
        }
      if (points.length > 0) yield points;
    },
    hasPoint: (run: number, { key, value, timestamp, step }: Point): boolean => {
      const nan = Number.isNaN(value);
      return has.get(run, key, step, timestamp, nan ? 0 : value, Number(nan)) !== undefined;
    },
  };
};

const createNames = (db: Database) => {
  const experiment = db
    .prepare<[string], string>("SELECT uid FROM experiments WHERE name = ? AND trashed_at IS NULL AND model IS NULL")
    .pluck();
  const model = db
    .prepare<[string], string>("SELECT uid FROM registered_models WHERE name = ? AND trashed_at IS NULL")
    .pluck();
  const version = db
    .prepare<[string, string], string>(
      `SELECT v.uid FROM registered_models AS m JOIN model_versions AS v ON v.model = m.id
       WHERE m.uid = ? AND v.semver = ? AND v.trashed_at IS NULL`,
    )
    .pluck();
  return {
    experimentNamed: (name: string): string | undefined => experiment.get(name),
    modelNamed: (name: string): string | undefined => model.get(name),
    versionNamed: (model: string, semver: string): string | undefined => version.get(model, semver),
  };
};
