import { expect, test } from "vitest";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { numbersFor, resolveConflict } from "../../../electron/sync/resolve.ts";
import { setupEngine } from "../../helpers/engine.ts";

const bothMoved = async () => {
  const world = createMemoryWorld(richMemory);
  const setup = await setupEngine({ world });
  const model = await setup.make("registered_model", { name: "classifier", description: "base" });
  await setup.sync();
  const there = world.objects("registered_model")[0];
  if (!there) throw new Error("It was not pushed");
  await setup.edit(model, { description: "here" });
  world.edit(there, { description: "there" });
  expect(await setup.sync({ full: true })).toMatchObject({ outcome: "conflict", counts: { conflicts: 1 } });
  const conflict = setup.state.conflicts.open(setup.row.id)[0];
  const decide = (take: string, value?: string) =>
    resolveConflict({ ...setup, now: setup.clock.now }, { id: conflict?.id ?? 0, take, value });
  const texts = () => [setup.doc(model)?.fields["description"], there.fields.get("description")];
  return { setup, conflict, decide, texts };
};

test("a conflict shows all three texts, and changes neither side", async () => {
  const { conflict, texts } = await bothMoved();
  expect(conflict).toMatchObject({ field: "description", base: "base", local: "here", remote_value: "there" });
  expect(texts()).toEqual(["here", "there"]);
});

test.each([
  ["local", undefined, "here"],
  ["remote", undefined, "there"],
  ["merged", "both", "both"],
])("what is decided (%s) holds on both sides after the next sync", async (take, value, text) => {
  const { setup, decide, texts } = await bothMoved();
  await decide(take, value);
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
  expect(texts()).toEqual([text, text]);
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { writes: 0, ahead: 0 } });
});

test("a conflict that is skipped stays open", async () => {
  const { setup, decide, texts } = await bothMoved();
  await decide("skip");
  expect(await setup.sync()).toMatchObject({ outcome: "conflict" });
  expect(texts()).toEqual(["here", "there"]);
});

test("there is nothing to decide any more once the object was deleted there, as was agreed to", async () => {
  const { setup, conflict } = await bothMoved();
  const ref = { kind: "registered_model", uid: conflict?.uid ?? "" } as const;
  const id = setup.state.objects.find(setup.row.id, ref)?.remote_id ?? "";
  await setup.trash(ref.uid);
  await setup.local.write(() => setup.state.consents.give(setup.row.id, ref, id, "somebody", 1));
  expect(await setup.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
  expect(setup.state.conflicts.ofObject(setup.row.id, ref)).toEqual([]);
});

test("what cannot be chosen is refused by name", async () => {
  const { decide } = await bothMoved();
  await expect(decide("next_patch")).rejects.toThrow("use local, remote, merged, skip");
  await expect(decide("merged")).rejects.toThrow("Missing value for 'value'");
  await decide("local");
  await expect(decide("local")).rejects.toThrow("No open conflict");
});

const clash = async () => {
  const world = createMemoryWorld(poorMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const model = await one.make("registered_model", { name: "classifier" });
  const first = await one.make("model_version", { semver: "1.0.0" }, model);
  await one.addFile(first, "model.bin", "one");
  await one.sync();
  const other = await two.make("registered_model", { name: "classifier" });
  const version = await two.make("model_version", { semver: "1.0.0" }, other);
  await two.addFile(version, "model.bin", "two");
  const report = await two.sync();
  const conflict = two.state.conflicts.open(two.row.id)[0];
  const decide = (take: string) =>
    resolveConflict({ ...two, now: two.clock.now }, { id: conflict?.id ?? 0, take, value: undefined });
  return { world, two, version, report, conflict, decide };
};

test("two versions of one number are shown to the later one, and neither is touched", async () => {
  const { world, report, conflict } = await clash();
  expect(report.outcome).toBe("partial");
  expect(conflict?.field).toBe("semver");
  expect(world.objects("model_version")).toHaveLength(1);
});

test.each([
  ["next_patch", "1.0.1"],
  ["pre_release", "1.0.0-local.1"],
])("a version that gets another number (%s) goes there beside the other", async (take, number) => {
  const { world, two, version, conflict, decide } = await clash();
  if (!conflict) throw new Error("no conflict");
  expect(numbersFor(two, { ...conflict, remote_id: two.row.id })).toContainEqual({ choice: take, number });
  await decide(take);
  expect(two.doc(version)?.fields["semver"]).toBe(number);
  expect(await two.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
  expect(world.objects("model_version").map(({ fields }) => fields.get("semver"))).toEqual(["1.0.0", number]);
});

test("a version that is skipped stays here", async () => {
  const { world, two, decide } = await clash();
  await decide("skip");
  const report = await two.sync();
  expect(report.counts.conflicts).toBe(0);
  expect(world.objects("model_version")).toHaveLength(1);
});
