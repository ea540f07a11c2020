/** A model version's own run, which carries its metrics, params and files; its file list follows the files of that run. */
import type { Database } from "./database.ts";
import type { VersionFile } from "./model-versions.ts";

/** A version with a run of its own. */
export interface OwnedVersion {
  readonly id: number;
  readonly uid: string;
  readonly name: string; // of the registered model
  readonly version: number;
  readonly source: string;
  readonly location: string | null; // where the files are, if not at `source`
}

export type VersionFileStore = ReturnType<typeof createVersionFileStore>;

export const createVersionFileStore = (db: Database) => {
  const experimentOf = db.prepare<[number], number>("SELECT id FROM experiments WHERE model = ?").pluck();
  const claimExperiment = db.prepare<[number, number]>("UPDATE experiments SET model = ? WHERE id = ?");
  const ownRun = db
    .prepare<[number], string>(
      "SELECT r.run_id FROM model_versions AS v JOIN runs AS r ON r.id = v.own_run WHERE v.id = ?",
    )
    .pluck();
  const setOwnRun = db.prepare<[number, number]>("UPDATE model_versions SET own_run = ? WHERE id = ?");
  const setSource = db.prepare<[string, string, number]>(
    "UPDATE model_versions SET source = ?, run_id = ? WHERE id = ?",
  );
  const ownerOf = db.prepare<[string], OwnedVersion>(
    `SELECT v.id, v.uid, m.name, v.version, v.source, v.location FROM runs AS r JOIN model_versions AS v ON v.own_run = r.id
     JOIN registered_models AS m ON m.id = v.model WHERE r.run_id = ?`,
  );
  const copy = db.prepare<{ id: number; root: string; now: number }>(
    `INSERT INTO artifacts (path, sha256, size, modified_at)
     SELECT @root || '/' || path, sha256, size, @now FROM version_files WHERE version = @id`,
  );
  const put = db.prepare<[number, string, string, number]>(
    `INSERT INTO version_files (version, path, sha256, size) VALUES (?, ?, ?, ?)
     ON CONFLICT (version, path) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size`,
  );
  const drop = db.prepare<[number, string]>("DELETE FROM version_files WHERE version = ? AND path = ?");
  const touch = db.prepare<[number, number]>("UPDATE model_versions SET last_updated_timestamp = ? WHERE id = ?");

  return {
    /** The experiment that holds the runs of a model's versions. */
    experimentOf: (model: number): number | undefined => experimentOf.get(model),
    claimExperiment: (experiment: number, model: number): void => void claimExperiment.run(model, experiment),
    /** The `run_id` of a version's own run. */
    ownRun: (version: number): string | undefined => ownRun.get(version),
    setOwnRun: (version: number, run: number): void => void setOwnRun.run(run, version),
    /** Makes a version's own run its source: for one that was made empty. */
    setSource: (version: number, uri: string, runId: string): void => void setSource.run(uri, runId, version),
    /** The version whose own run this is. */
    ownerOf: (runId: string): OwnedVersion | undefined => ownerOf.get(runId),
    /** Names all files of a version below `root` too; their bytes are stored once. */
    copyFiles: (id: number, root: string, now: number): void => void copy.run({ id, root, now }),
    putFile: (id: number, file: VersionFile): void => void put.run(id, file.path, file.sha256, file.size),
    dropFile: (id: number, path: string): void => void drop.run(id, path),
    touch: (id: number, now: number): void => void touch.run(now, id),
  };
};
