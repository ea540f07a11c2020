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

/** A run that is settled but for points of ours, and for a file of another workstation that did not come yet. */
const withFile = async () => {
  const world = createMemoryWorld(poorMemory);
  const other = await setupEngine({ world, name: "1" });
  const experiment = await other.make("experiment", { name: "training" });
  const uid = await other.make("run", { name: "first", status: "FINISHED", start_time: "1" }, experiment);
  await other.sync();
  const station = await setupEngine({ world, name: "2", row: { file_policy: "all" } });
  await station.sync();
  await other.addFile(uid, "a.bin", "a");
  await other.sync();
  station.faults.fault = ({ method }) => {
    if (method === "getFile") throw new RemoteError("unavailable", "503 from the server");
  };
  await station.sync();
  station.faults.fault = () => {};
  await station.addPoints(uid, [{ key: "loss", step: 1, timestamp: 1, value: 0.5 }]);
  return { ...station, uid };
};

test("a file that comes meanwhile does not hide that a push failed", async () => {
  const { sync, state, row, uid, faults, clock } = await withFile();
  faults.fault = ({ method }) => {
    if (method === "logPoints") throw new RemoteError("unavailable", "503 from the server");
  };
  expect(await sync()).toMatchObject({ outcome: "partial", counts: { files_down: 1, ahead: 1 } });
  const { attempts, next_at } = state.objects.find(row.id, { kind: "run", uid }) ?? {};
  expect([attempts, next_at]).toEqual([1, expect.any(Number)]);
  faults.fault = () => {};
  clock.advance(3_600_000);
  expect(await sync()).toMatchObject({ outcome: "done", counts: { ahead: 0 } });
});

test("a rest that ends while files still come is no success", async () => {
  const { sync, faults, clock } = await withFile();
  faults.fault = ({ method, phase }) => {
    if (method === "logPoints") throw new RemoteError("unavailable", "503 from the server");
    if (method === "getFile" && phase === "before") clock.advance(7_200_000);
  };
  expect(await sync()).toMatchObject({ outcome: "partial", counts: { files_down: 1, ahead: 1 } });
});
