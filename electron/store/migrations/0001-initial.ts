import type { Migration } from "../migrate.ts";

/**
 * Everything a first release keeps. Names follow MLflow's wire names; `uid` is 128 random bits, the identity that
 * survives a round trip to another machine, where integer ids come again after a restore.
 *
 * - Keys of metrics, params and tags are integers of a dictionary (`keys`); runs are integers, their 32-hex id is text.
 * - `metrics` holds its rows in its primary key: exact duplicates fall away, a history is one range.
 * - `experiment` repeats in latest_metrics, params and run_tags, for the indexes that filters walk.
 * - `head` is the indexed start of a value: values may be a mebibyte, index entries should not.
 */
export const initial: Migration = (db) => {
  db.exec(`
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

    CREATE TABLE experiments (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      name TEXT NOT NULL UNIQUE,
      lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
      creation_time INTEGER NOT NULL,
      last_update_time INTEGER NOT NULL,
      trashed_at INTEGER
    ) STRICT;
    INSERT INTO experiments (id, name, creation_time, last_update_time)
      VALUES (0, 'Default', CAST(unixepoch('subsec') * 1000 AS INTEGER), CAST(unixepoch('subsec') * 1000 AS INTEGER));
    CREATE TABLE experiment_tags (
      experiment INTEGER NOT NULL REFERENCES experiments ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (experiment, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE keys (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

    CREATE TABLE runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      run_id TEXT NOT NULL UNIQUE,
      experiment INTEGER NOT NULL REFERENCES experiments,
      iid INTEGER, -- GitLab's running number in its project; given on first use
      name TEXT NOT NULL,
      user_id TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
      start_time INTEGER,
      end_time INTEGER,
      lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
      trashed_at INTEGER
    ) STRICT;
    CREATE INDEX runs_by_start ON runs (experiment, lifecycle_stage, start_time DESC, run_id);
    CREATE INDEX runs_by_end ON runs (experiment, lifecycle_stage, end_time);
    CREATE INDEX runs_by_status ON runs (experiment, status);
    CREATE INDEX runs_by_name ON runs (experiment, name);

    CREATE TABLE metrics (
      run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, key INTEGER NOT NULL,
      step INTEGER NOT NULL,
      timestamp INTEGER NOT NULL, -- ms since epoch, as sent by the client
      value REAL NOT NULL,
      is_nan INTEGER NOT NULL, -- 1: the value is NaN, which SQLite cannot hold, and the column holds 0
      PRIMARY KEY (run, key, step, timestamp, value, is_nan)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE latest_metrics (
      run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, key INTEGER NOT NULL,
      experiment INTEGER NOT NULL, step INTEGER NOT NULL, timestamp INTEGER NOT NULL,
      value REAL NOT NULL, is_nan INTEGER NOT NULL,
      ordered INTEGER NOT NULL, -- 1: points came in with step and timestamp rising together, so both orders are one
      PRIMARY KEY (run, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX latest_metrics_by_value ON latest_metrics (experiment, key, is_nan, value, run);

    CREATE TABLE params (
      run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, key INTEGER NOT NULL,
      experiment INTEGER NOT NULL, value TEXT NOT NULL,
      head TEXT GENERATED ALWAYS AS (substr(value, 1, 64)) VIRTUAL,
      PRIMARY KEY (run, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX params_by_value ON params (experiment, key, head, run);

    CREATE TABLE run_tags (
      run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, key INTEGER NOT NULL,
      experiment INTEGER NOT NULL, value TEXT NOT NULL,
      head TEXT GENERATED ALWAYS AS (substr(value, 1, 64)) VIRTUAL,
      PRIMARY KEY (run, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX run_tags_by_value ON run_tags (experiment, key, head, run);

    CREATE TABLE datasets (
      id INTEGER PRIMARY KEY,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      experiment INTEGER NOT NULL REFERENCES experiments ON DELETE CASCADE,
      name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL, source TEXT NOT NULL,
      schema TEXT, profile TEXT,
      UNIQUE (experiment, name, digest)
    ) STRICT;
    CREATE TABLE run_datasets (
      run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, dataset INTEGER NOT NULL REFERENCES datasets,
      tags TEXT NOT NULL, -- JSON array of {key, value}
      context TEXT, -- the tag mlflow.data.context, which filters ask for
      PRIMARY KEY (run, dataset)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX run_datasets_by_dataset ON run_datasets (dataset, run);

    CREATE TABLE logged_models (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      model_id TEXT NOT NULL UNIQUE, -- m-<32 hex>
      experiment INTEGER NOT NULL REFERENCES experiments,
      name TEXT NOT NULL, model_type TEXT, source_run_id TEXT,
      status INTEGER NOT NULL, status_message TEXT,
      creation_timestamp_ms INTEGER NOT NULL, last_updated_timestamp_ms INTEGER NOT NULL,
      lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
      trashed_at INTEGER
    ) STRICT;
    CREATE INDEX logged_models_by_time ON logged_models (experiment, creation_timestamp_ms DESC);
    CREATE INDEX logged_models_by_run ON logged_models (source_run_id);
    CREATE TABLE logged_model_params (
      model INTEGER NOT NULL REFERENCES logged_models ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (model, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE logged_model_tags (
      model INTEGER NOT NULL REFERENCES logged_models ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (model, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE logged_model_metrics (
      model INTEGER NOT NULL REFERENCES logged_models ON DELETE CASCADE, key TEXT NOT NULL,
      timestamp INTEGER NOT NULL, step INTEGER NOT NULL, run_id TEXT NOT NULL,
      value REAL NOT NULL, is_nan INTEGER NOT NULL, dataset_name TEXT, dataset_digest TEXT,
      PRIMARY KEY (model, key, timestamp, step, run_id, value, is_nan)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE run_models (
      run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE, model_id TEXT NOT NULL,
      direction TEXT NOT NULL CHECK (direction IN ('input', 'output')), step INTEGER NOT NULL,
      PRIMARY KEY (run, direction, model_id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE registered_models (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      name TEXT NOT NULL, description TEXT, deployment_job_id TEXT,
      creation_timestamp INTEGER NOT NULL, last_updated_timestamp INTEGER NOT NULL,
      trashed_at INTEGER
    ) STRICT;
    CREATE UNIQUE INDEX registered_models_by_name ON registered_models (name) WHERE trashed_at IS NULL;
    CREATE INDEX registered_models_by_update ON registered_models (last_updated_timestamp, name);
    CREATE TABLE registered_model_tags (
      model INTEGER NOT NULL REFERENCES registered_models ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (model, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE model_versions (
      id INTEGER PRIMARY KEY AUTOINCREMENT, -- global, never reused
      uid TEXT NOT NULL UNIQUE DEFAULT (lower(hex(randomblob(16)))),
      model INTEGER NOT NULL REFERENCES registered_models ON DELETE CASCADE,
      version INTEGER NOT NULL, -- MLflow's number within the model
      semver TEXT NOT NULL,
      description TEXT, user_id TEXT, current_stage TEXT NOT NULL DEFAULT 'None',
      source TEXT NOT NULL, run_id TEXT, run_link TEXT, model_id TEXT,
      location TEXT, -- where the files are, when \`source\` names another model, which may be renamed or deleted
      own_run INTEGER REFERENCES runs, -- GitLab logs a version's metrics, params and files on a run of its own
      status TEXT NOT NULL DEFAULT 'READY', status_message TEXT,
      creation_timestamp INTEGER NOT NULL, last_updated_timestamp INTEGER NOT NULL,
      trashed_at INTEGER,
      UNIQUE (model, version)
    ) STRICT;
    CREATE UNIQUE INDEX model_versions_by_semver ON model_versions (model, semver) WHERE trashed_at IS NULL;
    CREATE INDEX model_versions_by_run ON model_versions (run_id);
    CREATE INDEX model_versions_by_update ON model_versions (last_updated_timestamp, id);
    CREATE INDEX model_versions_by_logged_model ON model_versions (model_id);
    CREATE TABLE model_version_tags (
      version INTEGER NOT NULL REFERENCES model_versions ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (version, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX prompt_versions ON model_version_tags (value, version) WHERE key = 'mlflow.prompt.is_prompt';
    CREATE TABLE aliases (
      model INTEGER NOT NULL REFERENCES registered_models ON DELETE CASCADE, alias TEXT NOT NULL,
      version INTEGER NOT NULL REFERENCES model_versions ON DELETE CASCADE,
      PRIMARY KEY (model, alias)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX aliases_by_version ON aliases (version);
    CREATE TABLE version_files (
      version INTEGER NOT NULL REFERENCES model_versions ON DELETE CASCADE,
      path TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
      PRIMARY KEY (version, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX version_files_by_digest ON version_files (sha256);

    CREATE TABLE blobs (
      sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, created_at INTEGER NOT NULL,
      encoding TEXT NOT NULL DEFAULT 'raw' -- how the file holds the bytes, so that encryption can come without moving files
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE artifacts (
      path TEXT PRIMARY KEY, -- below the artifact root: <experiment>/<run>/artifacts/… or <experiment>/models/<model>/artifacts/…
      sha256 TEXT NOT NULL REFERENCES blobs, size INTEGER NOT NULL, modified_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX artifacts_by_digest ON artifacts (sha256);

    CREATE TABLE tokens (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, secret_digest TEXT NOT NULL UNIQUE,
      role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'approver', 'admin')),
      created_at INTEGER NOT NULL, revoked_at INTEGER
    ) STRICT;

    CREATE TABLE changes (
      kind TEXT NOT NULL, uid TEXT NOT NULL, rev INTEGER NOT NULL,
      PRIMARY KEY (kind, uid)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX changes_by_rev ON changes (rev);

    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, surface TEXT NOT NULL, action TEXT NOT NULL,
      kind TEXT NOT NULL, uid TEXT NOT NULL, subject TEXT NOT NULL, before TEXT, after TEXT, hash TEXT NOT NULL
    ) STRICT;
    CREATE TRIGGER audit_is_append_only_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
    CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END;
  `);
};
