import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

test("nothing settled is looked at again until it changes", async () => {
  const { settle, candidates, newRun, uidOf, revOf, change } = setupSync();
  const experiment = uidOf("experiments", 0);
  const run = await newRun("a".repeat(32));
  expect(candidates()).toEqual([
    ["experiment", experiment, null],
    ["run", run, null],
  ]);
  await settle("experiment", experiment, 0, "1");
  await settle("run", run, revOf("run", run), "2");
  expect(candidates()).toEqual([]);
  await change("run", run);
  expect(candidates()).toEqual([["run", run, "2"]]);
});

test("a change that came after the object was read stays ahead when that reading is settled", async () => {
  const { settle, candidates, newRun, revOf, change } = setupSync();
  const run = await newRun("a".repeat(32));
  const read = revOf("run", run);
  await change("run", run);
  await settle("run", run, read, "2");
  expect(candidates()).toContainEqual(["run", run, "2"]);
});

test("pages give each candidate once, parents before children", async () => {
  const { sync, remote, newRun } = setupSync();
  for (let i = 0; i < 7; i++) await newRun(String(i).repeat(32));
  const all = [];
  for (let after: string | undefined, more = true; more;) {
    const page = sync.candidates.page(remote, after, 3);
    all.push(...page.items);
    after = page.next;
    more = after !== undefined;
  }
  expect(all).toHaveLength(8);
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(8);
  expect(all[0]?.kind).toBe("experiment");
});

test("the experiment that every store begins with goes nowhere before it holds something, and is not counted", async () => {
  const { sync, remote, db, write, candidates, newRun, uidOf } = setupSync();
  const first = uidOf("experiments", 0);
  const isOne = (): boolean => candidates().some(([, uid]) => uid === first);
  expect([isOne(), sync.candidates.counts(remote).ahead]).toEqual([false, 0]);
  db.exec("SAVEPOINT here; INSERT INTO experiment_tags VALUES (0, 'team', 'x')");
  expect(isOne(), "with a tag").toBe(true);
  db.exec("ROLLBACK TO here; UPDATE experiments SET name = 'ours' WHERE id = 0");
  expect(isOne(), "with another name").toBe(true);
  db.exec("ROLLBACK TO here; RELEASE here");
  const there = { kind: "experiment" as const, id: "7", name: "Default", parent: null, fields: {}, fingerprint: "f" };
  db.exec("SAVEPOINT here");
  sync.seen.put(remote, [{ ...there, points_mark: "", updated_at: 1, web_url: null }], 1);
  expect(isOne(), "with one of its name there").toBe(true);
  db.exec("ROLLBACK TO here; RELEASE here");
  await write(() => undefined);
  expect(isOne()).toBe(false);
  await newRun("a".repeat(32));
  expect([isOne(), sync.candidates.counts(remote).ahead]).toEqual([true, 2]);
});
