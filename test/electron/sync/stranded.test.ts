/** What is made here in something that is not on the far side any more. */
import { expect, test } from "vitest";
import { createMemoryRemote, createMemoryWorld, richMemory } from "../../../electron/remote/memory.ts";
import type { Remote } from "../../../electron/remote/remote.ts";
import { setupEngine } from "../../helpers/engine.ts";

test.each([
  ["registered_model", { name: "churn" }, "model_version", { semver: "1.0.0" }, "registered model 'churn'"],
  ["experiment", { name: "training" }, "run", { name: "first" }, "experiment 'training'"],
] as const)("nothing is sent into a %s that was deleted there, until it is there again", async (...of) => {
  const [parentKind, parentFields, kind, fields, named] = of;
  const world = createMemoryWorld(richMemory);
  const setup = await setupEngine({ world });
  const parent = await setup.make(parentKind, parentFields);
  await setup.sync();
  const [there] = world.objects(parentKind);
  world.drop({ kind: parentKind, id: there?.id ?? "" });
  const child = await setup.make(kind, fields, parent);
  const { writes } = world.counts();
  for (let times = 0; times < 3; times += 1) {
    await setup.sync({ full: true });
    setup.clock.advance(7_200_000);
    expect(setup.state.objects.find(setup.row.id, { kind, uid: child })).toMatchObject({
      state: "blocked",
      remote_id: null,
      reason: `Its ${named} is not on hub any more: it goes once that is there again.`,
    });
  }
  expect(world.counts().writes).toBe(writes);
});

test("a parent that one listing passed over takes in what waited for it", async () => {
  const world = createMemoryWorld(richMemory);
  const inner = createMemoryRemote(world);
  let hidden = false;
  const remote: Remote = {
    ...inner,
    list: async (...asked) => {
      const page = await inner.list(...asked);
      return { ...page, objects: page.objects.filter(({ kind }) => !hidden || kind !== "registered_model") };
    },
  };
  const setup = await setupEngine({ world, deps: { remote } });
  const model = await setup.make("registered_model", { name: "churn" });
  await setup.sync();
  const version = await setup.make("model_version", { semver: "1.0.0" }, model);
  const stateNow = () => setup.state.objects.find(setup.row.id, { kind: "model_version", uid: version })?.state;
  hidden = true;
  await setup.sync({ full: true });
  expect(stateNow()).toBe("blocked");
  hidden = false;
  await setup.sync({ full: true });
  expect(stateNow()).toBe("done");
});
