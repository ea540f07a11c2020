/** What a sync says about itself, as plain data: for the page, the commands, the history. */
import type { SyncKind } from "../../shared/sync/doc.ts";
import type { SyncState } from "../../shared/sync/state.ts";
import type { Plan } from "./plan-types.ts";

export type SyncWhat = "push" | "pull" | "push,pull";

/**
 * - `done`: everything asked for is on both sides; `partial`: something is not, `unfinished` names it
 * - `conflict`: all but conflicts is; `waiting`: the plan waits for a person; `changed`: the accepted plan fits no more
 * - `offline`, `auth_needed`: nothing can be done without a network, a token; `cancelled`, `paused`: goes on next time
 * - `failed`: it cannot go on, for another reason that `problem` tells
 */
export const syncOutcomes = [
  "done",
  "partial",
  "conflict",
  "offline",
  "auth_needed",
  "cancelled",
  "paused",
  "waiting",
  "changed",
  "failed",
] as const;
export type SyncOutcome = (typeof syncOutcomes)[number];

/** Objects, but for bytes, calls, writes and points. All are counted anew at the end, none is a sum of intentions. */
export interface SyncCounts {
  readonly pushed: number;
  readonly pulled: number;
  readonly settled: number;
  readonly conflicts: number;
  readonly blocked: number;
  readonly excluded: number;
  readonly gone: number;
  /** More than one object there with the same marker; the oldest is the one that counts. */
  readonly duplicates: number;
  /** Differ from what was settled, here and there, after the last scan. */
  readonly ahead: number;
  readonly behind: number;
  readonly files_up: number;
  readonly files_down: number;
  readonly bytes_up: number;
  readonly bytes_down: number;
  /** Calls of the remote, and those of them that change something there. */
  readonly calls: number;
  readonly writes: number;
  readonly rounds: number;
}

/** Objects and remarks that a report names. */
export const MOST_LISTED = 100;

export interface Unfinished {
  readonly kind: SyncKind;
  readonly uid: string | null;
  readonly remote_id: string | null;
  readonly label: string;
  readonly state: SyncState;
  readonly reason: string;
}

export interface SyncReport {
  readonly remote: string;
  readonly what: SyncWhat;
  readonly outcome: SyncOutcome;
  /** One English sentence with the way out; null when all is well. */
  readonly problem: string | null;
  /** The plan that was applied, or that waits. */
  readonly plan: Plan | null;
  readonly counts: SyncCounts;
  /** The first hundred. */
  readonly unfinished: readonly Unfinished[];
  /** Things worth knowing that are no failure: duplicates found, what went into notes. */
  readonly remarks: readonly string[];
  readonly started_at: number; // ms since epoch
  readonly ended_at: number;
}
