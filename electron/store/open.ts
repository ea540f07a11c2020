/**
 * Opens the database of a data folder for the host: looks at it first, backs it up before a migration, and puts a sound
 * backup in the place of a damaged file, which is set aside and never deleted.
 */
import {
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  closeSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import { newestSoundBackup, syncFolder, writeBackup, type VerifiedBackup } from "./backup.ts";
import {
  integrityCheck,
  isDamage,
  missingChanges,
  quickCheck,
  referenceCheck,
  type CheckResult,
  type MissingChange,
} from "./check.ts";
import { openReader, openWriter, type Database } from "./database.ts";
import { createMetaStore } from "./meta.ts";
import { migrate, migrations as ownMigrations, schemaVersion, type Migration } from "./migrate.ts";

/** What was done to have a sound file again. */
export interface Restored {
  readonly problem: string;
  readonly setAside: string;
  readonly backup: VerifiedBackup;
  readonly missing: readonly MissingChange[];
  readonly missingComplete: boolean;
}

export interface OpenedStore {
  readonly db: Database;
  /** How the last process left the file; `new` when there was none. */
  readonly left: "new" | "clean" | "unclean";
  readonly checked: boolean; // the structure was checked here; if not, that is still to do
  /** Found by the check here; none of them stops reading. */
  readonly problems: readonly string[];
  readonly migratedFrom: { readonly schema: number; readonly backup: VerifiedBackup } | undefined;
  readonly restored: Restored | undefined;
}

export interface OpenOptions {
  readonly path: string;
  readonly backups: string;
  readonly now: () => number;
  /** Another list than the app's own: a test's. */
  readonly migrations?: readonly Migration[];
}

/** Files up to this size are checked before the first answer: some 30 ms. Larger ones right after it. */
const INLINE_CHECK_BYTES = 16 * 1024 * 1024;

/** Beside the database when a check that ran under way found damage: the next start must look before it serves. */
const suspicionPath = (path: string): string => `${path}.damaged`;

/** A backup on its way to the place of a damaged file. */
const restoredPath = (path: string): string => `${path}.restored`;

/** Remembers across a restart that the file is damaged. */
export const markDamaged = (path: string, problems: readonly string[]): void =>
  writeFileSync(suspicionPath(path), `${problems.join("\n")}\n`, { mode: 0o600 });

/**
 * Opens, checks and migrates.
 * @throws DomainError `corrupt` when the file is damaged and there is no sound backup; `invalid` for one from a newer Outpost.
 */
export const openStore = (options: OpenOptions): OpenedStore => {
  const { path } = options;
  finishRestore(options);
  if (!existsSync(path)) return { ...openNew(options), migratedFrom: undefined, restored: undefined };
  const first = tryOpen(options);
  if ("db" in first) {
    const migratedFrom = bringUpToDate(first.db, options);
    return { ...begin(first), migratedFrom, restored: undefined };
  }
  const restored = restore(first.problem, options);
  const second = tryOpen(options);
  if (!("db" in second))
    throw new DomainError(
      "corrupt",
      `${path} is damaged even after restoring ${restored.backup.path}: ${second.problem}`,
    );
  const migratedFrom = bringUpToDate(second.db, options);
  return { ...begin(second), migratedFrom, restored };
};

interface Sound {
  readonly db: Database;
  readonly left: "new" | "clean" | "unclean";
  readonly checked: boolean;
  readonly problems: readonly string[];
}

const openNew = ({ path, migrations = ownMigrations }: OpenOptions): Sound => {
  const db = openWriter(path);
  migrate(db, migrations);
  return begin({ db, left: "new", checked: true, problems: [] });
};

/** From here until `markClean` the file counts as in use. */
const begin = (sound: Sound): Sound => {
  createMetaStore(sound.db).set("clean_exit", "0");
  return sound;
};

/** Says that the file was left in order. The last write before it is closed. */
export const markClean = (db: Database): void => {
  createMetaStore(db).set("clean_exit", "1");
  db.pragma("busy_timeout = 200"); // a reader in the middle of a query must not hold up a stop
  db.pragma("wal_checkpoint(TRUNCATE)");
};

/**
 * Closes and leaves all as it lies on disk: after a write that the disk failed, only the next start, which reads the WAL
 * anew by its checksums, may copy it into the file. The last to close copies, but one that only reads cannot.
 */
export const closeAsIs = (db: Database, path: string): void => {
  const last = openReader(path);
  try {
    schemaVersion(last); // from its first read on it holds the file
    db.close();
  } finally {
    last.close();
  }
};

const refuseForeign = (db: Database, { path, migrations = ownMigrations }: OpenOptions): void => {
  if (schemaVersion(db) > migrations.length) migrate(db, migrations); // says what it refuses
  const isOurs =
    schemaVersion(db) === 0 || db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
  if (!isOurs)
    throw new DomainError(
      "invalid",
      `${path} was not written by Outpost: move it away, or choose another folder with --data-dir`,
    );
};

const tryOpen = (options: OpenOptions): Sound | { readonly problem: string } => {
  const { path } = options;
  let db: Database | undefined;
  try {
    db = openWriter(path);
    refuseForeign(db, options);
    const clean = schemaVersion(db) > 0 && createMetaStore(db).get("clean_exit") === "1";
    const suspected = existsSync(suspicionPath(path));
    const small = statSync(path).size <= INLINE_CHECK_BYTES;
    const check: CheckResult = suspected ? integrityCheck(db) : small ? quickCheck(db) : { ok: true, problems: [] };
    if (check.ok) {
      // Rows that point at nothing are no reason to go back to an older file; what to do about them a person decides.
      const { problems } = suspected ? referenceCheck(db) : check;
      if (problems.length === 0) rmSync(suspicionPath(path), { force: true });
      return { db, left: clean ? "clean" : "unclean", checked: suspected || (clean && small), problems };
    }
    db.close();
    return { problem: check.problems[0] ?? "the check failed" };
  } catch (error) {
    db?.close();
    if (!isDamage(error)) throw error;
    return { problem: error.message };
  }
};

const bringUpToDate = (
  db: Database,
  { path, backups, now, migrations = ownMigrations }: OpenOptions,
): OpenedStore["migratedFrom"] => {
  const schema = schemaVersion(db);
  try {
    if (schema === 0 || schema >= migrations.length) {
      migrate(db, migrations);
      return undefined;
    }
    const backup = writeBackup(path, backups, { reason: `schema${schema}`, now: now() });
    migrate(db, migrations);
    return { schema, backup };
  } catch (error) {
    db.close();
    throw error;
  }
};

/** The file goes first: while it is there, a crash is met by the same damage and the same way out at the next start. */
const setAsideAll = (path: string, setAside: string): void => {
  for (const ending of ["", "-wal", "-shm"])
    if (existsSync(path + ending)) renameSync(path + ending, setAside + ending);
};

const asideName = ({ path, now }: OpenOptions): string =>
  join(path, "..", `db.corrupt-${new Date(now()).toISOString().replaceAll(/[-:.]/g, "")}`);

/** A crash in the middle of a restore leaves the sound copy beside, and perhaps a WAL that is not its own. */
const finishRestore = (options: OpenOptions): void => {
  const { path } = options;
  if (existsSync(path) || !existsSync(restoredPath(path))) return;
  setAsideAll(path, asideName(options));
  renameSync(restoredPath(path), path);
};

/** Sets the damaged file aside, with what belongs to it, and puts the newest sound backup in its place. */
const restore = (problem: string, options: OpenOptions): Restored => {
  const { path, backups } = options;
  const backup = newestSoundBackup(backups);
  if (!backup)
    throw new DomainError(
      "corrupt",
      `${path} is damaged (${problem}) and ${backups} holds no sound backup: copy one there, or move the file away to begin with an empty store`,
    );
  const temporary = restoredPath(path);
  copyFileSync(backup.path, temporary);
  const fd = openSync(temporary, "r+");
  fsyncSync(fd);
  closeSync(fd);
  const setAside = asideName(options);
  setAsideAll(path, setAside);
  renameSync(temporary, path);
  rmSync(suspicionPath(path), { force: true });
  syncFolder(join(path, ".."));
  const { changes, complete } = missingChanges(setAside, backup.path);
  return { problem, setAside, backup, missing: changes, missingComplete: complete };
};
