import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

const run = (digit: string) => ({ kind: "run" as const, uid: digit.repeat(32) });
const base = { fields: { name: "n" }, files: { a: "f".repeat(64) }, points: 3, points_mark: "m" };

test("an object is bound, settled, and forgotten", async () => {
  const { sync, remote, write } = setupSync();
  await write(() => sync.objects.link(remote, run("a"), "77"));
  expect(sync.objects.find(remote, run("a"))).toMatchObject({
    remote_id: "77",
    state: "local",
    base: null,
    settled_rev: 0,
  });
  await write(() => sync.objects.postpone(remote, run("a"), "busy", 99));
  expect(sync.objects.byRemoteId(remote, "run", "77")).toMatchObject({ uid: run("a").uid, attempts: 1, next_at: 99 });
  const settled = { base, rev: 4, fingerprint: "f", note: 2, remote_id: "77" };
  await write(() => sync.objects.settle(remote, run("a"), settled));
  expect(sync.objects.find(remote, run("a"))).toEqual({
    ...run("a"),
    remote_id: "77",
    state: "done",
    reason: null,
    base,
    settled_rev: 4,
    fingerprint: "f",
    note: 2,
    attempts: 0,
    next_at: null,
    pinned: false,
  });
  await write(() => sync.objects.forget(remote, run("a")));
  expect(sync.objects.find(remote, run("a"))).toBeUndefined();
});

test("one object there is never two here", async () => {
  const { sync, remote, write } = setupSync();
  await write(() => sync.objects.link(remote, run("a"), "77"));
  await expect(write(() => sync.objects.link(remote, run("b"), "77"))).rejects.toMatchObject({ kind: "conflict" });
  const settled = { base, rev: 1, fingerprint: "f", note: 0, remote_id: "77" };
  await expect(write(() => sync.objects.settle(remote, run("b"), settled))).rejects.toMatchObject({ kind: "conflict" });
});

test("a state that settles nothing keeps the object among those to compare", async () => {
  const { sync, remote, write, newRun, candidates, revOf } = setupSync();
  const uid = await newRun("a".repeat(32));
  const ref = { kind: "run" as const, uid };
  const rev = revOf("run", uid);
  await write(() => sync.objects.settle(remote, ref, { base, rev, fingerprint: "f", note: 0, remote_id: "1" }));
  expect(candidates().filter(([kind]) => kind === "run")).toEqual([]);
  await write(() => sync.objects.setState(remote, ref, "blocked", "too long"));
  expect(candidates()).toContainEqual(["run", uid, "1"]);
  expect(sync.objects.find(remote, ref)).toMatchObject({ state: "blocked", reason: "too long", base });
  await write(() => sync.objects.settle(remote, ref, { base, rev, fingerprint: "f", note: 0, remote_id: "1" }));
  expect(sync.objects.find(remote, ref)).toMatchObject({ state: "done", reason: null });
  expect(candidates().filter(([kind]) => kind === "run")).toEqual([]);
});

test("another base leaves a state and a rest as they were", async () => {
  const { sync, remote, write, newRun, candidates, revOf } = setupSync();
  const uid = await newRun("a".repeat(32));
  const ref = { kind: "run" as const, uid };
  const rev = revOf("run", uid);
  await write(() => sync.objects.settle(remote, ref, { base, rev, fingerprint: "f", note: 2, remote_id: "1" }));
  const more = { ...base, files: { ...base.files, b: "b".repeat(64) } };
  await write(() => sync.objects.rebase(remote, ref, more, rev));
  expect(sync.objects.find(remote, ref)).toMatchObject({ state: "done", base: more, fingerprint: "f", note: 2 });
  expect(candidates().filter(([kind]) => kind === "run")).toEqual([]);
  await write(() => sync.objects.postpone(remote, ref, "busy", 99));
  await write(() => sync.objects.rebase(remote, ref, base, rev));
  expect(sync.objects.find(remote, ref)).toMatchObject({ base, reason: "busy", attempts: 1, next_at: 99 });
  expect(candidates()).toContainEqual(["run", uid, "1"]);
});

test("states are counted, walked in order, and told for every remote", async () => {
  const { sync, remote, write } = setupSync();
  const other = await write(() => sync.remotes.add({ name: "archive", kind: "mlflow", base_url: "https://x" }).id);
  const version = { kind: "model_version" as const, uid: "0".repeat(32) };
  await write(() => {
    for (const ref of [version, run("b"), run("a"), run("c")]) sync.objects.setState(remote, ref, "blocked", "no");
    sync.objects.setState(other, run("a"), "excluded", "secret");
    sync.objects.pin(remote, run("a"), true);
  });
  expect(sync.objects.counts(remote)).toEqual({ blocked: 4 });
  const first = sync.objects.byState(remote, "blocked", "", 2).map(({ uid }) => uid);
  expect(first).toEqual([run("a").uid, run("b").uid]);
  const rest = sync.objects.byState(remote, "blocked", `1/${run("b").uid}`, 9).map(({ uid }) => uid);
  expect(rest).toEqual([run("c").uid, version.uid]);
  expect(sync.objects.ofObject(run("a")).map((row) => [row.remote, row.state, row.pinned])).toEqual([
    ["archive", "excluded", false],
    ["hub", "blocked", true],
  ]);
});

test("counts leave out what cannot go", async () => {
  const { sync, remote, write, newRun } = setupSync();
  const [one, other] = [await newRun("a".repeat(32)), await newRun("b".repeat(32))];
  expect(sync.candidates.counts(remote)).toEqual({ ahead: 3, behind: 0 });
  await write(() => {
    sync.objects.setState(remote, { kind: "run", uid: one }, "excluded", "secret");
    sync.objects.setState(remote, { kind: "run", uid: other }, "remote_gone", "gone");
  });
  expect(sync.candidates.counts(remote)).toEqual({ ahead: 1, behind: 0 });
});
