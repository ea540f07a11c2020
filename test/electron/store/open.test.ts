import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listBackups, writeBackup } from "../../../electron/store/backup.ts";
import { openReader, openWriter } from "../../../electron/store/database.ts";
import { createJournal } from "../../../electron/store/journal.ts";
import { migrations } from "../../../electron/store/migrate.ts";
import { closeAsIs, markClean, markDamaged, openStore, type OpenedStore } from "../../../electron/store/open.ts";
import { createWriter } from "../../../electron/store/writer.ts";
import { damage } from "../../helpers/damage.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const T0 = Date.parse("2026-03-04T05:06:07.089Z");
const caller = { actor: "test", surface: "test" };

const setup = () => {
  const folder = temporaryFolder();
  const path = join(folder, "outpost.db");
  const open = (list = migrations): OpenedStore =>
    openStore({ path, backups: folder, now: () => T0, migrations: list });
  return { folder, path, open };
};

/** Adds an experiment with its audit row, as a request does. */
const addExperiment = async ({ db }: OpenedStore, name: string): Promise<void> => {
  const journal = createJournal(db, () => T0);
  await createWriter(db, journal).write(caller, () => {
    db.prepare("INSERT INTO experiments (name, creation_time, last_update_time) VALUES (?, 1, 1)").run(name);
    journal.record({ action: "experiment.create", kind: "experiment", uid: name, subject: name });
  });
};
const experimentsIn = ({ db }: OpenedStore): unknown[] =>
  db.prepare("SELECT name FROM experiments ORDER BY id").pluck().all();

test("tells a new file from one left in order and from one that was not", () => {
  const { open } = setup();
  const first = open();
  expect(first).toMatchObject({ left: "new", checked: true });
  markClean(first.db);
  first.db.close();
  const second = open();
  expect(second).toMatchObject({ left: "clean", checked: true });
  second.db.close(); // as a crash does: without a mark
  expect(open()).toMatchObject({ left: "unclean", checked: false });
});

test("a file that is closed as it is keeps its WAL beside it, for the next start to read", async () => {
  const { open, path } = setup();
  const first = open();
  await addExperiment(first, "in the WAL");
  const before = readFileSync(path);
  closeAsIs(first.db, path);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(existsSync(`${path}-wal`)).toBe(true);
  const second = open();
  expect(second.left).toBe("unclean");
  expect(experimentsIn(second)).toContain("in the WAL");
});

test("a file in use never counts as left in order", () => {
  const { open, path } = setup();
  const first = open();
  markClean(first.db);
  first.db.close();
  open();
  const look = openReader(path);
  expect(look.prepare("SELECT value FROM meta WHERE key = 'clean_exit'").pluck().get()).toBe("0");
});

test("an existing file is backed up before a migration; when that fails the file is what it was", () => {
  const { open, folder } = setup();
  const first = open();
  markClean(first.db);
  first.db.close();
  const broken = [
    ...migrations,
    () => {
      throw new Error("migration failed");
    },
  ];
  expect(() => open(broken)).toThrow("migration failed");
  expect(listBackups(folder).map(({ reason }) => reason)).toEqual([`schema${migrations.length}`]);
  const again = open();
  expect(again.db.pragma("user_version", { simple: true })).toBe(migrations.length);
  again.db.close();
  const grown = openStore({
    path: join(folder, "outpost.db"),
    backups: folder,
    now: () => T0 + 1,
    migrations: [...migrations, (db) => void db.exec("CREATE TABLE later (x)")],
  });
  expect(grown.migratedFrom).toMatchObject({
    schema: migrations.length,
    backup: { schema: migrations.length, reason: `schema${migrations.length}` },
  });
  expect(grown.db.pragma("user_version", { simple: true })).toBe(migrations.length + 1);
});

test("a file from a newer Outpost is refused and left alone", () => {
  const { open, folder } = setup();
  const first = open([...migrations, () => {}]);
  first.db.close();
  expect(() => open()).toThrow(
    `schema version ${migrations.length + 1}; this version of Outpost knows up to ${migrations.length}`,
  );
  expect(readdirSync(folder)).toEqual(["outpost.db"]);
});

test("a damaged file is set aside and the newest sound backup takes its place; what is missing is listed", async () => {
  const { open, path, folder } = setup();
  const first = open();
  await addExperiment(first, "kept");
  writeBackup(path, folder, { reason: "daily", now: T0 });
  await addExperiment(first, "missing");
  first.db.pragma("wal_checkpoint(TRUNCATE)");
  const size = readFileSync(path).length;
  first.db.close();
  damageTable(path, "metrics");
  const bytes = readFileSync(path);
  const second = open();
  expect(second.restored).toMatchObject({
    backup: { reason: "daily" },
    setAside: join(folder, "db.corrupt-20260304T050607089Z"),
    missing: [{ action: "experiment.create", subject: "missing", seq: 2 }],
    missingComplete: true,
  });
  expect(experimentsIn(second)).toEqual(["Default", "kept"]);
  expect(readFileSync(join(folder, "db.corrupt-20260304T050607089Z")).length).toBe(size);
  expect(readFileSync(join(folder, "db.corrupt-20260304T050607089Z")).equals(bytes)).toBe(true);
});

test("where the damage reaches the audit, the list of what is missing says that it is not complete", async () => {
  const { open, path, folder } = setup();
  const first = open();
  writeBackup(path, folder, { reason: "daily", now: T0 });
  for (let i = 0; i < 200; i++) await addExperiment(first, `e${i} ${"x".repeat(300)}`);
  markClean(first.db);
  first.db.close();
  damage(path);
  expect(open().restored).toMatchObject({ missingComplete: false, backup: { reason: "daily" } });
});

test("what is no database at all is set aside too", () => {
  const { open, path, folder } = setup();
  const first = open();
  writeBackup(path, folder, { reason: "daily", now: T0 });
  first.db.close();
  writeFileSync(path, "this is no database, but long enough to have a header of its own: ".repeat(10));
  expect(open().restored).toMatchObject({ problem: expect.stringMatching(/not a database/) });
});

test("rows that point at nothing are named, and are no reason to go back to an older file", () => {
  const { open, path, folder } = setup();
  const first = open();
  writeBackup(path, folder, { reason: "daily", now: T0 });
  first.db.exec("PRAGMA foreign_keys = OFF; INSERT INTO experiment_tags VALUES (4711, 'k', 'v')");
  first.db.close();
  markDamaged(path, ["found under way"]);
  expect(open()).toMatchObject({
    restored: undefined,
    problems: [expect.stringMatching(/experiment_tags .* points at nothing in experiments/)],
  });
  expect(existsSync(`${path}.damaged`)).toBe(true);
});

test("a database of another program is refused", () => {
  const { open, path } = setup();
  const db = openWriter(path);
  db.exec("CREATE TABLE theirs (x); PRAGMA user_version = 1");
  db.close();
  expect(open).toThrow(/was not written by Outpost: move it away/);
});

test("a crash in the middle of a restore is made good by the next start", async () => {
  const { open, path, folder } = setup();
  const first = open();
  await addExperiment(first, "kept");
  markClean(first.db);
  first.db.close();
  writeFileSync(`${path}-wal`, "of the damaged file");
  renameSync(path, `${path}.restored`); // the damaged file is set aside already, the copy not yet in its place
  expect(experimentsIn(open())).toEqual(["Default", "kept"]);
  expect(readdirSync(folder)).not.toContain("outpost.db.restored");
  expect(readFileSync(join(folder, "db.corrupt-20260304T050607089Z-wal"), "utf8")).toBe("of the damaged file");
});

test("without a sound backup a damaged file is refused with the way out, and stays where it is", () => {
  const { open, path, folder } = setup();
  writeFileSync(path, "no database ".repeat(100));
  expect(open).toThrow(/is damaged .* holds no sound backup: copy one there, or move the file away/);
  expect(readdirSync(folder)).toEqual(["outpost.db"]);
});

test("damage that a check under way has found is looked into before the next start serves", () => {
  const { open, path } = setup();
  const first = open();
  markClean(first.db);
  first.db.close();
  markDamaged(path, ["row 7 missing from index"]);
  const second = open();
  expect(second).toMatchObject({ checked: true, restored: undefined });
  expect(existsSync(`${path}.damaged`)).toBe(false);
});

/** Spoils the root page of one table's tree, so that the rest of the file stays readable. */
const damageTable = (path: string, table: string): void => {
  const db = openReader(path);
  const page = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(table));
  const pageSize = Number(db.pragma("page_size", { simple: true }));
  db.close();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, (page - 1) * pageSize, page * pageSize);
  writeFileSync(path, bytes);
};
