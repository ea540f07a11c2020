/** The store of syncing, put together of its nouns. */
import type { Database } from "../database.ts";
import { steady } from "../steady.ts";
import { createAhead } from "./ahead.ts";
import { createCandidateStore } from "./candidates.ts";
import { createConflictStore } from "./conflicts.ts";
import { createFileStubStore } from "./files.ts";
import { createNetworkLog, createSyncRunStore } from "./log.ts";
import { createObjectStore } from "./objects.ts";
import { createOpStore } from "./ops.ts";
import { createPlanStore } from "./plans.ts";
import { createRemoteStore } from "./remotes.ts";
import type { CursorRow } from "./rows.ts";
import { createSeenStore } from "./seen.ts";
import type { Ref, SyncStore } from "./sync-store.ts";
import { createAheadInside } from "./inside.ts";
import { createRemovalRows } from "./removals.ts";

const UNREAD: CursorRow = { token: null, high_water: 0, full_at: null, scan: 0 };

const createCursors = (db: Database): SyncStore["cursors"] => {
  const get = db.prepare<[number, string], CursorRow>(
    "SELECT token, high_water, full_at, scan FROM sync_cursors WHERE remote = ? AND stream = ?",
  );
  const put = db.prepare<CursorRow & { remote: number; stream: string }>(
    `INSERT INTO sync_cursors (remote, stream, token, high_water, full_at, scan) VALUES (@remote, @stream, @token, @high_water, @full_at, @scan)
     ON CONFLICT (remote, stream) DO UPDATE SET token = excluded.token, high_water = excluded.high_water,
       full_at = excluded.full_at, scan = excluded.scan`,
  );
  return {
    get: (remote, stream) => get.get(remote, stream) ?? UNREAD,
    put: (remote, stream, cursor) => void put.run({ remote, stream, ...cursor }),
  };
};

const createConsents = (db: Database): SyncStore["consents"] => {
  const give = db.prepare<[number, string, string, string, number, string]>(
    `INSERT INTO sync_consents (remote, kind, uid, remote_id, given_at, actor) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET remote_id = excluded.remote_id, given_at = excluded.given_at, actor = excluded.actor`,
  );
  const has = db
    .prepare<[number, string, string, string], number>(
      "SELECT 1 FROM sync_consents WHERE remote = ? AND kind = ? AND uid = ? AND remote_id = ?",
    )
    .pluck();
  const drop = db.prepare<[number, string, string]>(
    "DELETE FROM sync_consents WHERE remote = ? AND kind = ? AND uid = ?",
  );
  const all = db.prepare<[number], Ref & { remote_id: string }>(
    "SELECT kind, uid, remote_id FROM sync_consents WHERE remote = ? ORDER BY kind, uid",
  );
  return {
    give: (remote, { kind, uid }, remoteId, actor, at) => void give.run(remote, kind, uid, remoteId, at, actor),
    has: (remote, { kind, uid }, remoteId) => has.get(remote, kind, uid, remoteId) !== undefined,
    drop: (remote, { kind, uid }) => void drop.run(remote, kind, uid),
    all: (remote) => all.all(remote),
  };
};

const createOrigins = (db: Database): SyncStore["origins"] => {
  const find = db
    .prepare<[string, string], string>("SELECT workstation FROM origins WHERE kind = ? AND uid = ?")
    .pluck();
  const set = db.prepare<[string, string, string]>(
    "INSERT INTO origins (kind, uid, workstation) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET workstation = excluded.workstation",
  );
  return {
    workstationOf: ({ kind, uid }) => find.get(kind, uid),
    set: ({ kind, uid }, workstation) => void set.run(kind, uid, workstation),
  };
};

/** `now`: ms since epoch, for times that only people read. */
export const createSyncStore = (database: Database, now: () => number = Date.now): SyncStore => {
  const db = steady(database);
  const ahead = createAhead(db);
  return {
    remotes: createRemoteStore(db, now),
    objects: createObjectStore(db, ahead, now),
    seen: createSeenStore(db),
    candidates: createCandidateStore(db),
    ops: createOpStore(db),
    conflicts: createConflictStore(db),
    plans: createPlanStore(db),
    files: createFileStubStore(db),
    cursors: createCursors(db),
    consents: createConsents(db),
    removals: createRemovalRows(db),
    aheadInside: createAheadInside(db),
    runs: createSyncRunStore(db),
    network: createNetworkLog(db),
    origins: createOrigins(db),
  };
};
