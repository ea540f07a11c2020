import type { Migration } from "../migrate.ts";

/**
 * What syncing with remotes keeps.
 *
 * - `sync_objects`: which object here is which one there, in what state, and its `base`: what both held when last settled.
 * - `sync_seen`: what the last scans saw there, light entries among them; `uid` is null while nothing here is it.
 * - `sync_ops`: effects under way. A row is committed before its request is sent; what is `inflight` at a start is uncertain.
 * - `sync_files`: files that an object has there and whose bytes are not here yet.
 * - `sync_ahead`: objects here that are not, as they are now, what was settled with a remote. Triggers on `changes` fill
 *   it, so that a plan costs what has changed and not what there is. `sync_targets` says which object a mark speaks of: a
 *   version's own run is part of the version, a logged model of the run that made it.
 */
export const sync: Migration = (db) => {
  db.exec(`
    CREATE TABLE remotes (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('gitlab', 'mlflow', 'bundle')), -- bundle: a workstation that bundles go to and come from
      base_url TEXT NOT NULL,
      project TEXT, -- GitLab: id or path
      token_file TEXT, -- where the secret is read from; never the secret itself. null: the app's secret store, by name
      mode TEXT NOT NULL DEFAULT 'ask' CHECK (mode IN ('never', 'ask', 'auto')),
      file_policy TEXT NOT NULL DEFAULT 'light' CHECK (file_policy IN ('light', 'pinned', 'all')),
      class_max TEXT,
      required_tags TEXT NOT NULL DEFAULT '[]', -- JSON
      ca_file TEXT, proxy TEXT,
      up_limit INTEGER, down_limit INTEGER, -- bytes per second
      settle_ms INTEGER, -- how long the server works on a request whose asker has gone
      paused INTEGER NOT NULL DEFAULT 0,
      identity TEXT, title TEXT, probe TEXT, -- JSON of the last probe
      accepted_at INTEGER, -- when a person accepted the first contact's plan
      checked_at INTEGER, state TEXT NOT NULL DEFAULT 'new', problem TEXT,
      added_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE sync_objects (
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      kind TEXT NOT NULL, uid TEXT NOT NULL,
      rank INTEGER NOT NULL, -- of the kind: parents before children
      remote_id TEXT,
      state TEXT NOT NULL, reason TEXT,
      base TEXT, -- JSON
      settled_rev INTEGER NOT NULL DEFAULT 0,
      fingerprint TEXT, -- of the remote object when settled
      note INTEGER NOT NULL DEFAULT 0, -- highest number of a note
      attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER,
      changed_at INTEGER NOT NULL,
      pinned INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (remote, kind, uid)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX sync_objects_by_remote_id ON sync_objects (remote, kind, remote_id) WHERE remote_id IS NOT NULL;
    CREATE INDEX sync_objects_by_state ON sync_objects (remote, state, rank, uid);
    CREATE INDEX sync_objects_by_object ON sync_objects (kind, uid);

    CREATE TABLE sync_seen (
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      kind TEXT NOT NULL, id TEXT NOT NULL,
      rank INTEGER NOT NULL,
      uid TEXT,
      name TEXT NOT NULL, parent TEXT,
      fields TEXT NOT NULL, -- JSON
      fingerprint TEXT NOT NULL, points_mark TEXT NOT NULL,
      updated_at INTEGER NOT NULL, web_url TEXT,
      fresh INTEGER NOT NULL DEFAULT 1, -- 1: differs from what was settled
      scan INTEGER NOT NULL, -- number of the full scan that saw it last
      -- full scans that did not see it; when the first and when the last of them did not
      missed INTEGER NOT NULL DEFAULT 0, missed_at INTEGER, missed_last INTEGER,
      PRIMARY KEY (remote, kind, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sync_seen_fresh ON sync_seen (remote, rank, id) WHERE fresh = 1;
    CREATE INDEX sync_seen_by_name ON sync_seen (remote, kind, parent, name);
    CREATE INDEX sync_seen_by_scan ON sync_seen (remote, scan);
    CREATE INDEX sync_seen_by_parent ON sync_seen (remote, kind, parent, id);
    CREATE INDEX sync_seen_running ON sync_seen (remote, parent, id)
      WHERE kind = 'run' AND json_extract(fields, '$.status') IN ('RUNNING', 'SCHEDULED');

    CREATE TABLE sync_ops (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      kind TEXT NOT NULL, uid TEXT NOT NULL,
      step TEXT NOT NULL, -- which effect: create, write/param, points, file/<path>, note, remove
      state TEXT NOT NULL CHECK (state IN ('inflight', 'uncertain')),
      detail TEXT, -- JSON the step needs to look again
      sent_at INTEGER NOT NULL,
      UNIQUE (remote, kind, uid)
    ) STRICT;

    CREATE TABLE sync_cursors (
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      stream TEXT NOT NULL, token TEXT, high_water INTEGER NOT NULL DEFAULT 0, full_at INTEGER, scan INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (remote, stream)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE sync_conflicts (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      kind TEXT NOT NULL, uid TEXT NOT NULL, field TEXT NOT NULL,
      base TEXT, local TEXT, remote_value TEXT,
      found_at INTEGER NOT NULL,
      resolved_at INTEGER, resolution TEXT, value TEXT,
      UNIQUE (remote, kind, uid, field)
    ) STRICT;

    CREATE TABLE sync_plans (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      hash TEXT NOT NULL, made_at INTEGER NOT NULL, directions TEXT NOT NULL,
      first_contact INTEGER NOT NULL, totals TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'applied', 'stale'))
    ) STRICT;
    CREATE TABLE sync_plan_items (
      plan INTEGER NOT NULL REFERENCES sync_plans ON DELETE CASCADE, seq INTEGER NOT NULL,
      item TEXT NOT NULL, outcome TEXT, detail TEXT,
      PRIMARY KEY (plan, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE sync_runs (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      started_at INTEGER NOT NULL, ended_at INTEGER, actor TEXT NOT NULL, what TEXT NOT NULL,
      outcome TEXT, problem TEXT, counts TEXT
    ) STRICT;
    CREATE INDEX sync_runs_by_remote ON sync_runs (remote, id);

    CREATE TABLE sync_files (
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      kind TEXT NOT NULL, uid TEXT NOT NULL, path TEXT NOT NULL,
      size INTEGER NOT NULL, sha256 TEXT, -- null: the server does not tell
      wanted INTEGER NOT NULL DEFAULT 0, problem TEXT,
      PRIMARY KEY (remote, kind, uid, path)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sync_files_by_digest ON sync_files (sha256);
    CREATE INDEX sync_files_wanted ON sync_files (remote, kind, uid) WHERE wanted = 1;

    CREATE TABLE sync_consents (
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      kind TEXT NOT NULL, uid TEXT NOT NULL, remote_id TEXT NOT NULL,
      given_at INTEGER NOT NULL, actor TEXT NOT NULL,
      PRIMARY KEY (remote, kind, uid)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE origins (
      kind TEXT NOT NULL, uid TEXT NOT NULL, workstation TEXT NOT NULL,
      PRIMARY KEY (kind, uid)
    ) STRICT, WITHOUT ROWID; -- of what came from another workstation

    CREATE TABLE sync_ahead (
      remote INTEGER NOT NULL REFERENCES remotes ON DELETE CASCADE,
      rank INTEGER NOT NULL, uid TEXT NOT NULL,
      rev INTEGER NOT NULL, -- of the change that put it here; 0: it was there before the remote
      PRIMARY KEY (remote, rank, uid)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE sync_links (
      kind TEXT NOT NULL, uid TEXT NOT NULL, field TEXT NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (kind, uid, field)
    ) STRICT, WITHOUT ROWID; -- fields of pulled objects that name what is not here (yet): aliases, the run of a version
    CREATE INDEX sync_links_by_value ON sync_links (field, value);

    CREATE TABLE network_calls (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      at INTEGER NOT NULL, remote TEXT, purpose TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL,
      status INTEGER, trouble TEXT, sent INTEGER NOT NULL, received INTEGER NOT NULL, took_ms INTEGER NOT NULL
    ) STRICT;

    CREATE VIEW sync_targets (kind, uid, rank, target) AS
      SELECT 'experiment', uid, 0, uid FROM experiments WHERE model IS NULL
      UNION ALL
      SELECT 'run', r.uid, 1, r.uid FROM runs AS r JOIN experiments AS e ON e.id = r.experiment WHERE e.model IS NULL
      UNION ALL
      SELECT 'run', r.uid, 3, v.uid FROM runs AS r JOIN model_versions AS v ON v.own_run = r.id
      UNION ALL
      SELECT 'logged_model', l.uid, 1, r.uid FROM logged_models AS l JOIN runs AS r ON r.run_id = l.source_run_id
        JOIN experiments AS e ON e.id = r.experiment WHERE e.model IS NULL
      UNION ALL
      SELECT 'logged_model', l.uid, 3, v.uid FROM logged_models AS l JOIN runs AS r ON r.run_id = l.source_run_id
        JOIN model_versions AS v ON v.own_run = r.id
      UNION ALL
      SELECT 'registered_model', uid, 2, uid FROM registered_models
      UNION ALL
      SELECT 'model_version', uid, 3, uid FROM model_versions;
  `);
  for (const event of ["INSERT", "UPDATE"])
    db.exec(`
      CREATE TRIGGER sync_link_is_overruled_${event.toLowerCase()} AFTER ${event} ON aliases BEGIN
        DELETE FROM sync_links WHERE field = 'alias/' || new.alias AND kind = 'registered_model'
          AND uid = (SELECT uid FROM registered_models WHERE id = new.model);
      END;
      CREATE TRIGGER sync_follows_${event.toLowerCase()} AFTER ${event} ON changes WHEN EXISTS (SELECT 1 FROM remotes) BEGIN
        INSERT INTO sync_ahead (remote, rank, uid, rev)
          SELECT remotes.id, t.rank, t.target, new.rev FROM sync_targets AS t CROSS JOIN remotes
          WHERE t.kind = new.kind AND t.uid = new.uid AND NOT EXISTS (
            SELECT 1 FROM sync_objects AS o WHERE o.remote = remotes.id AND o.uid = t.target AND o.rank = t.rank
              AND o.kind = CASE t.rank WHEN 0 THEN 'experiment' WHEN 1 THEN 'run' WHEN 2 THEN 'registered_model' ELSE 'model_version' END
              AND o.settled_rev >= new.rev) -- settled by the very write that made the change: it was pulled
          ON CONFLICT (remote, rank, uid) DO UPDATE SET rev = excluded.rev;
        -- What is gone for good is in no table but this one.
        INSERT INTO sync_ahead (remote, rank, uid, rev)
          SELECT remote, rank, uid, new.rev FROM sync_objects
          WHERE kind = new.kind AND uid = new.uid AND settled_rev < new.rev
          ON CONFLICT (remote, rank, uid) DO UPDATE SET rev = excluded.rev;
      END;
    `);
};
