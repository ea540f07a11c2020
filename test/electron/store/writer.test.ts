import { expect, test } from "vitest";
import { verifyAudit } from "../../../electron/store/audit.ts";
import { createWriter } from "../../../electron/store/writer.ts";
import { DomainError } from "../../../shared/errors.ts";
import { caller, setupStore } from "../../helpers/store.ts";

const change = (subject: string) =>
  ({ action: "experiment.create", kind: "experiment", uid: subject, subject, after: { subject } }) as const;

test("writes that wait together share one commit, and a bad one fails alone", async () => {
  const { db, writer, journal } = setupStore();
  const insert = db.prepare("INSERT INTO meta (key, value) VALUES (?, '')");
  const add = (key: string) =>
    writer.write(caller, () => {
      insert.run(key);
      journal.record(change(key));
      if (key === "bad") throw new DomainError("invalid", "no");
      return db.inTransaction;
    });
  const outcomes = await Promise.allSettled([add("a"), add("bad"), add("c")]);
  expect(outcomes.map((o) => o.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(db.prepare("SELECT key FROM meta ORDER BY key").pluck().all()).toEqual(["a", "c"]);
  expect(db.prepare("SELECT subject FROM audit ORDER BY seq").pluck().all()).toEqual(["a", "c"]);
  expect(db.prepare("SELECT uid, rev FROM changes ORDER BY rev").raw().all()).toEqual([
    ["a", 1],
    ["c", 2],
  ]);
});

test("a key made by a failed job is not remembered", async () => {
  const { db, writer, keys } = setupStore();
  const failing = writer.write(caller, () => {
    keys.idOf("loss");
    throw new DomainError("invalid", "no");
  });
  await expect(failing).rejects.toThrow("no");
  const id = await writer.write(caller, () => keys.idOf("loss"));
  expect(db.prepare("SELECT id FROM keys WHERE name = 'loss'").pluck().get()).toBe(id);
});

test("a promise resolves only after its commit", async () => {
  const { db, writer } = setupStore();
  const value = await writer.write(caller, () => {
    db.prepare("INSERT INTO meta (key, value) VALUES ('k', 'v')").run();
    return "answer";
  });
  expect(value).toBe("answer");
  expect(db.inTransaction).toBe(false);
});

test("a failed commit rejects every job of its turn, and the chain goes on from what is stored", async () => {
  const { db, writer, journal } = setupStore();
  await writer.write(caller, () => journal.record(change("first")));
  const ok = writer.write(caller, () => journal.record(change("second")));
  const breaking = writer.write(caller, () => {
    db.pragma("defer_foreign_keys = ON"); // the violation shows at COMMIT
    db.prepare("INSERT INTO experiment_tags (experiment, key, value) VALUES (999, 'k', 'v')").run();
  });
  await expect(ok).rejects.toThrow("FOREIGN KEY");
  await expect(breaking).rejects.toThrow("FOREIGN KEY");
  await writer.write(caller, () => journal.record(change("third")));
  expect(db.prepare("SELECT subject FROM audit ORDER BY seq").pluck().all()).toEqual(["first", "third"]);
  expect(verifyAudit(db)).toMatchObject({ rows: 2, firstBad: undefined });
});

test("audit rows can be neither changed nor deleted, and a forged one is named", async () => {
  const { db, writer, journal } = setupStore();
  for (const name of ["a", "b", "c"]) await writer.write(caller, () => journal.record(change(name)));
  expect(() => db.prepare("UPDATE audit SET actor = 'x' WHERE seq = 2").run()).toThrow("never changed");
  expect(() => db.prepare("DELETE FROM audit WHERE seq = 2").run()).toThrow("never deleted");
  expect(verifyAudit(db)).toMatchObject({ rows: 3, firstBad: undefined });
  db.exec("DROP TRIGGER audit_is_append_only_update");
  db.prepare("UPDATE audit SET actor = 'x' WHERE seq = 2").run();
  expect(verifyAudit(db)).toMatchObject({ rows: 1, firstBad: 2 });
});

test("refused writes say why, and writes go on when the refusal ends", async () => {
  const { writer } = setupStore();
  writer.refuse(new DomainError("exhausted", "the check failed"));
  await expect(writer.write(caller, () => 1)).rejects.toThrow("the check failed");
  writer.refuse(undefined);
  expect(await writer.write(caller, () => 1)).toBe(1);
});

test("what waits behind a commit that fails is refused too, when whoever is told of the failure ends writing", async () => {
  const parts = setupStore();
  const told: unknown[] = [];
  const writer = createWriter(parts.db, parts.journal, {
    onFailure: (error) => {
      told.push(error);
      writer.refuse(new DomainError("exhausted", "nothing more is stored"));
    },
  });
  const insert = parts.db.prepare("INSERT INTO meta (key, value) VALUES (?, '')");
  const first = writer.write(caller, () => {
    parts.db.pragma("defer_foreign_keys = ON"); // the violation shows at COMMIT
    parts.db.prepare("INSERT INTO experiment_tags (experiment, key, value) VALUES (999, 'k', 'v')").run();
  });
  const others = Array.from({ length: 400 }, (_, i) => writer.write(caller, () => insert.run(`k${String(i)}`)));
  const ends = await Promise.allSettled([first, ...others]);
  expect(ends.filter(({ status }) => status === "fulfilled")).toEqual([]);
  expect(String(Reflect.get(ends.at(-1) ?? {}, "reason"))).toContain("nothing more is stored");
  expect(parts.db.prepare("SELECT count(*) FROM meta WHERE key GLOB 'k*'").pluck().get()).toBe(0);
  expect(told).toMatchObject([{ code: "SQLITE_CONSTRAINT_FOREIGNKEY" }]);
});

test("a statement that the disk fails is told of, a request's own mistake is not", async () => {
  const parts = setupStore();
  const told: unknown[] = [];
  const writer = createWriter(parts.db, parts.journal, { onFailure: (error) => told.push(error) });
  const failure = Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR_READ" });
  const fails = (error: Error) =>
    writer.write(caller, () => {
      throw error;
    });
  await expect(fails(failure)).rejects.toMatchObject({ kind: "exhausted" });
  await expect(fails(new DomainError("invalid", "no"))).rejects.toThrow("no");
  expect(told).toEqual([failure]);
});
