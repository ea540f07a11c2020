/**
 * All SQL of syncing. Reads can be called any time; functions that change something run inside a write (`Writer.write`),
 * so that they share its commit with the change they speak of.
 */
import type { Base, Fields, SyncKind } from "../../../shared/sync/doc.ts";
import type { SyncState } from "../../../shared/sync/state.ts";
import type {
  Candidate,
  ConflictRow,
  CursorRow,
  NetworkCallRow,
  OpRow,
  RemoteRow,
  Resting,
  SeenRow,
  SyncFileRow,
  SyncObjectRow,
  SyncRunRow,
} from "./rows.ts";
import type { RemovalRow } from "./removals.ts";

export interface Ref {
  readonly kind: SyncKind;
  readonly uid: string;
}

export interface RemoteStore {
  list(): readonly RemoteRow[];
  byName(name: string): RemoteRow | undefined;
  add(remote: Pick<RemoteRow, "name" | "kind" | "base_url"> & Partial<RemoteRow>): RemoteRow;
  /** Changes the named columns only. */
  update(id: number, changes: Partial<RemoteRow>): void;
  /** With all that is known of it; objects here stay. */
  remove(id: number): void;
}

export interface ObjectStore {
  find(remote: number, ref: Ref): SyncObjectRow | undefined;
  byRemoteId(remote: number, kind: SyncKind, remoteId: string): SyncObjectRow | undefined;
  /** Binds an object here to one there; nothing is settled yet. */
  link(remote: number, ref: Ref, remoteId: string): void;
  /** Both sides agree on `base` at this revision and this fingerprint: state `done`. */
  settle(
    remote: number,
    ref: Ref,
    settled: { base: Base; rev: number; fingerprint: string; note: number; remote_id: string },
  ): void;
  /** Both sides hold more of it, at this revision: its state stays, and a failure's rest with it. */
  rebase(remote: number, ref: Ref, base: Base, rev: number): void;
  setState(remote: number, ref: Ref, state: SyncState, reason: string | null): void;
  /** Counts an attempt that failed for now; it is due again at `nextAt`. */
  postpone(remote: number, ref: Ref, reason: string, nextAt: number): void;
  pin(remote: number, ref: Ref, pinned: boolean): void;
  forget(remote: number, ref: Ref): void;
  counts(remote: number): Readonly<Partial<Record<SyncState, number>>>;
  byState(remote: number, state: SyncState, after: string, limit: number): readonly SyncObjectRow[];
  /** States of one object towards every remote. */
  ofObject(ref: Ref): readonly (SyncObjectRow & { readonly remote: string })[];
}

export interface SeenStore {
  /** Takes in what a listing showed. Sets `fresh` where the fingerprint is not the settled one. */
  put(remote: number, objects: readonly Omit<SeenRow, "uid" | "fresh" | "missed" | "missed_at">[], scan: number): void;
  /** All it says now that it was told something since it was seen. It stays as fresh as it was. */
  told(remote: number, kind: SyncKind, id: string, fields: Fields): void;
  find(remote: number, kind: SyncKind, id: string): SeenRow | undefined;
  byName(remote: number, kind: SyncKind, parent: string | null, name: string): SeenRow | undefined;
  /** Says which object here it is, or that it was looked at as it is now. */
  assign(remote: number, kind: SyncKind, id: string, uid: string | null): void;
  settle(remote: number, kind: SyncKind, id: string): void;
  count(remote: number): number;
  /** By id, after `after`; of one parent, or whatever the parent (undefined). At most `limit`. */
  page(
    remote: number,
    kind: SyncKind,
    parent: string | undefined,
    after: string | undefined,
    limit: number,
  ): readonly SeenRow[];
  /** Runs of an experiment there that had not ended when they were seen last (status RUNNING or SCHEDULED), by id. */
  running(remote: number, experiment: string, limit: number): readonly SeenRow[];
  /** After a full scan of a stream: counts the absence of what it did not see. Returns how many are newly absent. */
  missed(remote: number, kinds: readonly SyncKind[], parent: string | null, scan: number, at: number): number;
  /** Objects bound here that two full scans at least `apartMs` apart did not see. */
  gone(remote: number, apartMs: number, now: number): readonly SeenRow[];
}

export interface CandidateStore {
  /**
   * What has to be compared, by rank: objects whose revision is beyond the settled one or that have no row yet, and
   * fresh objects there. In pages after `after`. What is bound there is among them in the trash, too, and when it is gone
   * for good. What no state settles (`blocked`, `excluded`, …) stays among them.
   */
  page(
    remote: number,
    after: string | undefined,
    limit: number,
  ): { items: readonly Candidate[]; next: string | undefined };
  /** How many objects here differ from what was settled (ahead), and how many there (behind). */
  counts(remote: number): { readonly ahead: number; readonly behind: number };
  /** Of what is ahead, what rests after a failure until a time between `from` and `to`, by rank; at most `limit`. */
  resting(remote: number, from: number, to: number, limit: number): readonly Resting[];
}

export interface OpStore {
  /** Before a request is sent. One object has one effect under way at a time. */
  begin(remote: number, ref: Ref, step: string, detail: unknown, sentAt: number): void;
  uncertain(remote: number, ref: Ref): void;
  end(remote: number, ref: Ref): void;
  find(remote: number, ref: Ref): OpRow | undefined;
  all(remote: number): readonly OpRow[];
  /** At a start: what was inflight is uncertain. Returns how many. */
  recover(): number;
}

export interface ConflictStore {
  put(
    remote: number,
    ref: Ref,
    field: string,
    sides: Pick<ConflictRow, "base" | "local" | "remote_value">,
    at: number,
  ): void;
  open(remote: number | undefined): readonly (ConflictRow & { readonly remote: string })[];
  /** How many objects have one that nobody has settled. */
  waiting(remote: number): number;
  ofObject(remote: number, ref: Ref): readonly ConflictRow[];
  byId(id: number): (ConflictRow & { readonly remote: string; readonly remote_id: number }) | undefined;
  resolve(id: number, resolution: "local" | "remote" | "merged", value: string | null, at: number): void;
  /** Takes resolved and vanished conflicts of an object away. */
  clear(remote: number, ref: Ref, except: readonly string[]): void;
}

export interface PlanStore {
  begin(remote: number, directions: string, firstContact: boolean, at: number): number;
  addItems(plan: number, from: number, items: readonly string[]): void;
  finish(plan: number, hash: string, totals: unknown): void;
  find(hash: string): PlanRow | undefined;
  latest(remote: number): PlanRow | undefined;
  items(plan: number, after: number, limit: number): readonly PlanItemRow[];
  setOutcome(plan: number, seq: number, outcome: string, detail: string | null): void;
  setState(plan: number, state: "open" | "applied" | "stale"): void;
  /** Keeps the newest ones of each remote. */
  prune(remote: number, keep: number): void;
}

export interface PlanRow {
  readonly id: number;
  readonly remote: number;
  readonly hash: string;
  readonly made_at: number;
  readonly directions: string; // "push", "pull" or "push,pull"
  readonly first_contact: boolean;
  readonly totals: unknown;
  readonly state: "open" | "applied" | "stale";
}

export interface PlanItemRow {
  readonly seq: number;
  readonly item: unknown;
  readonly outcome: string | null;
  readonly detail: string | null;
}

export interface FileStubStore {
  put(remote: number, ref: Ref, files: readonly Omit<SyncFileRow, "kind" | "uid" | "wanted" | "problem">[]): void;
  of(remote: number, ref: Ref): readonly SyncFileRow[];
  find(remote: number, ref: Ref, path: string): SyncFileRow | undefined;
  /** Of one path, or of all. */
  want(remote: number, ref: Ref, wanted: boolean, path?: string | null): void;
  /** Those that could not be fetched are among them: each sync tries them once more. */
  wanted(remote: number, limit: number): readonly SyncFileRow[];
  problem(remote: number, ref: Ref, path: string, problem: string): void;
  drop(remote: number, ref: Ref, path: string): void;
  /** Every stub of these bytes, for any remote: they have come. */
  landed(sha256: string): readonly (SyncFileRow & { readonly remote: number })[];
}

export interface SyncStore {
  readonly remotes: RemoteStore;
  readonly objects: ObjectStore;
  readonly seen: SeenStore;
  readonly candidates: CandidateStore;
  readonly ops: OpStore;
  readonly conflicts: ConflictStore;
  readonly plans: PlanStore;
  readonly files: FileStubStore;
  readonly cursors: {
    get(remote: number, stream: string): CursorRow;
    put(remote: number, stream: string, cursor: CursorRow): void;
  };
  /** Of runs by their experiment, of versions by their model: how many are ahead; undefined: too many to count. */
  readonly aheadInside: (
    remote: number,
    kind: "experiment" | "registered_model",
  ) => ReadonlyMap<string, number> | undefined;
  /** What lies in the trash here and is still on a remote. */
  readonly removals: (remote: number, limit: number) => readonly RemovalRow[];
  readonly consents: {
    give(remote: number, ref: Ref, remoteId: string, actor: string, at: number): void;
    has(remote: number, ref: Ref, remoteId: string): boolean;
    drop(remote: number, ref: Ref): void;
    all(remote: number): readonly (Ref & { readonly remote_id: string })[];
  };
  readonly runs: {
    begin(remote: number, what: string, actor: string, at: number): number;
    end(
      id: number,
      outcome: string,
      problem: string | null,
      counts: Readonly<Record<string, number>>,
      at: number,
    ): void;
    list(
      remote: number | undefined,
      limit: number,
      before?: number,
    ): readonly (SyncRunRow & { readonly remote: string })[];
    /** At a start: what was cut off. */
    recover(at: number): void;
  };
  readonly network: {
    add(call: Omit<NetworkCallRow, "id">): void; // keeps the newest 10,000
    list(limit: number, before?: number, remote?: string): readonly NetworkCallRow[];
  };
  readonly origins: {
    /** Undefined: it was made here. */
    workstationOf(ref: Ref): string | undefined;
    set(ref: Ref, workstation: string): void;
  };
}
