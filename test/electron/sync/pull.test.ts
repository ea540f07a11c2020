import { expect, test, vi } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { MARKER } from "../../../electron/remote/remote.ts";
import { applyPull } from "../../../electron/sync/pull.ts";
import { scan } from "../../../electron/sync/scan.ts";
import { setupWorkstation, type Workstation } from "../../helpers/workstation.ts";

const fill = async (one: Workstation) => {
  const experiment = await one.make("experiment", { name: "training", "tag/team": "vision" });
  const run = await one.make(
    "run",
    {
      name: "first",
      status: "FINISHED",
      start_time: "1700000000000",
      user_id: "ann",
      "param/lr": "0.1",
      "tag/note": "good",
    },
    experiment,
  );
  await one.addPoints(run, [
    { key: "loss", step: 1, timestamp: 1_700_000_000_001, value: 0.5 },
    { key: "loss", step: 2, timestamp: 1_700_000_000_002, value: NaN },
  ]);
  await one.addFile(run, "model/weights.bin", "w".repeat(50));
  const model = await one.make("registered_model", { name: "classifier", description: "Cats" });
  const version = await one.make("model_version", { semver: "1.0.0", description: "First", user_id: "ann" }, model);
  return { experiment, run, model, version };
};

const plain = (one: Workstation, uid: string) => {
  const doc = one.doc(uid);
  return doc && { fields: doc.fields, points: doc.points, origin: doc.origin };
};

test.each([
  ["poor", poorMemory],
  ["rich", richMemory],
])("what one workstation pushed to a %s far side another one pulls as it was", async (_, options) => {
  const world = createMemoryWorld(options);
  const [one, other] = [setupWorkstation({ world, name: "1" }), setupWorkstation({ world, name: "2" })];
  const made = await fill(one);
  await one.sync();
  const { plan } = await other.sync();
  expect(plan.first_contact).toBe(true);
  for (const uid of Object.values(made)) expect(plain(other, uid)).toEqual(plain(one, uid));
  expect(other.state.files.of(other.row.id, { kind: "run", uid: made.run })).toMatchObject([
    { path: "model/weights.bin", size: 50, wanted: false },
  ]);
  for (const side of [one, other, one, other]) await side.sync();
  world.resetCounts();
  const before = [one.counts(), other.counts()];
  expect((await one.sync()).items).toEqual([]);
  expect((await other.sync()).items).toEqual([]);
  expect(world.counts().writes).toBe(0);
  expect([one.counts(), other.counts()]).toEqual(before);
});

test("a field that changed on both sides is shown with all three texts, and neither is touched", async () => {
  const world = createMemoryWorld(richMemory);
  const [one, other] = [setupWorkstation({ world, name: "1" }), setupWorkstation({ world, name: "2" })];
  const { model } = await fill(one);
  await one.sync();
  await other.sync();
  await one.edit(model, { description: "Cats and dogs" });
  await other.edit(model, { description: "Cats, mostly", "tag/mine": "1" });
  await one.sync();
  await other.sync();
  expect(other.state.conflicts.open(other.row.id)).toMatchObject([
    { field: "description", base: "Cats", local: "Cats, mostly", remote_value: "Cats and dogs" },
  ]);
  expect(other.doc(model)?.fields["description"]).toBe("Cats, mostly");
  expect(other.state.objects.find(other.row.id, { kind: "registered_model", uid: model })?.state).toBe("conflict");
  await one.sync();
  expect(one.doc(model)?.fields).toMatchObject({ description: "Cats and dogs", "tag/mine": "1" });
  const [conflict] = other.state.conflicts.open(other.row.id);
  await other.local.write(() => other.state.conflicts.resolve(conflict?.id ?? 0, "merged", "Cats, some dogs", 1));
  await other.sync();
  await other.sync();
  await one.sync();
  expect(one.doc(model)?.fields["description"]).toBe("Cats, some dogs");
  expect(other.doc(model)?.fields["description"]).toBe("Cats, some dogs");
  expect(other.state.objects.find(other.row.id, { kind: "registered_model", uid: model })?.state).toBe("done");
});

test("what was changed here stays ahead when something else of it is pulled", async () => {
  const world = createMemoryWorld(richMemory);
  const one = setupWorkstation({ world });
  const { model } = await fill(one);
  await one.sync();
  const ref = { kind: "registered_model" as const, uid: model };
  const id = one.state.objects.find(one.row.id, ref)?.remote_id ?? "";
  world.edit({ kind: "registered_model", id }, { "tag/theirs": "1" });
  await one.edit(model, { description: "ours" });
  await one.sync("pull");
  expect(one.doc(model)?.fields).toMatchObject({ description: "ours", "tag/theirs": "1" });
  const row = one.state.objects.find(one.row.id, ref);
  expect(row).toMatchObject({ state: "queued", base: { fields: { description: "Cats", "tag/theirs": "1" } } });
  expect(row?.settled_rev).toBeLessThan(one.local.read(ref)?.rev ?? 0);
  expect(world.get({ kind: "registered_model", id })?.fields.get("description")).toBe("Cats");
  await one.sync();
  expect(world.get({ kind: "registered_model", id })?.fields.get("description")).toBe("ours");
});

test("a conflict that nobody decided writes nothing the next time", async () => {
  const world = createMemoryWorld(richMemory);
  const one = setupWorkstation({ world });
  const { model } = await fill(one);
  await one.sync();
  const id = one.state.objects.find(one.row.id, { kind: "registered_model", uid: model })?.remote_id ?? "";
  world.edit({ kind: "registered_model", id }, { description: "theirs" });
  await one.edit(model, { description: "ours" });
  await one.sync();
  await one.sync();
  const before = one.counts();
  const { items } = await one.sync();
  expect(items.map(({ action }) => action)).toEqual(["conflict"]);
  expect(one.counts()).toBe(before);
});

test("a stranger's objects get an identity here, and are the same ones the next time", async () => {
  const world = createMemoryWorld(richMemory);
  const experiment = world.add({ kind: "experiment", name: "theirs", parent: null, fields: { name: "theirs" } });
  world.add({
    kind: "run",
    name: "r",
    parent: experiment.id,
    fields: { name: "r", status: "FINISHED", start_time: "5" },
  });
  const one = setupWorkstation({ world });
  await one.sync();
  const uids = one.all().map(({ uid }) => uid);
  expect(one.all().map(({ kind, label }) => [kind, label])).toEqual([
    ["experiment", "theirs"],
    ["run", "r"],
  ]);
  await one.sync("push,pull", true);
  expect(one.all().map(({ uid }) => uid)).toEqual(uids);
});

test("a stop before it was noted that an object was taken in does not take it in twice", async () => {
  const world = createMemoryWorld(richMemory);
  const experiment = world.add({ kind: "experiment", name: "theirs", parent: null, fields: { name: "theirs" } });
  world.add({ kind: "run", name: "r", parent: experiment.id, fields: { name: "r", status: "FINISHED" } });
  const one = setupWorkstation({ world });
  await scan(one.context());
  const { id } = await one.pull();
  expect(one.all()).toHaveLength(2);
  one.store.db.exec("UPDATE sync_plan_items SET outcome = NULL");
  expect(await applyPull(one.context(), id ?? -1)).toMatchObject({ pulled: 0, left: 2, problems: [] });
  expect(one.all()).toHaveLength(2);
});

test("what came of each item is noted, also of those that ended before another one stopped the pull", async () => {
  const world = createMemoryWorld(richMemory);
  const { id: parent } = world.add({ kind: "experiment", name: "theirs", parent: null, fields: { name: "theirs" } });
  const add = (name: string) => world.add({ kind: "run", name, parent, fields: { name, status: "FINISHED" } });
  const [, refused] = [add("first"), add("second")];
  const one = setupWorkstation({ world });
  await scan(one.context());
  const { id = -1, items } = await one.plan();
  one.faults.fault = ({ method, args }) => {
    if (method === "files" && JSON.stringify(args).includes(`"${refused.id}"`))
      throw new RemoteError("auth", "The token has expired");
  };
  await expect(applyPull(one.context(), id)).rejects.toThrow("The token has expired");
  const outcomes = () => one.state.plans.items(id, -1, 10).map(({ outcome }) => outcome);
  expect(outcomes()).toEqual(items.map(({ label }) => (label === "second" ? null : "done")));
  one.faults.fault = () => {};
  expect(await applyPull(one.context(), id)).toMatchObject({ pulled: 1, left: 0 });
  expect(outcomes()).toEqual(["done", "done", "done"]);
});

test("what came of a group of items is noted with the commit of the next group", async () => {
  const world = createMemoryWorld(richMemory);
  const name = (n: number): string => `theirs ${n}`;
  for (let n = 0; n < 250; n += 1)
    world.add({ kind: "experiment", name: name(n), parent: null, fields: { name: name(n) } });
  const one = setupWorkstation({ world });
  await scan(one.context());
  const { id = -1 } = await one.plan();
  const commits = vi.spyOn(one.store.journal, "flush");
  expect(await applyPull(one.context(), id)).toMatchObject({ pulled: 250, left: 0 });
  expect(commits).toHaveBeenCalledTimes(4); // three groups, and what came of the last
  expect(one.state.plans.items(id, -1, 500).filter(({ outcome }) => outcome === "done")).toHaveLength(250);
});

test("an experiment of one name, made on both sides, becomes one when the plan has named it", async () => {
  const world = createMemoryWorld(richMemory);
  world.add({ kind: "experiment", name: "Default", parent: null, fields: { name: "Default", "tag/there": "1" } });
  const one = setupWorkstation({ world });
  const uid = await one.make("experiment", { name: "Default", "tag/here": "1" });
  await scan(one.context());
  const { items } = await one.plan();
  expect(items.map(({ direction, action }) => [direction, action])).toEqual([
    ["pull", "link"],
    ["push", "update"],
  ]);
  expect(items[0]?.reason).toMatch(/from now on they are one/);
  await one.sync();
  expect(one.doc(uid)?.fields).toEqual({ name: "Default", "tag/here": "1", "tag/there": "1" });
  expect(world.objects("experiment")).toHaveLength(1);
  expect(world.objects("experiment")[0]?.fields.get("tag/here")).toBe("1");
});

test("what was known of a remote is found again by its marks: nothing is made twice", async () => {
  const world = createMemoryWorld(poorMemory);
  const one = setupWorkstation({ world });
  const made = await fill(one);
  await one.sync();
  await one.local.write(() => {
    for (const doc of one.all()) one.state.objects.forget(one.row.id, doc);
  });
  await one.sync("push,pull", true);
  await one.sync();
  expect(
    world
      .objects()
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(["experiment", "model_version", "registered_model", "run"]);
  expect(one.all()).toHaveLength(4);
  expect(one.state.objects.find(one.row.id, { kind: "run", uid: made.run })?.state).toBe("done");
});

test("a remote full of nonsense is blocked by name, and nothing of it is written", async () => {
  const world = createMemoryWorld(richMemory);
  world.add({ kind: "experiment", name: "x".repeat(100_000), parent: null, fields: { name: "huge" } });
  const tags = Object.fromEntries(Array.from({ length: 25_000 }, (_, n) => [`tag/t${n}`, "1"]));
  world.add({ kind: "registered_model", name: "many", parent: null, fields: { name: "many", ...tags } });
  const good = world.add({ kind: "experiment", name: "good", parent: null, fields: { name: "good", nonsense: "1" } });
  const run = world.add({ kind: "run", name: "r", parent: good.id, fields: { name: "r", status: "FINISHED" } });
  world.putBytes({ kind: "run", id: run.id }, "../../x", Buffer.from("x"));
  world.putBytes({ kind: "run", id: run.id }, "C:\\x", Buffer.from("x"));
  world.putBytes({ kind: "run", id: run.id }, "fine.txt", Buffer.from("x"));
  const one = setupWorkstation({ world, row: { file_policy: "all" } });
  const { result } = await one.sync();
  expect(
    one
      .all()
      .map(({ label }) => label)
      .sort(),
  ).toEqual(["good", "huge", "r"].filter((name) => name !== "huge"));
  expect(one.all().find(({ label }) => label === "good")?.fields).toEqual({ name: "good" });
  const [uid = ""] = one.all().flatMap(({ kind, uid: each }) => (kind === "run" ? [each] : []));
  expect(one.state.files.of(one.row.id, { kind: "run", uid }).map(({ path }) => path)).toEqual(["fine.txt"]);
  expect(result?.problems.join("\n")).toMatch(/'\.\.\/\.\.\/x'.*leaves its folder[^]*backslash/);
});

test("points come together from both sides, each once", async () => {
  const world = createMemoryWorld(richMemory);
  const [one, other] = [setupWorkstation({ world, name: "1" }), setupWorkstation({ world, name: "2" })];
  const { run } = await fill(one);
  await one.sync();
  await other.sync();
  await one.addPoints(run, [{ key: "loss", step: 3, timestamp: 3, value: 3 }]);
  await other.addPoints(run, [{ key: "loss", step: 4, timestamp: 4, value: 4 }]);
  for (const side of [one, other, one, other]) await side.sync("push,pull", true);
  expect(one.doc(run)?.points).toBe(4);
  expect(other.doc(run)?.points).toBe(4);
  expect(world.objects("run")[0]?.points).toHaveLength(4);
});

test("what is in the trash here is not brought back, and not removed there", async () => {
  const world = createMemoryWorld(richMemory);
  const one = setupWorkstation({ world });
  const { run } = await fill(one);
  await one.sync();
  await one.trash(run);
  const { items } = await one.sync("push,pull", true);
  expect(items).toEqual([]);
  expect(world.objects("run")).toHaveLength(1);
  const remote_id = world.objects("run")[0]?.id ?? "";
  await one.local.write(() => one.state.consents.give(one.row.id, { kind: "run", uid: run }, remote_id, "ann", 1));
  expect((await one.plan()).items).toMatchObject([{ direction: "push", action: "remove", remote_id }]);
});

test("an object keeps the mark that it was made with", async () => {
  const world = createMemoryWorld(poorMemory);
  const [one, other] = [setupWorkstation({ world, name: "1" }), setupWorkstation({ world, name: "2" })];
  const { run } = await fill(one);
  await one.sync();
  await other.sync();
  await other.edit(run, { name: "renamed", "tag/note": "better" });
  await other.sync();
  expect(world.objects("run")[0]?.fields.get(`tag/${MARKER}`)).toBe(one.doc(run)?.origin);
  await one.sync("push,pull", true);
  expect(one.doc(run)?.fields).toMatchObject({ name: "renamed", "tag/note": "better" });
});
