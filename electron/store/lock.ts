/**
 * Ownership of a data folder: an exclusive SQLite lock on a tiny file, which the OS frees when its process ends, however
 * it ends. There are no stale locks.
 */
import Sqlite from "better-sqlite3";
import { DomainError } from "../../shared/errors.ts";

export interface FolderLock {
  release(): void;
}

/**
 * Takes the lock, or says that another process has it by returning `undefined`. Never open the file in any other way: on
 * POSIX, closing any descriptor of a file drops all locks that the process holds on it.
 * @throws DomainError `denied` when the file cannot be locked at all.
 */
export const takeLock = (path: string): FolderLock | undefined => {
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(path, { timeout: 0 });
    db.pragma("journal_mode = MEMORY"); // nothing is ever written: no journal beside it
    db.exec("BEGIN EXCLUSIVE");
    const held = db;
    return { release: () => held.close() };
  } catch (error) {
    db?.close();
    if (error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY")) return undefined;
    throw new DomainError("denied", `${path} cannot be locked: check that the data folder can be written`, {
      cause: error,
    });
  }
};
