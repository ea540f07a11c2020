/** What people do to an object while its points are still on their way here. */
import { expect, test } from "vitest";
import { createMemoryWorld, richMemory } from "../../../electron/remote/memory.ts";
import { setupEngine } from "../../helpers/engine.ts";
import { points } from "../../helpers/push.ts";

const OWN = [{ key: "own", step: 1, timestamp: 1, value: 1 }];

const setup = async () => {
  const world = createMemoryWorld(richMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const experiment = await one.make("experiment", { name: "training" });
  const run = await one.make("run", { name: "first", status: "FINISHED", "tag/note": "one" }, experiment);
  await one.addPoints(run, points(3));
  await one.sync();
  /** Does it once, when the second workstation asks for points. */
  const meanwhile = (job: () => Promise<unknown>): void => {
    two.faults.fault = async ({ method, phase }) => {
      if (method !== "points" || phase !== "before") return;
      two.faults.fault = () => {};
      await job();
    };
  };
  const there = () => world.objects("run")[0];
  return { one, two, run, meanwhile, there };
};

test.each(["new", "known"])("points logged while the points of a %s run come are sent, too", async (which) => {
  const { one, two, run, meanwhile, there } = await setup();
  if (which === "known") {
    await two.sync();
    await one.addPoints(run, points(5));
    await one.sync();
  }
  meanwhile(() => two.addPoints(run, OWN));
  await two.sync({ what: "pull" });
  expect(two.state.objects.find(two.row.id, { kind: "run", uid: run })?.state).toBe("queued");
  await two.sync();
  expect(there()?.points.map(({ key }) => key)).toContain("own");
  expect(await two.sync()).toMatchObject({ outcome: "done", counts: { writes: 0, ahead: 0 } });
});

test("a field that is edited while the points of a new run come is sent, and is no conflict", async () => {
  const { two, run, meanwhile, there } = await setup();
  meanwhile(() => two.edit(run, { "tag/note": "two" }));
  await two.sync({ what: "pull" });
  expect(await two.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
  expect(there()?.fields.get("tag/note")).toBe("two");
});

test("a run that nobody touched while its points came is through with the pull", async () => {
  const { two, run } = await setup();
  await two.sync({ what: "pull" });
  expect(two.state.objects.find(two.row.id, { kind: "run", uid: run })).toMatchObject({ state: "done", base: { points: 3 } }); // prettier-ignore
});
