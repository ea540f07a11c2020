import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

const ref = { kind: "run" as const, uid: "a".repeat(32) };

test("an effect under way at a start is uncertain", async () => {
  const { sync, remote, write } = setupSync();
  await write(() => sync.ops.begin(remote, ref, "create", { name: "n" }, 7));
  expect(sync.ops.find(remote, ref)).toMatchObject({
    step: "create",
    state: "inflight",
    detail: { name: "n" },
    sent_at: 7,
  });
  expect(await write(() => sync.ops.recover())).toBe(1);
  expect(sync.ops.all(remote)).toMatchObject([{ ...ref, state: "uncertain" }]);
  await write(() => sync.ops.begin(remote, ref, "points", undefined, 8));
  expect(sync.ops.all(remote)).toMatchObject([{ step: "points", state: "inflight", detail: null, sent_at: 8 }]);
  await write(() => sync.ops.uncertain(remote, ref));
  expect(sync.ops.find(remote, ref)?.state).toBe("uncertain");
  await write(() => sync.ops.end(remote, ref));
  expect(sync.ops.all(remote)).toEqual([]);
  expect(await write(() => sync.ops.recover())).toBe(0);
});

test("a transaction that fails leaves no trace of the effect", async () => {
  const { sync, remote, write } = setupSync();
  const failed = write(() => {
    sync.ops.begin(remote, ref, "create", {}, 7);
    throw new Error("stopped");
  });
  await expect(failed).rejects.toThrow("stopped");
  expect(sync.ops.all(remote)).toEqual([]);
});
