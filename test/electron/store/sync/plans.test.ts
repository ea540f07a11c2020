import { expect, test } from "vitest";
import { setupSync } from "../../../helpers/sync.ts";

test("a plan counts once it is finished, with its items in order", async () => {
  const { sync, remote, write } = setupSync();
  const { plans } = sync;
  const id = await write(() => plans.begin(remote, "push,pull", true, 5));
  expect([plans.latest(remote), plans.find("")]).toEqual([undefined, undefined]);
  await write(() => {
    plans.addItems(id, 0, ['{"n":0}', '{"n":1}']);
    plans.addItems(id, 2, ['{"n":2}']);
    plans.finish(id, "hash", { items: 3 });
  });
  const plan = {
    id,
    remote,
    hash: "hash",
    made_at: 5,
    directions: "push,pull",
    first_contact: true,
    totals: { items: 3 },
  };
  expect(plans.find("hash")).toEqual({ ...plan, state: "open" });
  expect(plans.items(id, 0, 1)).toEqual([{ seq: 1, item: { n: 1 }, outcome: null, detail: null }]);
  await write(() => {
    plans.setOutcome(id, 2, "failed", "why");
    plans.setState(id, "applied");
  });
  expect(plans.items(id, -1, 9).map(({ outcome, detail }) => [outcome, detail])).toEqual([
    [null, null],
    [null, null],
    ["failed", "why"],
  ]);
  expect(plans.latest(remote)?.state).toBe("applied");
});

test("the newest plans of a remote are kept", async () => {
  const { sync, remote, write } = setupSync();
  const other = await write(() => sync.remotes.add({ name: "other", kind: "mlflow", base_url: "https://x" }).id);
  await write(() => {
    for (const [owner, hash] of [
      [remote, "a"],
      [remote, "b"],
      [other, "c"],
      [remote, "d"],
    ] as const)
      sync.plans.finish(sync.plans.begin(owner, "push", false, 1), hash, {});
    sync.plans.prune(remote, 2);
  });
  expect(["a", "b", "c", "d"].filter((hash) => sync.plans.find(hash))).toEqual(["b", "c", "d"]);
});
