/** What people do to an object while a sync is at it. */
import { expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, richMemory } from "../../../electron/remote/memory.ts";
import { setupEngine } from "../../helpers/engine.ts";
import { points } from "../../helpers/push.ts";

const OWN = [{ key: "own", step: 1, timestamp: 1, value: 1 }];

/** More than come with a new run in one write. */
const MANY = 6_000;

const setup = async (count = 3) => {
  const world = createMemoryWorld(richMemory);
  const one = await setupEngine({ world, name: "1" });
  const two = await setupEngine({ world, name: "2" });
  const experiment = await one.make("experiment", { name: "training" });
  const run = await one.make("run", { name: "first", status: "FINISHED", "tag/note": "one" }, experiment);
  await one.addPoints(run, points(count));
  await one.sync();
  /** Does it once, when the second workstation asks for points. */
  const meanwhile = (job: () => Promise<unknown>): void => {
    two.faults.fault = async ({ method, phase }) => {
      if (method !== "points" || phase !== "before") return;
      two.faults.fault = () => {};
      await job();
    };
  };
  /** Does it once, when the new run is here and more of its points are to come. */
  const onceHere = (job: () => Promise<unknown>): void => {
    two.at.commit = async () => {
      if (!two.local.read({ kind: "run", uid: run })) return;
      two.at.commit = () => {};
      await job();
    };
  };
  const there = () => world.objects("run")[0];
  return { one, two, run, meanwhile, onceHere, there };
};

test.each(["new", "known"])("points logged while the points of a %s run come are sent, too", async (which) => {
  const { one, two, run, meanwhile, onceHere, there } = await setup(which === "new" ? MANY : 3);
  if (which === "known") {
    await two.sync();
    await one.addPoints(run, points(5));
    await one.sync();
  }
  (which === "new" ? onceHere : meanwhile)(() => two.addPoints(run, OWN));
  await two.sync({ what: "pull" });
  expect(two.state.objects.find(two.row.id, { kind: "run", uid: run })?.state).toBe("queued");
  await two.sync();
  expect(there()?.points.map(({ key }) => key)).toContain("own");
  expect(await two.sync()).toMatchObject({ outcome: "done", counts: { writes: 0, ahead: 0 } });
});

test("a field that is edited while the points of a new run come is sent, and is no conflict", async () => {
  const { two, run, onceHere, there } = await setup(MANY);
  onceHere(() => two.edit(run, { "tag/note": "two" }));
  await two.sync({ what: "pull" });
  expect(await two.sync()).toMatchObject({ outcome: "done", counts: { conflicts: 0 } });
  expect(there()?.fields.get("tag/note")).toBe("two");
});

test("a new run and its points come in one write, if they are not very many", async () => {
  const { two, run } = await setup();
  const seen: (number | undefined)[] = [];
  two.at.commit = () => void seen.push(two.local.read({ kind: "run", uid: run })?.points);
  await two.sync({ what: "pull" });
  expect(new Set(seen)).toEqual(new Set([undefined, 3]));
});

test("a run that nobody touched while its points came is through with the pull", async () => {
  const { two, run } = await setup();
  await two.sync({ what: "pull" });
  expect(two.state.objects.find(two.row.id, { kind: "run", uid: run })).toMatchObject({ state: "done", base: { points: 3 } }); // prettier-ignore
});

test("points that two workstations send at the same moment reach both", async () => {
  const { one, two, run, there } = await setup();
  await two.sync();
  await one.addPoints(run, OWN);
  await two.addPoints(run, [{ key: "other", step: 1, timestamp: 1, value: 2 }]);
  one.faults.fault = async ({ method, phase }) => {
    if (method !== "logPoints" || phase !== "before") return;
    one.faults.fault = () => {};
    await two.sync({ what: "push" });
  };
  await one.sync();
  await one.sync();
  await two.sync();
  for (const side of [one, two]) expect([...side.local.points({ kind: "run", uid: run })].flat()).toHaveLength(5);
  expect(there()?.points).toHaveLength(5);
});

test.each(["answered", "lost"])("a field that is unset while its object is made stays unset (%s)", async (how) => {
  const world = createMemoryWorld(richMemory);
  const one = await setupEngine({ world });
  const experiment = await one.make("experiment", { name: "training", "tag/note": "one" });
  one.faults.fault = async ({ method, phase }) => {
    if (method !== "create" || phase !== "after") return;
    one.faults.fault = ({ method: next }) => {
      if (next !== "create") throw new RemoteError("offline", "No network");
    };
    await one.edit(experiment, { "tag/note": null });
    if (how === "lost") throw new RemoteError("unavailable", "No answer", { maybeDone: true });
  };
  expect((await one.sync()).outcome).toBe("offline");
  one.faults.fault = () => {};
  if (how === "lost") one.restart();
  await one.sync();
  await one.sync();
  expect(world.objects("experiment")[0]?.fields.get("tag/note")).toBeUndefined();
  expect(one.local.read({ kind: "experiment", uid: experiment })?.fields["tag/note"]).toBeUndefined();
});
