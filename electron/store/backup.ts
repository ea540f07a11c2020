/**
 * Backups of the database: written beside, opened and verified, on disk, and only then given their name. Blobs are never
 * changed, so the database with its list of digests is all a backup needs. `VACUUM INTO` cannot be interrupted: `host`
 * runs these functions in a process of their own, but for the one before a migration.
 */
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import { countRows, integrityCheck, isDamage } from "./check.ts";
import { openPassing } from "./database.ts";
import { schemaVersion } from "./migrate.ts";

/** Why a backup was made; part of its name. `schema<N>`: before the migration away from schema N. */
export type BackupReason = "daily" | "manual" | `schema${number}`;

export interface Backup {
  readonly name: string;
  readonly path: string;
  readonly time: number; // ms since epoch
  readonly reason: string;
  readonly sizeBytes: number;
}

export interface VerifiedBackup extends Backup {
  readonly schema: number;
  readonly rows: Readonly<Record<string, number>>;
}

const NAME = /^outpost-(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(\d{3})Z-([a-z]+\d*)\.db$/;

const nameOf = (time: number, reason: BackupReason): string =>
  `outpost-${new Date(time).toISOString().replaceAll(/[-:.]/g, "")}-${reason}.db`;

/** The backups in `folder`, newest first. A file under this name was verified when it was written. */
export const listBackups = (folder: string): Backup[] =>
  readdirSync(folder)
    .flatMap((name): Backup[] => {
      const match = NAME.exec(name);
      if (!match) return [];
      const [, year, month, day, hour, minute, second, ms, reason = ""] = match;
      const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
      const path = join(folder, name);
      return [{ name, path, time, reason, sizeBytes: statSync(path).size }];
    })
    .sort((a, b) => b.time - a.time);

/**
 * Writes one backup of the database at `db` into `folder`.
 * @throws DomainError `exhausted` when the disk has no room for it, `corrupt` when what was written is not sound.
 */
export const writeBackup = (
  db: string,
  folder: string,
  options: { reason: BackupReason; now: number },
): VerifiedBackup => {
  refuseWithoutRoom(db, folder);
  const name = nameOf(options.now, options.reason);
  const temporary = join(folder, `${name}.tmp`);
  try {
    const source = openPassing(db);
    try {
      source.prepare("VACUUM INTO ?").run(temporary);
    } finally {
      source.close();
    }
    const { schema, rows } = verify(temporary);
    syncFile(temporary);
    const path = join(folder, name);
    renameSync(temporary, path);
    syncFolder(folder);
    return { name, path, time: options.now, reason: options.reason, sizeBytes: statSync(path).size, schema, rows };
  } catch (error) {
    for (const ending of ["", "-journal", "-wal", "-shm"]) rmSync(temporary + ending, { force: true });
    throw error;
  }
};

/** Opens a backup and checks all of it. @throws DomainError `corrupt` when it is not sound. */
const verify = (path: string): { schema: number; rows: Record<string, number> } => {
  const db = openPassing(path);
  try {
    const check = integrityCheck(db);
    if (!check.ok)
      throw new DomainError(
        "corrupt",
        `The backup ${path} is not sound: ${check.problems[0] ?? "unknown"}. Run outpost check`,
      );
    return { schema: schemaVersion(db), rows: countRows(db) };
  } finally {
    db.close();
  }
};

/** The newest backup that is still sound, checked now; `undefined` when there is none. */
export const newestSoundBackup = (folder: string): VerifiedBackup | undefined => {
  for (const backup of listBackups(folder)) {
    try {
      return { ...backup, ...verify(backup.path) };
    } catch (error) {
      if (!isDamage(error) && !(error instanceof DomainError)) throw error; // a damaged one is none: the next may be sound
    }
  }
  return undefined;
};

const refuseWithoutRoom = (db: string, folder: string): void => {
  const { bavail, bsize } = statfsSync(folder);
  const needed = statSync(db).size;
  if (Number(bavail) * Number(bsize) < needed)
    throw new DomainError(
      "exhausted",
      `There is no room for a backup: ${Math.ceil(needed / 1e6)} MB are needed in ${folder}`,
    );
};

const syncFile = (path: string): void => {
  const fd = openSync(path, "r+");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

/** Makes a rename durable. Windows has no handle of a folder to sync. */
export const syncFolder = (path: string): void => {
  if (process.platform === "win32") return;
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

export interface Keep {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
}

const DAY_MS = 86_400_000;
const dayOf = (time: number): number => Math.floor(time / DAY_MS);
const weekOf = (time: number): number => Math.floor((dayOf(time) + 3) / 7); // weeks begin on Mondays

/** Which of the backups no rule keeps: the last ones, the newest of each day, the newest of each week. */
export const backupsToRemove = (backups: readonly Backup[], keep: Keep): Backup[] => {
  const newestFirst = [...backups].sort((a, b) => b.time - a.time);
  const kept = new Set(newestFirst.slice(0, keep.last));
  for (const [periodOf, count] of [
    [dayOf, keep.daily],
    [weekOf, keep.weekly],
  ] as const) {
    const newestByPeriod = new Map<number, Backup>();
    for (const backup of newestFirst)
      if (!newestByPeriod.has(periodOf(backup.time))) newestByPeriod.set(periodOf(backup.time), backup);
    for (const backup of [...newestByPeriod.values()].slice(0, count)) kept.add(backup);
  }
  return newestFirst.filter((backup) => !kept.has(backup));
};

/** Removes what no rule keeps, and the halves of backups that a crash left behind. Returns the names. */
export const pruneBackups = (folder: string, keep: Keep): string[] => {
  const gone = backupsToRemove(listBackups(folder), keep);
  for (const backup of gone) rmSync(backup.path, { force: true });
  return gone.map((backup) => backup.name);
};

/** Removes halves of backups that a crash left behind. Only while nobody writes one. */
export const sweepBackups = (folder: string): void => {
  for (const name of readdirSync(folder))
    if (/^outpost-.*\.db\.tmp/.test(name)) rmSync(join(folder, name), { force: true });
};
