import { readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  backupsToRemove,
  listBackups,
  newestSoundBackup,
  pruneBackups,
  sweepBackups,
  writeBackup,
  type Backup,
} from "../../../electron/store/backup.ts";
import { openReader, openWriter } from "../../../electron/store/database.ts";
import { migrate, migrations } from "../../../electron/store/migrate.ts";
import { damage } from "../../helpers/damage.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const T0 = Date.parse("2026-03-04T05:06:07.089Z");
const DAY = 86_400_000;

const setup = () => {
  const folder = temporaryFolder();
  const path = join(folder, "outpost.db");
  const db = openWriter(path);
  migrate(db);
  const addExperiment = (name: string): void =>
    void db.prepare("INSERT INTO experiments (name, creation_time, last_update_time) VALUES (?, 1, 1)").run(name);
  return { folder, path, db, addExperiment };
};

test("a backup holds what was committed, also what is still in the WAL, and counts its rows", () => {
  const { folder, path, db, addExperiment } = setup();
  addExperiment("one");
  const backup = writeBackup(path, folder, { reason: "manual", now: T0 });
  expect(backup).toMatchObject({
    name: "outpost-20260304T050607089Z-manual.db",
    schema: migrations.length,
    reason: "manual",
    time: T0,
  });
  expect(backup.rows["experiments"]).toBe(2);
  addExperiment("two");
  const copy = openReader(backup.path);
  expect(copy.prepare("SELECT name FROM experiments ORDER BY id").pluck().all()).toEqual(["Default", "one"]);
  copy.close();
  db.close();
  expect(readdirSync(folder).sort()).toEqual([backup.name, "outpost.db"]);
});

test("a damaged database gives no backup, and leaves no half of one", () => {
  const { folder, path, db, addExperiment } = setup();
  for (let i = 0; i < 500; i++) addExperiment(`e${i} ${"x".repeat(200)}`);
  db.close();
  damage(path);
  expect(() => writeBackup(path, folder, { reason: "manual", now: T0 })).toThrow(/malformed|not sound/);
  expect(readdirSync(folder).filter((name) => name.startsWith("outpost-"))).toEqual([]);
});

test("a copy that SQLite could make but that is not sound is no backup", () => {
  const { folder, path, db } = setup();
  db.unsafeMode();
  db.exec(`PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'trashed_at INTEGER', 'trashed_at INTEGER NOT NULL') WHERE name = 'experiments'`);
  db.close();
  expect(() => writeBackup(path, folder, { reason: "manual", now: T0 })).toThrow(
    /is not sound: NULL value in experiments.trashed_at/,
  );
  expect(listBackups(folder)).toEqual([]);
});

test("rows that point at nothing do not stand in the way of a backup", () => {
  const { folder, path, db } = setup();
  db.exec("PRAGMA foreign_keys = OFF; INSERT INTO experiment_tags VALUES (4711, 'k', 'v')");
  db.close();
  expect(writeBackup(path, folder, { reason: "manual", now: T0 }).rows["experiment_tags"]).toBe(1);
});

test("the newest backup that is still sound is found behind damaged ones", () => {
  const { folder, path } = setup();
  writeBackup(path, folder, { reason: "daily", now: T0 });
  const newer = writeBackup(path, folder, { reason: "manual", now: T0 + 1 });
  const newest = writeBackup(path, folder, { reason: "manual", now: T0 + 2 });
  writeFileSync(newest.path, "no database at all");
  truncateSync(newer.path, statSync(newer.path).size - 8192);
  expect(newestSoundBackup(folder)?.reason).toBe("daily");
});

test("without any backup there is none", () => {
  expect(newestSoundBackup(temporaryFolder())).toBeUndefined();
});

const at = (time: number): Backup => ({ name: String(time), path: "", time, reason: "daily", sizeBytes: 0 });

test("keeps the last ones, the newest of each day and of each week", () => {
  const hourly = Array.from({ length: 24 * 40 }, (_, hour) => at(T0 - hour * 3_600_000)); // forty days
  const removed = new Set(backupsToRemove(hourly, { last: 3, daily: 7, weekly: 4 }));
  const kept = hourly.filter((backup) => !removed.has(backup));
  expect(kept.slice(0, 3)).toEqual(hourly.slice(0, 3));
  const days = new Set(kept.map((backup) => Math.floor(backup.time / DAY)));
  for (let day = 0; day < 7; day++) expect(days).toContain(Math.floor(T0 / DAY) - day);
  expect(kept.length).toBe(3 + 6 + 2); // the newest counts for its day and week too, Sunday's for the week before
  expect(Math.max(...kept.map((backup) => T0 - backup.time))).toBeGreaterThan(14 * DAY);
});

test("pruning removes files of backups and nothing else", () => {
  const { folder, path, db } = setup();
  for (let i = 0; i < 3; i++) writeBackup(path, folder, { reason: "manual", now: T0 + i });
  db.close();
  writeFileSync(join(folder, "mine.db"), "");
  expect(pruneBackups(folder, { last: 1, daily: 0, weekly: 0 })).toHaveLength(2);
  expect(listBackups(folder).map(({ time }) => time)).toEqual([T0 + 2]);
  expect(readdirSync(folder)).toContain("mine.db");
});

test("the half of a backup that a crash left is no backup and is swept", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "outpost-20260304T050607089Z-daily.db.tmp"), "half");
  expect(listBackups(folder)).toEqual([]);
  sweepBackups(folder);
  expect(readdirSync(folder)).toEqual([]);
});
