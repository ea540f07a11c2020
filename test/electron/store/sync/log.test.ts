import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

const call = {
  at: 1,
  remote: "hub",
  purpose: "probe",
  method: "GET",
  url: "https://x",
  status: 200,
  trouble: null,
  sent: 0,
  received: 5,
  took_ms: 3,
};

test("a sync that was cut off says so", async () => {
  const { sync, remote, write } = setupSync();
  const [done, cut] = await write(() => [
    sync.runs.begin(remote, "push", "ann", 1),
    sync.runs.begin(remote, "pull", "bob", 2),
  ]);
  await write(() => {
    sync.runs.end(done ?? 0, "complete", null, { pushed: 3 }, 4);
    sync.runs.recover(9);
  });
  expect(sync.runs.list(undefined, 9)).toMatchObject([
    { id: cut, remote: "hub", what: "pull", actor: "bob", outcome: "interrupted", ended_at: 9, counts: {} },
    { id: done, what: "push", outcome: "complete", problem: null, ended_at: 4, counts: { pushed: 3 } },
  ]);
  expect(sync.runs.list(remote, 9, cut).map(({ id }) => id)).toEqual([done]);
});

test("the newest ten thousand calls are kept", async () => {
  const { sync, write, db } = setupSync();
  await write(() => {
    for (let at = 1; at <= 10_003; at++) sync.network.add({ ...call, at });
  });
  expect(db.prepare("SELECT count(*), min(at) FROM network_calls").raw().get()).toEqual([10_000, 4]);
  const [newest, second] = sync.network.list(2);
  expect([newest?.at, second?.at]).toEqual([10_003, 10_002]);
  expect(sync.network.list(1, second?.id).map(({ at }) => at)).toEqual([10_001]);
  expect(sync.network.list(9, undefined, "other")).toEqual([]);
});

test("cursors begin unread; consents hold for one object there; origins for what came from elsewhere", async () => {
  const { sync, remote, write } = setupSync();
  const ref = { kind: "run" as const, uid: "a".repeat(32) };
  expect(sync.cursors.get(remote, "runs/1")).toEqual({ token: null, high_water: 0, full_at: null, scan: 0 });
  const cursor = { token: "t", high_water: 5, full_at: 7, scan: 2 };
  await write(() => {
    sync.cursors.put(remote, "runs/1", cursor);
    sync.consents.give(remote, ref, "77", "ann", 5);
    sync.origins.set(ref, "f".repeat(32));
  });
  expect(sync.cursors.get(remote, "runs/1")).toEqual(cursor);
  expect([sync.consents.has(remote, ref, "77"), sync.consents.has(remote, ref, "78")]).toEqual([true, false]);
  expect(sync.consents.all(remote)).toEqual([{ ...ref, remote_id: "77" }]);
  expect([sync.origins.workstationOf(ref), sync.origins.workstationOf({ ...ref, kind: "experiment" })]).toEqual([
    "f".repeat(32),
    undefined,
  ]);
  await write(() => sync.consents.drop(remote, ref));
  expect(sync.consents.all(remote)).toEqual([]);
});
