/** What rests after a failure is not done, and a sync that leaves it alone says so. */
import { expect, test } from "vitest";
import { RemoteError } from "../../../electron/remote/errors.ts";
import { createMemoryWorld, poorMemory } from "../../../electron/remote/memory.ts";
import { setupEngine } from "../../helpers/engine.ts";

const setup = async () => {
  const station = await setupEngine({ world: createMemoryWorld(poorMemory) });
  const uid = await station.make("registered_model", { name: "classifier" });
  station.faults.fault = ({ method }) => {
    if (method === "find") throw new RemoteError("unavailable", "503 from the server");
  };
  await station.sync();
  station.faults.fault = () => {};
  return { ...station, uid };
};

test("a sync that finds an object resting is partial, and says why and until when", async () => {
  const { sync, state, row, uid, clock } = await setup();
  const next = state.objects.find(row.id, { kind: "registered_model", uid })?.next_at ?? 0;
  expect(next).toBeGreaterThan(clock.now());
  const report = await sync();
  expect(report).toMatchObject({ outcome: "partial", counts: { ahead: 1, writes: 0 } });
  expect(report.unfinished).toEqual([
    {
      kind: "registered_model",
      uid,
      remote_id: null,
      label: "classifier",
      state: "queued",
      reason: `503 from the server; it is tried again at ${new Date(next).toISOString()}`,
    },
  ]);
  expect(report.problem).toContain("classifier");
  clock.advance(next - clock.now() + 1);
  expect(await sync()).toMatchObject({ outcome: "done", unfinished: [], counts: { ahead: 0, pushed: 1 } });
});

test("a sync that only pulls was not asked for it", async () => {
  const { sync } = await setup();
  expect(await sync({ what: "pull" })).toMatchObject({ outcome: "done", unfinished: [] });
});

test("what was moved to the trash meanwhile is not waited for", async () => {
  const { sync, trash, uid } = await setup();
  await trash(uid);
  expect(await sync()).toMatchObject({ outcome: "done", unfinished: [] });
});
