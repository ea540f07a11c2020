/** What the engine is given and what it can be asked for. */
import type { Remote } from "../remote/remote.ts";
import type { SyncStore } from "../store/sync/sync-store.ts";
import type { Clock, Condition, Progress } from "./context.ts";
import type { Local } from "./local.ts";
import type { SyncReport, SyncWhat } from "./report.ts";

export interface EngineDeps {
  readonly remoteId: number; // its row is read anew with every sync
  readonly remote: Remote;
  readonly local: Local;
  readonly state: SyncStore;
  readonly clock: Clock;
  readonly random: () => number; // [0, 1)
  /** Scales every wait: 1, and less in tests. */
  readonly pace: number;
  /** Beside those of `rules.ts`, which always hold. Read anew with every sync. */
  readonly conditions: () => readonly Condition[];
  /** Bytes of a part of a file that travels in parts; smaller in tests. */
  readonly partBytes?: number;
  /** A test ends the process there. */
  readonly at?: (step: string) => Promise<void> | void;
  /** And there: after each commit of the engine. */
  readonly atCommit?: (step: string) => Promise<void> | void;
}

/**
 * - `plan`: compares and stops; nothing is written, there or here
 * - `accepted`: applies what it finds, unless a first contact still waits for a person
 * - a hash: applies that very plan, which also accepts a first contact; refuses when the plan is another one by now
 */
export type SyncApply = "plan" | "accepted" | { readonly hash: string };

export interface SyncRequest {
  readonly what: SyncWhat;
  readonly apply: SyncApply;
  readonly actor: string; // for the history
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Reads everything there instead of what is new. */
  readonly full?: boolean;
}

/** One remote's engine. */
export interface Engine {
  /** One at a time: a second call while one runs gets the running one's report. Never throws for what a remote does. */
  sync(request: SyncRequest): Promise<SyncReport>;
  running(): boolean;
  /** Rests within a second, at the next piece of work; what is on its way is ended first. */
  pause(): void;
  resume(): void;
  paused(): boolean;
}
