import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createChores } from "../../../electron/host/chores.ts";
import { createHealth } from "../../../electron/host/health.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { migrate } from "../../../electron/store/migrate.ts";
import { toStoreError } from "../../../electron/store/writer.ts";
import { damage } from "../../helpers/damage.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const DAY = 86_400_000;

const setup = (options: { checked?: boolean; isFull?: () => boolean } = {}) => {
  const backups = temporaryFolder();
  const db = join(temporaryFolder(), "outpost.db");
  const open = openWriter(db);
  migrate(open);
  open.exec(
    "INSERT INTO keys (name) SELECT value || hex(randomblob(200)) FROM generate_series(1, 200)".replace(
      "generate_series(1, 200)",
      "json_each('[" + "1,".repeat(199) + "2]')",
    ),
  );
  open.close();
  const refused: Error[] = [];
  const clock = { now: Date.parse("2026-03-04T05:06:07Z") };
  const chores = createChores();
  const health = createHealth({
    db,
    backups,
    keep: { last: 2, daily: 0, weekly: 0 },
    daily: false,
    checked: options.checked ?? false,
    refuse: (reason) => refused.push(reason),
    chores,
    log: pino({ level: "silent" }),
    now: () => clock.now,
    ...(options.isFull && { isFull: options.isFull }),
  });
  onTestFinished(() => (health.close(), chores.close()));
  return { health, refused, backups, db, clock };
};

const sqliteError = (code: string): unknown => toStoreError(Object.assign(new Error("disk I/O error"), { code }));

test.each(["SQLITE_IOERR_FSYNC", "SQLITE_IOERR_WRITE", "SQLITE_CORRUPT", "EIO"])("%s ends writing, once", (code) => {
  const { health, refused, db } = setup();
  health.onWriteFailure(sqliteError(code));
  health.onWriteFailure(sqliteError(code));
  expect(readdirSync(join(db, "..")), "the next start looks at every page").toContain("outpost.db.damaged");
  expect(refused).toMatchObject([{ kind: "exhausted", message: expect.stringContaining(code) }]);
  expect(health.state().problem).toContain(code);
});

test.each([
  ["a full disk", sqliteError("SQLITE_FULL")],
  ["a full disk under the WAL's index", sqliteError("SQLITE_IOERR_SHMSIZE")],
  ["a request's own mistake", new Error("no such run")],
])("%s does not", (_name, error) => {
  const { health, refused } = setup();
  health.onWriteFailure(error);
  expect([refused, health.state().problem]).toEqual([[], undefined]);
});

test("a write that failed since a quota is used up does not; a sync that failed does all the same", () => {
  const { health, refused } = setup({ isFull: () => true });
  health.onWriteFailure(sqliteError("SQLITE_IOERR_WRITE"));
  expect(refused).toEqual([]);
  health.onWriteFailure(sqliteError("SQLITE_IOERR_FSYNC"));
  expect(refused).toHaveLength(1);
});

test("the check owed after an unclean end runs beside, and damage ends writing", async () => {
  const sound = setup();
  await sound.health.checkAfterStart("unclean");
  expect([sound.health.state().check, sound.refused]).toEqual(["ok", []]);
  const damaged = setup();
  damage(damaged.db);
  await damaged.health.checkAfterStart("unclean");
  expect(damaged.health.state().check).toBe("failed");
  expect(damaged.refused).toHaveLength(1);
  expect(readdirSync(join(damaged.db, ".."))).toContain("outpost.db.damaged");
});

test("writes one backup a day, and keeps no more than asked", async () => {
  const { health, backups, clock } = setup();
  await health.backUpDaily();
  clock.now += DAY - 1000;
  await health.backUpDaily();
  expect(readdirSync(backups)).toHaveLength(1);
  for (let day = 0; day < 3; day++) {
    clock.now += DAY + 1000;
    await health.backUpDaily();
  }
  expect(readdirSync(backups)).toHaveLength(2);
  expect(health.state().newestBackup).toMatchObject({ reason: "daily", time: clock.now });
});

test("a backup that fails is in the state until one succeeds", async () => {
  const { health, db } = setup();
  writeFileSync(db, "no database ".repeat(1000));
  await expect(health.backup("manual")).rejects.toThrow(/not a database/);
  expect(health.state().backupError).toMatch(/not a database/);
});

test("where no child process can be had, a thread does the same", async () => {
  const { db, backups } = setup();
  const chores = createChores(undefined, true);
  onTestFinished(chores.close);
  expect(await chores.run("check", { db, depth: "full" })).toEqual({ ok: true, problems: [] });
  const order = { db, folder: backups, reason: "manual", now: 0, keep: { last: 1, daily: 0, weekly: 0 } } as const;
  expect((await chores.run("backup", order)).path).toContain(backups);
  await expect(chores.run("backup", { ...order, folder: "/nowhere" })).rejects.toThrow(/ENOENT/);
  await expect(chores.run("check", { db, depth: "full" }, 1)).rejects.toMatchObject({
    kind: "unavailable",
    message: "The check did not end within 1 ms",
  });
});

test("a chore that takes too long is killed", async () => {
  const { db } = setup();
  const chores = createChores();
  onTestFinished(chores.close);
  await expect(chores.run("check", { db, depth: "full" }, 1)).rejects.toMatchObject({
    kind: "unavailable",
    message: "The check did not end within 1 ms",
  });
});
