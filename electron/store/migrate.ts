import type { Database } from "better-sqlite3";
import { DomainError } from "../../shared/errors.ts";
import { initial } from "./migrations/0001-initial.ts";
import { imports } from "./migrations/0002-imports.ts";
import { trashAndJobs } from "./migrations/0003-trash-and-jobs.ts";
import { searchIndex } from "./migrations/0004-search-index.ts";
import { savedViews } from "./migrations/0005-saved-views.ts";
import { modelExperiments } from "./migrations/0006-model-experiments.ts";
import { pendingBlobs } from "./migrations/0010-pending-blobs.ts";
import { homes } from "./migrations/0011-homes.ts";
import { pendingIds } from "./migrations/0012-pending-ids.ts";
import { removals } from "./migrations/0013-removals.ts";
import { sync } from "./migrations/0014-sync.ts";

/** One schema change. Never edited once released; `PRAGMA user_version` counts how many have run. */
export type Migration = (db: Database) => void;

/** All migrations in order. A new one is appended; its number is its place. */
export const migrations: readonly Migration[] = [
  initial,
  imports,
  trashAndJobs,
  searchIndex,
  savedViews,
  modelExperiments,
  pendingBlobs,
  homes,
  pendingIds,
  removals,
  sync,
];

/** Schema version of an open database: how many migrations it has seen. */
export const schemaVersion = (db: Database): number => Number(db.pragma("user_version", { simple: true }));

/**
 * Brings a database up to date, each migration in one immediate transaction with its version bump and a check of
 * foreign keys, so that a failed one leaves the file as it was.
 * @throws DomainError `invalid` if the file was written by a newer version of Outpost.
 */
export const migrate = (db: Database, list: readonly Migration[] = migrations): void => {
  const version = schemaVersion(db);
  if (version > list.length)
    throw new DomainError(
      "invalid",
      `The database has schema version ${version}; this version of Outpost knows up to ${list.length}. ` +
        `Install the Outpost that wrote it, or choose another data folder with --data-dir.`,
    );
  for (const [i, up] of list.slice(version).entries()) {
    db.transaction(() => {
      up(db);
      const broken = db.pragma("foreign_key_check");
      if (Array.isArray(broken) && broken.length > 0)
        throw new DomainError("corrupt", `Migration ${version + i + 1} would break ${broken.length} references`);
      db.pragma(`user_version = ${version + i + 1}`);
    }).immediate();
  }
};
