import type { Storage } from "../../../shared/api/outpost/host.ts";
import type { Database } from "../database.ts";

/** What the database knows of the disk. */
export type StoredSizes = Omit<Storage, "database_bytes" | "backup_bytes" | "free_bytes" | "total_bytes">;

const MOST = 200;

/**
 * Sizes of what is kept, by experiment; reads every artifact's row, so it belongs into a reader thread.
 * Files of an experiment are those whose path begins with its id.
 */
export const createStorageViews = (db: Database) => {
  const totals = db.prepare<[], Pick<StoredSizes, "stored_files" | "stored_bytes">>(
    "SELECT count(*) AS stored_files, coalesce(sum(size), 0) AS stored_bytes FROM blobs",
  );
  const kept = db
    .prepare<[], number>(
      "SELECT coalesce(sum(size), 0) FROM blobs WHERE EXISTS (SELECT 1 FROM artifacts a WHERE a.sha256 = blobs.sha256)",
    )
    .pluck();
  const byExperiment = db.prepare<[], StoredSizes["experiments"][number]>(`
    SELECT CAST(e.id AS TEXT) AS experiment_id, e.name, files, bytes,
      (SELECT count(*) FROM runs r WHERE r.experiment = e.id) AS runs
    FROM (SELECT CAST(substr(path, 1, instr(path, '/') - 1) AS INTEGER) AS id, count(*) AS files, sum(size) AS bytes
          FROM artifacts GROUP BY 1) JOIN experiments e USING (id)
    ORDER BY bytes DESC, e.id`);

  return {
    sizes: (): StoredSizes => {
      const experiments = byExperiment.all();
      const listed = experiments.reduce((sum, { bytes }) => sum + bytes, 0);
      return {
        ...(totals.get() ?? { stored_files: 0, stored_bytes: 0 }),
        listed_files: experiments.reduce((sum, { files }) => sum + files, 0),
        listed_bytes: listed,
        saved_bytes: listed - (kept.get() ?? 0),
        experiments: experiments.slice(0, MOST),
        more_experiments: Math.max(0, experiments.length - MOST),
      };
    },
  };
};

/** Version of the SQLite that runs the database. */
export const sqliteVersion = (db: Database): string =>
  db.prepare<[], string>("SELECT sqlite_version()").pluck().get() ?? "";
