/** How long what an earlier process left under way is waited for: the wall clock has no say in it. */
import { expect, test } from "vitest";
import { createMemoryWorld, poorMemory } from "../../../electron/remote/memory.ts";
import type { NewObject } from "../../../electron/remote/remote.ts";
import { setupEngine } from "../../helpers/engine.ts";
import { Killed, lost } from "../../helpers/push.ts";

const YEAR = 365 * 86_400_000;
const { settleMs } = poorMemory.limits;

/** A workstation whose process ended while the request was on its way; the server does it `late` ms after that. */
const endedWhile = async (step: string, late: number) => {
  const world = createMemoryWorld(poorMemory);
  const setup = await setupEngine({ world });
  setup.at.step = (now) => {
    if (now === step) throw new Killed();
  };
  setup.faults.fault = ({ method, phase, args }) => {
    if (method !== "create" || phase !== "before") return;
    const input = args[0] as NewObject;
    setup.clock.later(late, () => void world.add(input));
    throw lost();
  };
  await setup.make("experiment", { name: "training" });
  return { world, setup };
};

test.each([10 * YEAR, 3_600_000, 0, -3_600_000, -10 * YEAR])(
  "a creation that lands late is found by the next process, though the clock was set by %i ms between them",
  async (jump) => {
    const { world, setup } = await endedWhile("create/answered", settleMs - 1_000);
    await expect(setup.sync()).rejects.toThrow(Killed);
    expect(world.objects()).toHaveLength(0);
    setup.at.step = () => {};
    setup.faults.fault = () => {};
    setup.clock.jump(jump);
    setup.restart();
    await setup.sync();
    setup.clock.advance(settleMs);
    expect(world.objects("experiment")).toHaveLength(1);
    expect(setup.state.ops.all(setup.row.id)).toEqual([]);
  },
);

test("within one process what has passed since it was sent counts, whatever the clock was set to", async () => {
  const { world, setup } = await endedWhile("", settleMs * 20);
  setup.faults.fault = ({ method, phase }) => {
    if (method === "create" && phase === "before") throw lost();
  };
  await setup.sync();
  expect(setup.state.ops.all(setup.row.id).map(({ state }) => state)).toContain("uncertain");
  setup.faults.fault = () => {};
  setup.clock.advance(3_600_000);
  setup.clock.jump(-10 * YEAR);
  const before = setup.clock.monotonic();
  await setup.sync();
  expect(setup.clock.monotonic()).toBe(before); // it has been waited for long since
  expect(world.objects("experiment")).toHaveLength(1);
});
