/** A new object of a name that an older one of this machine still has on the far side. */
import { expect, test } from "vitest";
import { createMemoryWorld, poorMemory, richMemory } from "../../../electron/remote/memory.ts";
import { setupEngine } from "../../helpers/engine.ts";

const setup = async (options: typeof poorMemory) => {
  const world = createMemoryWorld(options);
  const one = await setupEngine({ world });
  const first = await one.make("registered_model", { name: "churn" });
  await one.sync();
  const rowOf = (uid: string) => one.state.objects.find(one.row.id, { kind: "registered_model", uid });
  return { world, one, first, rowOf };
};

test("a name that is only noted as given up there is blocked with the way out, and sends nothing", async () => {
  const { world, one, first, rowOf } = await setup(poorMemory);
  await one.edit(first, { name: "attrition" });
  const second = await one.make("registered_model", { name: "churn" });
  await one.sync();
  expect(rowOf(second)).toMatchObject({
    state: "blocked",
    remote_id: null,
    reason:
      "On hub 'churn' is another registered model of this machine, 'attrition' here. Give this one another name, or keep it here only.",
  });
  expect(rowOf(first)?.state).toBe("done");
  const { writes } = world.counts();
  await one.sync();
  expect(world.counts().writes).toBe(writes);
  await one.edit(second, { name: "churn-2" });
  expect((await one.sync()).outcome).toBe("done");
  expect(world.objects("registered_model")).toHaveLength(2);
});

test("a name that a deleted one still has there is blocked, too", async () => {
  const { one, first, rowOf } = await setup(richMemory);
  await one.trash(first);
  const second = await one.make("registered_model", { name: "churn" });
  await one.sync();
  expect(rowOf(second)).toMatchObject({ state: "blocked", reason: expect.stringContaining("deleted here") });
});

test("a version of a number that another one only noted as given up there is shown as a clash", async () => {
  const { one, first } = await setup(poorMemory);
  const old = await one.make("model_version", { semver: "1.0.0" }, first);
  await one.sync();
  await one.edit(old, { semver: "1.0.1" });
  const fresh = await one.make("model_version", { semver: "1.0.0" }, first);
  await one.sync();
  const ref = { kind: "model_version", uid: fresh } as const;
  expect(one.state.objects.find(one.row.id, ref)).toMatchObject({ state: "blocked", remote_id: null });
  expect(one.state.conflicts.ofObject(one.row.id, ref).map(({ field }) => field)).toEqual(["semver"]);
});

test("a name that is given up with the same sync is free", async () => {
  const { world, one, first, rowOf } = await setup(richMemory);
  await one.edit(first, { name: "attrition" });
  const second = await one.make("registered_model", { name: "churn" });
  expect((await one.sync()).outcome).toBe("done");
  expect(rowOf(second)?.state).toBe("done");
  expect(world.objects("registered_model").map(({ fields }) => fields.get("name"))).toEqual(["attrition", "churn"]);
});
