/** The rows that syncing keeps, as plain data. */
import type { Base, Fields, SyncKind } from "../../../shared/sync/doc.ts";
import type { FilePolicy, PeerKind, SyncMode, SyncState } from "../../../shared/sync/state.ts";

export interface RemoteRow {
  readonly id: number;
  readonly name: string;
  readonly kind: PeerKind;
  readonly base_url: string;
  readonly project: string | null;
  readonly token_file: string | null;
  readonly mode: SyncMode;
  readonly file_policy: FilePolicy;
  readonly class_max: string | null;
  readonly required_tags: readonly string[];
  readonly ca_file: string | null;
  readonly proxy: string | null;
  readonly up_limit: number | null; // bytes per second
  readonly down_limit: number | null;
  readonly settle_ms: number | null;
  readonly paused: boolean;
  readonly identity: string | null;
  readonly title: string | null;
  readonly probe: unknown;
  readonly accepted_at: number | null;
  readonly checked_at: number | null;
  /** `new`, `ok`, `offline`, `auth_needed`, `problem` */
  readonly state: string;
  readonly problem: string | null;
  readonly added_at: number;
}

export interface SyncObjectRow {
  readonly kind: SyncKind;
  readonly uid: string;
  readonly remote_id: string | null;
  readonly state: SyncState;
  readonly reason: string | null;
  readonly base: Base | null;
  readonly settled_rev: number;
  readonly fingerprint: string | null;
  readonly note: number;
  readonly attempts: number;
  readonly next_at: number | null;
  readonly pinned: boolean;
}

export interface SeenRow {
  readonly kind: SyncKind;
  readonly id: string;
  readonly uid: string | null;
  readonly name: string;
  readonly parent: string | null;
  readonly fields: Fields;
  readonly fingerprint: string;
  readonly points_mark: string;
  readonly updated_at: number;
  readonly web_url: string | null;
  readonly fresh: boolean;
  readonly missed: number;
  readonly missed_at: number | null;
}

/** One thing to compare: an object here, one there, or both. */
export interface Candidate {
  readonly kind: SyncKind;
  readonly uid: string | null;
  readonly remote_id: string | null;
  /** Of what is here: when it began, ms, and its place among all that were made here. */
  readonly since: number | null;
  readonly made: number | null;
}

/** An object here that is tried again later. */
export interface Resting {
  readonly kind: SyncKind;
  readonly uid: string;
  readonly remote_id: string | null;
  readonly reason: string | null;
  readonly next_at: number;
}

export interface OpRow {
  readonly id: number;
  readonly kind: SyncKind;
  readonly uid: string;
  readonly step: string;
  readonly state: "inflight" | "uncertain";
  readonly detail: unknown;
  readonly sent_at: number;
}

export interface ConflictRow {
  readonly id: number;
  readonly kind: SyncKind;
  readonly uid: string;
  readonly field: string;
  readonly base: string | null;
  readonly local: string | null;
  readonly remote_value: string | null;
  readonly found_at: number;
  readonly resolved_at: number | null;
  readonly resolution: string | null;
  readonly value: string | null;
}

export interface SyncFileRow {
  readonly kind: SyncKind;
  readonly uid: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string | null;
  readonly wanted: boolean;
  readonly problem: string | null;
}

export interface CursorRow {
  readonly token: string | null;
  readonly high_water: number;
  readonly full_at: number | null;
  readonly scan: number;
}

export interface SyncRunRow {
  readonly id: number;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly actor: string;
  readonly what: string;
  readonly outcome: string | null;
  readonly problem: string | null;
  readonly counts: Readonly<Record<string, number>>;
}

export interface NetworkCallRow {
  readonly id: number;
  readonly at: number;
  readonly remote: string | null;
  readonly purpose: string;
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly trouble: string | null;
  readonly sent: number;
  readonly received: number;
  readonly took_ms: number;
}
