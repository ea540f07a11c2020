/**
 * This machine's side of a sync: what the engine reads here and how it writes here. The store's implementation is in
 * `store-local.ts`, the simulator has one in memory; both pass test/electron/sync/local.contract.ts.
 */
import type { Readable } from "node:stream";
import type { FieldChanges, Fields, FileFact, LocalDoc, Point, SyncKind } from "../../shared/sync/doc.ts";

export interface LocalRef {
  readonly kind: SyncKind;
  readonly uid: string;
}

export interface NewLocal {
  readonly kind: SyncKind;
  /** From its marker when it came from an Outpost, else a new one. */
  readonly uid: string;
  readonly origin: string;
  readonly parent: string | null; // uid
  readonly fields: Fields;
}

/** A file of the far side that is listed here and whose bytes may be here or not. */
export interface PulledFile extends FileFact {
  /** Bytes are in the blob store (received before, or known from another object). */
  readonly here: boolean;
  /** Digest of the file that it may take the place of: the one that both sides held before. */
  readonly over?: string | undefined;
}

/** Writes, inside one transaction (`Local.write`). They leave audit rows and marks like any other change. */
export interface LocalWrites {
  /** @throws DomainError `already_exists` when its unique name, or semver, is another object's here. */
  create(input: NewLocal): void;
  /**
   * Sets and unsets fields. `over`: what each of them must still hold here (undefined: unset).
   * @throws DomainError `conflict` when one moved meanwhile: nothing of this call is kept.
   */
  set(ref: LocalRef, changes: FieldChanges, over: Readonly<Record<string, string | undefined>>): void;
  /** Adds points; those that are here are passed over. Returns how many were not. */
  addPoints(ref: LocalRef, points: readonly Point[]): number;
  /** Names files; a path that holds other bytes here, and not those it may replace, is left alone. Returns the paths that were. */
  bindFiles(ref: LocalRef, files: readonly PulledFile[]): readonly string[];
  /** Bytes of a listed file have come: every place that waits for them gets them, also over what both sides held before. */
  landFile(blob: { readonly sha256: string; readonly size: number }): void;
}

export interface Local {
  readonly workstation: string; // 32 hex
  /** Undefined: unknown here, or gone for good. */
  read(ref: LocalRef): LocalDoc | undefined;
  /** An active object by its unique name: experiment, model; version by semver within `parent`. */
  findByName(kind: Exclude<SyncKind, "run">, name: string, parent: string | null): string | undefined;
  /** All distinct points of a run or of a version's own run, by key, step, timestamp, value; pages of at most 1,000. */
  points(ref: LocalRef): Iterable<readonly Point[]>;
  hasBytes(sha256: string): boolean;
  /** @throws DomainError `not_found`, `corrupt`. */
  openFile(file: { readonly sha256: string; readonly size: number }, from?: number): Readable;
  /** Where a download of these bytes waits between attempts; resumable by its length. */
  partial(sha256: string): PartialFile;
  /** Runs `job` in the next commit; the promise resolves after it. */
  write<T>(job: (writes: LocalWrites) => T): Promise<T>;
}

/** Bytes on their way in: appended, synced, then checked and taken over as a blob. */
export interface PartialFile {
  readonly size: () => number;
  /** Appends from `from` on (what lies behind is cut off). @throws DomainError `exhausted` on a full disk. */
  append(from: number, body: Readable, signal?: AbortSignal, onBytes?: (total: number) => void): Promise<void>;
  /** Hashes all of it; becomes a blob when size and digest fit. @throws DomainError `corrupt`: then it is emptied. */
  finish(expected: { readonly sha256: string; readonly size: number }): Promise<void>;
  drop(): Promise<void>;
}
