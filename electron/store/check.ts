/** Is the file sound? Full checks cannot be interrupted, so `host` runs them in a process of their own. */
import { openReader, type Database } from "./database.ts";

export interface CheckResult {
  readonly ok: boolean;
  /** What is wrong, in SQLite's words; at most 20. */
  readonly problems: readonly string[];
}

const MAX_PROBLEMS = 20;

const integrityProblems = (db: Database, pragma: "integrity_check" | "quick_check"): string[] => {
  const rows = db.prepare<[], string>(`PRAGMA ${pragma}(${MAX_PROBLEMS})`).pluck().all();
  return rows.filter((row) => row !== "ok");
};

const foreignKeyProblems = (db: Database): string[] => {
  const rows = db
    .prepare<[], { table: string; rowid: number | null; parent: string }>("PRAGMA foreign_key_check")
    .all();
  return rows
    .slice(0, MAX_PROBLEMS)
    .map((row) => `${row.table} row ${row.rowid ?? "?"} points at nothing in ${row.parent}`);
};

/** A damaged file throws instead of answering: that is an answer too. */
const judge = (look: () => string[]): CheckResult => {
  try {
    const problems = look();
    return { ok: problems.length === 0, problems };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { ok: false, problems: [error.message] };
  }
};

/** True for what SQLite throws over a file whose bytes are not a sound database. */
export const isDamage = (error: unknown): error is Error =>
  error instanceof Error &&
  "code" in error &&
  (String(error.code).startsWith("SQLITE_CORRUPT") || error.code === "SQLITE_NOTADB");

/** Structure only: about a second a gigabyte. */
export const quickCheck = (db: Database): CheckResult => judge(() => integrityProblems(db, "quick_check"));

/** Structure, and indexes against tables. */
export const integrityCheck = (db: Database): CheckResult => judge(() => integrityProblems(db, "integrity_check"));

/** References between rows. */
export const referenceCheck = (db: Database): CheckResult => judge(() => foreignKeyProblems(db));

/** Structure, indexes against tables, and references. */
const fullCheck = (db: Database): CheckResult =>
  judge(() => [...integrityProblems(db, "integrity_check"), ...foreignKeyProblems(db)]);

/** Checks the file at `path` with a read-only connection of its own. */
export const checkFile = (path: string, depth: "quick" | "full"): CheckResult => {
  let db: Database | undefined;
  try {
    const reader = (db = openReader(path));
    return depth === "quick" ? quickCheck(reader) : fullCheck(reader);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { ok: false, problems: [error.message] };
  } finally {
    db?.close();
  }
};

/** Rows of each table, by its name. */
export const countRows = (db: Database): Record<string, number> => {
  const tables = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all();
  return Object.fromEntries(
    tables.map((table) => [table, Number(db.prepare(`SELECT count(*) FROM "${table}"`).pluck().get())]),
  );
};

/** A change that one file holds and an older copy of it does not. */
export interface MissingChange {
  readonly seq: number;
  readonly time: number; // ms since epoch
  readonly action: string;
  readonly subject: string;
}

/**
 * The audited changes that `damaged` still shows after those of `backup`, oldest first. Reads as far as the damage
 * allows; `complete` is false when it stopped before the end.
 */
export const missingChanges = (
  damaged: string,
  backup: string,
): { readonly changes: readonly MissingChange[]; readonly complete: boolean } => {
  const kept = openReader(backup);
  const last = Number(kept.prepare("SELECT coalesce(max(seq), 0) FROM audit").pluck().get());
  kept.close();
  const changes: MissingChange[] = [];
  let db: Database | undefined;
  try {
    db = openReader(damaged);
    const rows = db
      .prepare<[number], MissingChange>("SELECT seq, time, action, subject FROM audit WHERE seq > ? ORDER BY seq")
      .iterate(last);
    for (const row of rows) changes.push(row);
    return { changes, complete: true };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { changes, complete: false };
  } finally {
    db?.close();
  }
};
