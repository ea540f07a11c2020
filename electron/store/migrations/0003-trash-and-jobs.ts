import type { Migration } from "../migrate.ts";

/**
 * Deleted artifacts that can come back, purges under way, and long work with its log.
 *
 * - `artifact_trash` is one act of deleting; `owner_uid` is the run or logged model whose root the files lay below,
 *   `version` the model version whose list they left.
 * - A row in `purges` says that a purge of the object has begun: from then on it cannot be restored.
 */
export const trashAndJobs: Migration = (db) => {
  db.exec(`
    CREATE TABLE artifact_trash (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      root TEXT NOT NULL, owner_kind TEXT, owner_uid TEXT, version INTEGER,
      trashed_at INTEGER NOT NULL, actor TEXT NOT NULL
    ) STRICT;
    CREATE INDEX artifact_trash_by_time ON artifact_trash (trashed_at, uid);
    CREATE INDEX artifact_trash_by_owner ON artifact_trash (owner_uid);
    CREATE TABLE trashed_artifacts (
      trash INTEGER NOT NULL REFERENCES artifact_trash ON DELETE CASCADE,
      path TEXT NOT NULL, -- below the root
      sha256 TEXT NOT NULL REFERENCES blobs, size INTEGER NOT NULL, modified_at INTEGER NOT NULL,
      PRIMARY KEY (trash, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX trashed_artifacts_by_digest ON trashed_artifacts (sha256, trash);

    CREATE TABLE purges (kind TEXT NOT NULL, uid TEXT NOT NULL, PRIMARY KEY (kind, uid)) STRICT, WITHOUT ROWID;

    CREATE INDEX runs_in_trash ON runs (trashed_at, uid) WHERE trashed_at IS NOT NULL;
    CREATE INDEX experiments_in_trash ON experiments (trashed_at, uid) WHERE trashed_at IS NOT NULL;
    CREATE INDEX logged_models_in_trash ON logged_models (trashed_at, uid) WHERE trashed_at IS NOT NULL;
    CREATE INDEX registered_models_in_trash ON registered_models (trashed_at, uid) WHERE trashed_at IS NOT NULL;
    CREATE INDEX model_versions_in_trash ON model_versions (trashed_at, uid) WHERE trashed_at IS NOT NULL;
    CREATE INDEX model_versions_by_own_run ON model_versions (own_run) WHERE own_run IS NOT NULL;
    CREATE INDEX imports_by_uid ON imports (uid);

    -- A purged version's numbers stay taken.
    ALTER TABLE registered_models ADD COLUMN highest_version INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE registered_models ADD COLUMN highest_semver TEXT;

    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL, title TEXT NOT NULL, input TEXT NOT NULL, actor TEXT NOT NULL,
      state TEXT NOT NULL, -- of a job that no process is running any more, 'running' means that it was cut off
      done INTEGER NOT NULL DEFAULT 0, total INTEGER, unit TEXT NOT NULL DEFAULT 'count',
      started_at INTEGER NOT NULL, ended_at INTEGER,
      text TEXT, href TEXT, error TEXT, result TEXT, dismissed INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE job_log (
      job INTEGER NOT NULL REFERENCES jobs ON DELETE CASCADE, line INTEGER NOT NULL,
      at INTEGER NOT NULL, text TEXT NOT NULL,
      PRIMARY KEY (job, line)
    ) STRICT, WITHOUT ROWID;
  `);
};
