/**
 * Group commit. All writes that wait while one commit runs share the next one; each is a savepoint of that transaction,
 * so that one bad request fails alone; a promise resolves only after COMMIT has put its rows on disk.
 */
import { DomainError } from "../../shared/errors.ts";
import type { Database } from "./database.ts";
import type { Caller, Journal, Kind } from "./journal.ts";

interface Job {
  readonly caller: Caller;
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export type Writer = ReturnType<typeof createWriter>;

/** Jobs of one commit. More would make the first of them wait for the last. */
const MAX_JOBS_PER_COMMIT = 256;

const isSqliteError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("SQLITE_");

/** Turns what SQLite says of a full disk, an I/O error or a damaged file into the domain's words. */
export const toStoreError = (error: unknown): unknown => {
  if (!isSqliteError(error)) return error;
  if (error.code === "SQLITE_FULL")
    return new DomainError("exhausted", "The disk of the data folder is full: free some space, nothing was stored", {
      cause: error,
    });
  if (error.code.startsWith("SQLITE_IOERR"))
    return new DomainError(
      "exhausted",
      "The disk of the data folder could not be written: check its space and health, nothing was stored",
      {
        cause: error,
      },
    );
  if (error.code.startsWith("SQLITE_CORRUPT") || error.code === "SQLITE_NOTADB")
    return new DomainError("corrupt", "The database file is damaged: run `outpost check`", { cause: error });
  if (error.code.startsWith("SQLITE_READONLY"))
    return new DomainError("exhausted", "The database cannot be written: check the permissions of the data folder", {
      cause: error,
    });
  return error;
};

export interface WriterEvents {
  /** After a commit: what it changed. */
  readonly onCommit?: (marks: readonly (readonly [Kind, string])[]) => void;
  /** After rows were undone: whatever was cached of them is no longer true. */
  readonly onUndo?: () => void;
  /** What SQLite says of a write that failed, before anybody is told: who hears it may refuse all that still waits. */
  readonly onFailure?: (error: unknown) => void;
}

export const createWriter = (db: Database, journal: Journal, { onCommit, onUndo, onFailure }: WriterEvents = {}) => {
  const begin = db.prepare("BEGIN IMMEDIATE");
  const commit = db.prepare("COMMIT");
  const rollback = db.prepare("ROLLBACK");
  const savepoint = db.prepare("SAVEPOINT job");
  const release = db.prepare("RELEASE job");
  const undo = db.prepare("ROLLBACK TO job");
  const queue: Job[] = [];
  let scheduled = false;
  let refusal: Error | undefined;

  const runJob = (job: Job): (() => void) => {
    savepoint.run();
    journal.begin(job.caller);
    try {
      const value = job.run();
      journal.keep(job.caller);
      release.run();
      return () => job.resolve(value);
    } catch (error) {
      journal.discard();
      onUndo?.();
      if (!db.inTransaction) throw error; // SQLite itself rolled the whole turn back (disk full, I/O error)
      undo.run();
      release.run();
      if (isSqliteError(error)) onFailure?.(error);
      return () => job.reject(toStoreError(error));
    }
  };

  const flush = (): void => {
    const jobs = queue.length > MAX_JOBS_PER_COMMIT ? queue.splice(0, MAX_JOBS_PER_COMMIT) : queue.splice(0);
    scheduled = false;
    if (queue.length > 0) schedule();
    if (refusal) {
      for (const job of jobs) job.reject(refusal); // they came before it was known that nothing can be kept
      return;
    }
    try {
      begin.run();
      const answers = jobs.map(runJob);
      const marks = journal.flush();
      commit.run();
      journal.endTurn(true);
      for (const answer of answers) answer();
      if (marks.length > 0) onCommit?.(marks);
    } catch (error) {
      if (db.inTransaction) rollback.run();
      journal.discard();
      journal.endTurn(false);
      onUndo?.();
      onFailure?.(error);
      const reason = toStoreError(error);
      for (const job of jobs) job.reject(reason);
    }
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };

  /**
   * Runs `job` in the next commit. `job` is synchronous; what it throws undoes it alone.
   * @throws what the job threw; DomainError `exhausted` on a full disk, `corrupt` on a damaged file.
   */
  const write = <T>(caller: Caller, job: () => T): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (refusal) return reject(refusal);
      queue.push({ caller, run: job, resolve: (value) => resolve(value as T), reject });
      schedule();
    });

  /** From now on refuses every write with `reason`: a failed check, a stop. Reads go on. */
  const refuse = (reason: Error | undefined): void => {
    refusal = reason;
  };

  /** Commits what waits, at once. For a stop and for the CLI. */
  const drain = (): void => {
    while (queue.length > 0) flush();
  };

  return { write, refuse, drain, waiting: () => queue.length };
};
