import { expect, test } from "vitest";
import { noBase, setupSync } from "../../../helpers/sync.ts";

const seen = (id: string, more: object = {}) => ({
  kind: "run" as const,
  id,
  name: `run ${id}`,
  parent: "e1",
  fields: { status: "FINISHED" },
  fingerprint: "f1",
  points_mark: "p1",
  updated_at: 5,
  web_url: null,
  ...more,
});
const ref = { kind: "run" as const, uid: "a".repeat(32) };

const setup = () => {
  const parts = setupSync();
  const { sync, remote, write } = parts;
  return {
    ...parts,
    put: (objects: readonly ReturnType<typeof seen>[], scan = 1) => write(() => sync.seen.put(remote, objects, scan)),
    fresh: (id: string) => sync.seen.find(remote, "run", id)?.fresh,
    settleSeen: (fingerprint: string, points_mark: string) =>
      write(() =>
        sync.objects.settle(remote, ref, {
          base: { ...noBase, points_mark },
          rev: 0,
          fingerprint,
          note: 0,
          remote_id: "1",
        }),
      ),
  };
};

test("what was seen is kept as it was, and fresh until it is settled like that", async () => {
  const { sync, remote, put, fresh, settleSeen } = setup();
  await put([seen("1")]);
  expect(sync.seen.find(remote, "run", "1")).toEqual({
    ...seen("1"),
    uid: null,
    fresh: true,
    missed: 0,
    missed_at: null,
  });
  await settleSeen("f1", "p1");
  expect(sync.seen.find(remote, "run", "1")).toMatchObject({ uid: ref.uid, fresh: false });
  await put([seen("1")], 2);
  expect(fresh("1")).toBe(false);
  await put([seen("1", { fingerprint: "f2" })], 3);
  expect(fresh("1")).toBe(true);
  await put([seen("1", { points_mark: "p2" })], 4);
  expect(fresh("1")).toBe(true);
  await put([seen("1")], 5);
  expect(fresh("1")).toBe(false);
});

test("settling with another state than the one seen leaves it fresh", async () => {
  const { put, fresh, settleSeen } = setup();
  await put([seen("1", { fingerprint: "f2" })]);
  await settleSeen("f1", "p1");
  expect(fresh("1")).toBe(true);
});

test("what was looked at stays looked at until it changes there", async () => {
  const { sync, remote, write, put, fresh, candidates } = setup();
  await put([seen("1")]);
  expect(candidates()).toContainEqual(["run", null, "1"]);
  await write(() => sync.seen.settle(remote, "run", "1"));
  await put([seen("1")], 2);
  expect(fresh("1")).toBe(false);
  expect(sync.candidates.counts(remote).behind).toBe(0);
  await put([seen("1", { fingerprint: "f2" })], 3);
  expect(fresh("1")).toBe(true);
  expect(sync.candidates.counts(remote).behind).toBe(1);
});

test("an object that changed on both sides is one candidate", async () => {
  const { sync, remote, write, put, newRun, candidates } = setup();
  const uid = await newRun("a".repeat(32));
  await write(() => sync.objects.link(remote, { kind: "run", uid }, "1"));
  await put([seen("1")]);
  expect(candidates().filter(([kind]) => kind === "run")).toEqual([["run", uid, "1"]]);
});

test("absence counts over full scans, and is over when it is seen again", async () => {
  const { sync, remote, write, put } = setup();
  await put([seen("1"), seen("2"), seen("3", { parent: "e2" })], 1);
  await write(() => sync.seen.assign(remote, "run", "2", ref.uid));
  await put([seen("1")], 2);
  expect(await write(() => sync.seen.missed(remote, ["run"], "e1", 2, 1000))).toBe(1);
  expect(sync.seen.gone(remote, 0, 1000)).toEqual([]);
  await put([seen("1")], 3);
  expect(await write(() => sync.seen.missed(remote, ["run"], "e1", 3, 5000))).toBe(0);
  expect(sync.seen.gone(remote, 4001, 9_999_999)).toEqual([]);
  expect(sync.seen.gone(remote, 4000, 5000)).toMatchObject([{ id: "2", uid: ref.uid, missed: 2, missed_at: 1000 }]);
  expect(sync.seen.find(remote, "run", "3")?.missed).toBe(0);
  await put([seen("2")], 4);
  expect(sync.seen.gone(remote, 4000, 5000)).toEqual([]);
});

test("it is found by name, walked by parent, and by what had not ended", async () => {
  const { sync, remote, put } = setup();
  await put([
    seen("1"),
    seen("2", { fields: { status: "RUNNING" } }),
    seen("3", { parent: "e2", fields: { status: "SCHEDULED" } }),
  ]);
  expect(sync.seen.byName(remote, "run", "e1", "run 2")?.id).toBe("2");
  expect(sync.seen.byName(remote, "run", null, "run 2")).toBeUndefined();
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
  expect(ids(sync.seen.page(remote, "run", undefined, undefined, 2))).toEqual(["1", "2"]);
  expect(ids(sync.seen.page(remote, "run", undefined, "2", 2))).toEqual(["3"]);
  expect(ids(sync.seen.page(remote, "run", "e1", undefined, 9))).toEqual(["1", "2"]);
  expect(ids(sync.seen.running(remote, "e1", 9))).toEqual(["2"]);
  expect(sync.seen.count(remote)).toBe(3);
});
