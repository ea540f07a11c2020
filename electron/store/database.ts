/**
 * Opens the one SQLite file. Owns pragmas and the version gate; refuses a library or a file it cannot trust.
 */
import Sqlite from "better-sqlite3";
import { DomainError } from "../../shared/errors.ts";

export type Database = Sqlite.Database;

/** SQLite before this version could corrupt a file in WAL mode. Source: sqlite.org/wal.html#walresetbug */
const OLDEST_SAFE_SQLITE = [3, 51, 3] as const;

/** @throws DomainError `invalid` when the linked SQLite is older than the first without the WAL-reset bug. */
const assertSafeSqlite = (version: string): void => {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of OLDEST_SAFE_SQLITE.entries()) {
    const part = parts[i] ?? 0;
    if (part > wanted) return;
    if (part < wanted)
      throw new DomainError(
        "invalid",
        `SQLite ${version} can corrupt a database in WAL mode; ${OLDEST_SAFE_SQLITE.join(".")} or later is needed. Reinstall Outpost's dependencies with npm ci.`,
      );
  }
};

/** Bytes of the file that a connection maps into its memory, where reading is cheapest; the rest goes through its cache. */
const MAPPED_BYTES = 256 * 1024 * 1024;

/** Pages that a connection keeps, KiB, and while it goes through all of a database: most of those it does not see again. */
const CACHE_KIB = 65_536;
const PASSING_CACHE_KIB = 24_576;

/** Milliseconds after which a statement that calls `deadline()` fails; set per query by `withDeadline`. */
const deadlines = new WeakMap<Database, { at: number }>();

const setMemory = (db: Database, mappedBytes: number, cacheKib: number): void => {
  db.pragma(`mmap_size = ${mappedBytes}`);
  db.pragma(`cache_size = -${cacheKib}`);
};

const configure = (db: Database): Database => {
  assertSafeSqlite(String(db.prepare("SELECT sqlite_version()").pluck().get()));
  db.pragma("foreign_keys = ON");
  db.pragma("temp_store = MEMORY");
  setMemory(db, MAPPED_BYTES, CACHE_KIB);
  const deadline = { at: Infinity };
  deadlines.set(db, deadline);
  // better-sqlite3 has no interrupt: a query that may run long carries this in its WHERE (about 0.1 µs a row).
  db.function("deadline", { deterministic: false }, () => {
    if (Date.now() > deadline.at)
      throw new DomainError("invalid", "The query took too long; narrow the filter or the experiments it covers");
    return 1;
  });
  return db;
};

/** Runs `query` so that statements carrying `deadline()` fail after `timeoutMs`. */
export const withDeadline = <T>(db: Database, timeoutMs: number, query: () => T): T => {
  const deadline = deadlines.get(db);
  if (!deadline) return query();
  deadline.at = Date.now() + timeoutMs;
  try {
    return query();
  } finally {
    deadline.at = Infinity;
  }
};

/** Loads SQLite's addon, which waits for a first database: a thread that is ended while it loads takes the process with it. */
export const loadSqlite = (): void => void new Sqlite(":memory:").close();

/**
 * Takes the file out of a connection's memory and leaves it a small cache; what it gives puts both back. Those who ask at
 * the same time share it.
 */
export type Unmap = () => () => void;

/**
 * For work that goes through all of a database once: whatever it touches would stay in memory until the end, for nothing.
 */
export const createUnmap = (db: Database): Unmap => {
  let asked = 0;
  return () => {
    asked += 1;
    if (asked === 1) setMemory(db, 0, PASSING_CACHE_KIB);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      asked -= 1;
      if (asked === 0 && db.open) setMemory(db, MAPPED_BYTES, CACHE_KIB);
    };
  };
};

/**
 * Opens (and creates) the database for the one writer: WAL, every commit on disk before it is acknowledged.
 * `path` may be `:memory:`. @throws DomainError `invalid` for an unsafe SQLite.
 */
export const openWriter = (path: string): Database => {
  const db = configure(new Sqlite(path, { timeout: 10_000 }));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.pragma("wal_autocheckpoint = 4000");
  if (process.platform === "darwin") {
    // fsync does not reach the platter on macOS without these.
    db.pragma("fullfsync = ON");
    db.pragma("checkpoint_fullfsync = ON");
  }
  return db;
};

/** Opens an existing database for reading only. */
export const openReader = (path: string): Database =>
  configure(new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 10_000 }));

/** Opens it for work that goes through all of it once, as `createUnmap` says. */
export const openPassing = (path: string): Database => {
  const db = openReader(path);
  setMemory(db, 0, PASSING_CACHE_KIB);
  return db;
};
