import fc from "fast-check";
import { expect, test } from "vitest";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { oldestFirst, parentsFirst } from "../../../electron/sync/plan.ts";
import { applyPull } from "../../../electron/sync/pull.ts";
import { scan } from "../../../electron/sync/scan.ts";
import { setupWorkstation } from "../../helpers/workstation.ts";

test("parents come before children, of experiments, runs and models alike", async () => {
  const one = setupWorkstation({ world: createMemoryWorld(richMemory) });
  const model = await one.make("registered_model", { name: "m" });
  await one.make("model_version", { semver: "1.0.0" }, model);
  const experiment = await one.make("experiment", { name: "e" });
  const nested = (id: string, parent: string) => ({ name: id, run_id: id, "tag/mlflow.parentRunId": parent });
  await one.make("run", nested("c", "b"), experiment);
  await one.make("run", nested("b", "a"), experiment);
  await one.make("run", { name: "a", run_id: "a" }, experiment);
  const { items, plan } = await one.plan();
  expect(items.map(({ label }) => label)).toEqual(["e", "a", "b", "c", "m", "1.0.0"]);
  expect(items.every(({ direction, action }) => direction === "push" && action === "create")).toBe(true);
  expect(plan.totals).toMatchObject({ items: 6, push: { objects: 6 }, pull: { objects: 0 } });
});

test("a line of parents is walked whatever the order, and a circle ends", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ id: fc.nat(8).map(String), parent: fc.nat(8).map(String) }), { maxLength: 12 }),
      (all) => {
        const sorted = parentsFirst(all);
        expect(new Set(sorted)).toEqual(new Set(all));
        expect(sorted).toHaveLength(all.length);
      },
    ),
  );
  const line = ["d", "c", "b", "a"].map((id, at, ids) => ({ id, parent: ids[at + 1] ?? "" }));
  expect(parentsFirst(line).map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
});

test("the hash is of what is planned: the same plan again is the same row, a change is another one", async () => {
  const one = setupWorkstation({ world: createMemoryWorld(richMemory) });
  const uid = await one.make("experiment", { name: "e" });
  const first = await one.plan();
  const before = one.counts();
  const second = await one.plan();
  expect([second.plan.hash, second.id]).toEqual([first.plan.hash, first.id]);
  expect(one.counts()).toBe(before);
  await one.edit(uid, { "tag/a": "1" });
  const third = await one.plan();
  expect(third.plan.hash).not.toBe(first.plan.hash);
  expect(one.state.plans.find(third.plan.hash)?.id).toBe(third.id);
  expect(one.state.plans.latest(one.row.id)).toMatchObject({ hash: third.plan.hash, totals: third.plan.totals });
});

test("a plan of more than a page keeps its order and its count", async () => {
  const one = setupWorkstation({ world: createMemoryWorld(richMemory) });
  const experiment = await one.make("experiment", { name: "e" });
  for (let n = 0; n < 620; n++) await one.make("run", { name: `r${n}` }, experiment);
  const { items, plan } = await one.plan();
  expect(items).toHaveLength(621);
  expect(plan.totals.items).toBe(621);
  expect(items[0]?.kind).toBe("experiment");
});

test("what must stay here says why, and so does everything in it", async () => {
  const one = setupWorkstation({ world: createMemoryWorld(richMemory), row: { class_max: "official" } });
  const secret = await one.make("experiment", { name: "s", "tag/classification": "secret" });
  await one.make("run", { name: "r", "tag/classification": "public" }, secret);
  const open = await one.make("experiment", { name: "o", "tag/classification": "public" });
  await one.make("run", { name: "q" }, open);
  const { items, plan } = await one.sync();
  const byLabel = Object.fromEntries(items.map((item) => [item.label, item]));
  expect(byLabel["s"]).toMatchObject({ action: "exclude", reason: expect.stringMatching(/It is classified 'secret'/) });
  expect(byLabel["r"]).toMatchObject({
    action: "exclude",
    reason: expect.stringMatching(/Its experiment 's' is classified/),
  });
  expect([byLabel["o"]?.action, byLabel["q"]?.action]).toEqual(["create", "create"]);
  expect(plan.totals).toMatchObject({ excluded: 2, push: { objects: 2 } });
  expect(one.state.objects.find(one.row.id, { kind: "experiment", uid: secret })).toMatchObject({ state: "excluded" });
  await one.sync();
  const before = one.counts();
  await one.sync();
  expect(one.counts()).toBe(before);
});

test("a name that the remote cannot have is blocked with the way out, before anything is sent", async () => {
  const one = setupWorkstation({ world: createMemoryWorld(poorMemory) });
  const model = await one.make("registered_model", { name: "n".repeat(300) });
  await one.make("model_version", { semver: "1.0.0" }, model);
  const { items } = await one.plan();
  expect(items[0]).toMatchObject({ action: "block", uid: model, reason: expect.stringMatching(/Rename it here/) });
  expect(items[1]).toMatchObject({
    action: "exclude",
    reason: expect.stringMatching(/Its registered model stays here/),
  });
});

test("what the remote cannot hold is said before anything is sent", async () => {
  const world = createMemoryWorld(poorMemory);
  const one = setupWorkstation({ world });
  const experiment = await one.make("experiment", { name: "e" });
  const run = await one.make(
    "run",
    { name: "r", "param/long": "x".repeat(300), "tag/t": "1", status: "FINISHED" },
    experiment,
  );
  await one.addPoints(run, [{ key: "a", step: 1, timestamp: 1, value: NaN }]);
  const { items } = await one.plan();
  const losses = items.find(({ uid }) => uid === run)?.losses.join("\n") ?? "";
  expect(losses).toMatch(/param\/long: .*; it travels in a note\./);
  expect(losses).toMatch(/1 point that hub cannot hold: they travel in a note\./);
  await one.sync();
  await one.edit(run, { name: "renamed" });
  const renamed = (await one.plan()).items.find(({ uid }) => uid === run);
  expect(renamed).toMatchObject({ action: "update", counts: { fields: 1 } });
  expect(renamed?.losses.join()).toMatch(/name: .*; it travels in a note\./);
});

test.each([true, false])(
  "a version of one number from two workstations is shown to the later one only, files %s",
  async (hasFiles) => {
    const world = createMemoryWorld(richMemory);
    const [one, other] = [setupWorkstation({ world, name: "1" }), setupWorkstation({ world, name: "2" })];
    for (const side of [one, other]) {
      const model = await side.make("registered_model", { name: "m" });
      const version = await side.make("model_version", { semver: "1.0.0" }, model);
      if (hasFiles) await side.addFile(version, "model.bin", `bytes of ${side.local.workstation}`);
    }
    await one.sync();
    const { items } = await other.sync();
    expect(items.map(({ action, kind }) => [action, kind])).toContainEqual(["block", "model_version"]);
    expect(items.find(({ kind }) => kind === "model_version")?.reason).toMatch(
      /another version of this number.*next free number/,
    );
    expect((await one.sync()).items).toEqual([]);
    expect(world.objects("model_version")).toHaveLength(1);
    const [version] = other.all().filter(({ kind }) => kind === "model_version");
    await other.edit(version?.uid ?? "", { semver: "1.0.1" });
    await other.sync();
    expect(world.objects("model_version").map(({ fields }) => fields.get("semver"))).toEqual(["1.0.0", "1.0.1"]);
  },
);

test("only what was asked for is planned: a push takes nothing in, a pull sends nothing", async () => {
  const world = createMemoryWorld(richMemory);
  world.add({ kind: "experiment", name: "theirs", parent: null, fields: { name: "theirs" } });
  const one = setupWorkstation({ world });
  await one.make("experiment", { name: "ours" });
  await scan(one.context());
  expect((await one.plan("push")).items.map(({ label }) => label)).toEqual(["ours"]);
  expect((await one.plan("pull")).items.map(({ label }) => label)).toEqual(["theirs"]);
  expect((await one.plan()).items).toHaveLength(2);
});

test("an item that moved after the plan was made is left for the next one", async () => {
  const world = createMemoryWorld(richMemory);
  const one = setupWorkstation({ world });
  const uid = await one.make("registered_model", { name: "m", description: "a" });
  await one.sync();
  const [there] = world.objects("registered_model");
  world.edit({ kind: "registered_model", id: there?.id ?? "" }, { description: "b" });
  await scan(one.context());
  const planned = await one.plan();
  await one.edit(uid, { description: "c" });
  expect(await applyPull(one.context(), planned.id ?? -1)).toMatchObject({ pulled: 0, left: 1 });
  expect(one.doc(uid)?.fields["description"]).toBe("c");
});

test("what is here comes oldest first, kind by kind, whatever its uid; what has no time last", async () => {
  const one = setupWorkstation({ world: createMemoryWorld(richMemory) });
  const experiment = await one.make("experiment", { name: "e" });
  const uids: string[] = [];
  for (const name of ["third", "first", "never", "second", "second too"])
    uids.push(await one.make("run", { name }, experiment));
  const start = one.store.db.prepare<[number | null, string]>("UPDATE runs SET start_time = ? WHERE uid = ?");
  for (const [at, time] of [3, 1, null, 2, 2].entries()) start.run(time, uids[at] ?? "");
  const { items } = await one.plan();
  expect(items.map(({ label }) => label)).toEqual(["e", "first", "second", "second too", "third", "never"]);
});

test("a first push of any size is put in order piece by piece", () => {
  const of = (since: number, made: number | null) => ({
    kind: "run" as const,
    uid: null,
    remote_id: null,
    since,
    made,
  });
  const sorted = [...oldestFirst([[of(5, 1), of(3, 2)], [of(4, 3), of(1, 4), of(9, null)]], 3)]; // prettier-ignore
  expect(sorted.map(({ since }) => since)).toEqual([3, 4, 5, 1, 9]);
});
