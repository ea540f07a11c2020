/** Which object here is which one there, in what state, and what both held when last settled. */
import { DomainError } from "../../../shared/errors.ts";
import type { SyncKind } from "../../../shared/sync/doc.ts";
import type { SyncState } from "../../../shared/sync/state.ts";
import type { Database } from "../database.ts";
import type { Ahead } from "./ahead.ts";
import { parseBase } from "./json.ts";
import { rankOf } from "./ranks.ts";
import type { SyncObjectRow } from "./rows.ts";
import type { ObjectStore, Ref } from "./sync-store.ts";

type RawObject = Omit<SyncObjectRow, "base" | "pinned"> & { readonly base: string | null; readonly pinned: number };

const COLUMNS =
  "o.kind, o.uid, o.remote_id, o.state, o.reason, o.base, o.settled_rev, o.fingerprint, o.note, o.attempts, o.next_at, o.pinned";

const toRow = <T extends RawObject>(raw: T) => ({
  ...raw,
  base: raw.base === null ? null : parseBase(raw.base),
  pinned: raw.pinned === 1,
});

/** States in which there is nothing to compare. */
const SETTLED: ReadonlySet<SyncState> = new Set(["done", "remote_only"]);

/** Where a page of `byState` goes on: rank and uid of the last row. */
const toAfter = (after: string): [number, string] => {
  const [rank = "", uid = ""] = after.split("/");
  return rank === "" ? [-1, ""] : [Number(rank), uid];
};

export const createObjectStore = (db: Database, ahead: Ahead, now: () => number): ObjectStore => {
  const find = db.prepare<[number, string, string], RawObject>(
    `SELECT ${COLUMNS} FROM sync_objects AS o WHERE remote = ? AND kind = ? AND uid = ?`,
  );
  const byRemoteId = db.prepare<[number, string, string], RawObject>(
    `SELECT ${COLUMNS} FROM sync_objects AS o WHERE remote = ? AND kind = ? AND remote_id = ?`,
  );
  type Link = { remote: number; kind: SyncKind; uid: string; rank: number; remote_id: string; at: number };
  const link = db.prepare<Link>(
    `INSERT INTO sync_objects (remote, kind, uid, rank, remote_id, state, changed_at)
     VALUES (@remote, @kind, @uid, @rank, @remote_id, 'local', @at)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET remote_id = excluded.remote_id, changed_at = excluded.changed_at`,
  );
  type Settle = Link & { base: string; rev: number; fingerprint: string; note: number };
  const settle = db.prepare<Settle>(
    `INSERT INTO sync_objects (remote, kind, uid, rank, remote_id, state, base, settled_rev, fingerprint, note, changed_at)
     VALUES (@remote, @kind, @uid, @rank, @remote_id, 'done', @base, @rev, @fingerprint, @note, @at)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET remote_id = excluded.remote_id, state = 'done', reason = NULL,
       base = excluded.base, settled_rev = excluded.settled_rev, fingerprint = excluded.fingerprint, note = excluded.note,
       attempts = 0, next_at = NULL, changed_at = excluded.changed_at`,
  );
  type Rebase = { remote: number; kind: SyncKind; uid: string; base: string; rev: number; at: number };
  const rebase = db.prepare<Rebase, Pick<SyncObjectRow, "state" | "next_at">>(
    `UPDATE sync_objects SET base = @base, settled_rev = @rev, changed_at = @at
     WHERE remote = @remote AND kind = @kind AND uid = @uid RETURNING state, next_at`,
  );
  const seenAs = db.prepare<[string, number, string, string]>(
    "UPDATE sync_seen SET uid = ? WHERE remote = ? AND kind = ? AND id = ?",
  );
  const seenAsSettled = db.prepare<[number, string, string, string, string]>(
    "UPDATE sync_seen SET fresh = 0 WHERE remote = ? AND kind = ? AND id = ? AND fingerprint = ? AND points_mark = ?",
  );
  type State = {
    remote: number;
    kind: SyncKind;
    uid: string;
    rank: number;
    state: SyncState;
    reason: string | null;
    at: number;
  };
  const setState = db.prepare<State>(
    `INSERT INTO sync_objects (remote, kind, uid, rank, state, reason, changed_at)
     VALUES (@remote, @kind, @uid, @rank, @state, @reason, @at)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET state = excluded.state, reason = excluded.reason,
       changed_at = excluded.changed_at`,
  );
  const postpone = db.prepare<Omit<State, "state"> & { next_at: number }>(
    `INSERT INTO sync_objects (remote, kind, uid, rank, state, reason, attempts, next_at, changed_at)
     VALUES (@remote, @kind, @uid, @rank, 'queued', @reason, 1, @next_at, @at)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET reason = excluded.reason, attempts = attempts + 1,
       next_at = excluded.next_at, changed_at = excluded.changed_at`,
  );
  const pin = db.prepare<{ remote: number; kind: SyncKind; uid: string; rank: number; pinned: number; at: number }>(
    `INSERT INTO sync_objects (remote, kind, uid, rank, state, pinned, changed_at)
     VALUES (@remote, @kind, @uid, @rank, 'local', @pinned, @at)
     ON CONFLICT (remote, kind, uid) DO UPDATE SET pinned = excluded.pinned`,
  );
  const forget = db.prepare<[number, string, string]>(
    "DELETE FROM sync_objects WHERE remote = ? AND kind = ? AND uid = ?",
  );
  const unseen = db.prepare<[number, string, string]>(
    "UPDATE sync_seen SET uid = NULL WHERE remote = ? AND kind = ? AND uid = ?",
  );
  const counts = db.prepare<[number], { state: SyncState; count: number }>(
    "SELECT state, count(*) AS count FROM sync_objects WHERE remote = ? GROUP BY state",
  );
  const byState = db.prepare<[number, string, number, string, number], RawObject>(
    `SELECT ${COLUMNS} FROM sync_objects AS o WHERE remote = ? AND state = ? AND (rank, uid) > (?, ?) ORDER BY rank, uid LIMIT ?`,
  );
  const ofObject = db.prepare<[string, string], RawObject & { remote: string }>(
    `SELECT ${COLUMNS}, r.name AS remote FROM sync_objects AS o JOIN remotes AS r ON r.id = o.remote
     WHERE o.kind = ? AND o.uid = ? ORDER BY r.name`,
  );

  const assertFree = (remote: number, { kind, uid }: Ref, remoteId: string): void => {
    const holder = byRemoteId.get(remote, kind, remoteId);
    if (holder && holder.uid !== uid)
      throw new DomainError(
        "conflict",
        `The ${kind.replace("_", " ")} '${remoteId}' there is ${holder.uid} here, not ${uid}`,
      );
  };

  return {
    find: (remote, { kind, uid }) => {
      const raw = find.get(remote, kind, uid);
      return raw && toRow(raw);
    },
    byRemoteId: (remote, kind, remoteId) => {
      const raw = byRemoteId.get(remote, kind, remoteId);
      return raw && toRow(raw);
    },
    link: (remote, ref, remote_id) => {
      assertFree(remote, ref, remote_id);
      link.run({ remote, ...ref, rank: rankOf(ref.kind), remote_id, at: now() });
      seenAs.run(ref.uid, remote, ref.kind, remote_id);
      ahead.put(remote, ref);
    },
    settle: (remote, { kind, uid }, { base, rev, fingerprint, note, remote_id }) => {
      assertFree(remote, { kind, uid }, remote_id);
      const row = { remote, kind, uid, rank: rankOf(kind), remote_id, rev, fingerprint, note, at: now() };
      settle.run({ ...row, base: JSON.stringify(base) });
      seenAs.run(uid, remote, kind, remote_id);
      seenAsSettled.run(remote, kind, remote_id, fingerprint, base.points_mark);
      ahead.settle(remote, { kind, uid }, rev);
    },
    rebase: (remote, { kind, uid }, base, rev) => {
      const row = rebase.get({ remote, kind, uid, base: JSON.stringify(base), rev, at: now() });
      if (row && SETTLED.has(row.state) && row.next_at === null) ahead.settle(remote, { kind, uid }, rev);
    },
    setState: (remote, { kind, uid }, state, reason) => {
      setState.run({ remote, kind, uid, rank: rankOf(kind), state, reason, at: now() });
      if (!SETTLED.has(state)) ahead.put(remote, { kind, uid });
    },
    postpone: (remote, { kind, uid }, reason, next_at) => {
      postpone.run({ remote, kind, uid, rank: rankOf(kind), reason, next_at, at: now() });
      ahead.put(remote, { kind, uid });
    },
    pin: (remote, { kind, uid }, pinned) =>
      void pin.run({ remote, kind, uid, rank: rankOf(kind), pinned: Number(pinned), at: now() }),
    forget: (remote, ref) => {
      forget.run(remote, ref.kind, ref.uid);
      unseen.run(remote, ref.kind, ref.uid);
      ahead.put(remote, ref);
    },
    counts: (remote) => Object.fromEntries(counts.all(remote).map(({ state, count }) => [state, count])),
    byState: (remote, state, after, limit) => byState.all(remote, state, ...toAfter(after), limit).map(toRow),
    ofObject: ({ kind, uid }) => ofObject.all(kind, uid).map(toRow),
  };
};
