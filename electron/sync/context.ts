/** What every part of the engine is given: both sides, the memory, the clock. No part reaches for a global. */
import type { LocalDoc } from "../../shared/sync/doc.ts";
import type { Remote, RemoteObject } from "../remote/remote.ts";
import type { RemoteRow } from "../store/sync/rows.ts";
import type { SyncStore } from "../store/sync/sync-store.ts";
import type { Local } from "./local.ts";

export interface Clock {
  now(): number; // ms since epoch; shown, never compared between machines
  monotonic(): number; // ms
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * A rule that may keep an object here: the remote's ceiling, required tags, approvals. Undefined: it may leave.
 * Governance adds its own.
 */
export type Condition = (
  doc: LocalDoc,
  ancestors: readonly LocalDoc[], // its parent and what is above, nearest first
  row: RemoteRow,
) => string | undefined;

export interface SyncContext {
  readonly row: RemoteRow;
  readonly remote: Remote;
  readonly local: Local;
  readonly state: SyncStore;
  readonly clock: Clock;
  readonly random: () => number; // [0, 1)
  /** Scales every wait: 1, and less in tests. */
  readonly pace: number;
  readonly signal: AbortSignal;
  /** When what is under way was sent, or first met by this process, by object: monotonic, since a wall clock may be set. */
  readonly underWay: Map<string, number>;
  readonly conditions: readonly Condition[];
  /** Called at every named step of an effect (`create/sent`, `write/param/answered`, …); a test ends the process there. */
  readonly at: (step: string) => Promise<void> | void;
  /** Between two pieces of work: rests while paused, throws when cancelled. */
  readonly turn: () => Promise<void>;
  readonly progress: (progress: Progress) => void;
}

export interface Progress {
  readonly phase: "probe" | "scan" | "plan" | "push" | "pull" | "files";
  readonly done: number;
  readonly total: number | undefined;
  /** What it is at: a name. */
  readonly subject?: string;
  readonly bytes?: number;
}

/** One object there with what our notes add: what it really says. */
export interface RemoteDoc {
  readonly object: RemoteObject;
  readonly marker: string | undefined;
  /** Fields as they are meant: native ones with the notes laid over, without ours. */
  readonly fields: RemoteObject["fields"];
  /** Native fields without ours. */
  readonly native: RemoteObject["fields"];
  /** Number of the newest note, 0 without one. */
  readonly note: number;
}
