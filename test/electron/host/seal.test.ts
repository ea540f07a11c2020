import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createSeals } from "../../../electron/host/seal.ts";

const run = (id: number) => ({ id, uid: `uid-${id}`, run_id: `run-${id}` });

const setup = (digestMs = 0) => {
  const recorded: (string | undefined)[] = [];
  const errors: string[] = [];
  let atOnce = 0;
  let most = 0;
  const seals = createSeals({
    writer: { write: (_caller, job) => Promise.resolve(job()) },
    journal: { note: ({ subject }) => void recorded.push(subject) },
    digest: async (id) => {
      most = Math.max(most, ++atOnce);
      await sleep(digestMs);
      atOnce--;
      if (id === 13) throw new Error("no such luck");
      return JSON.stringify({ points: id, sha256: "00" });
    },
    onError: (error) => errors.push(error instanceof Error ? error.message : String(error)),
  });
  return { seals, recorded, errors, most: () => most };
};

test("a thousand runs that end together are sealed each, few at a time; one that fails does not hold up the others", async () => {
  const { seals, recorded, errors, most } = setup();
  for (let id = 0; id < 1000; id++) seals.onEnd(run(id));
  expect(await seals.close(60_000)).toEqual([]);
  expect(new Set(recorded).size).toBe(999);
  expect(recorded).toHaveLength(999);
  expect(errors).toEqual(["no such luck"]);
  expect(most()).toBeLessThanOrEqual(4);
});

test("a stop does not wait for ever, and names the runs that are left", async () => {
  const { seals, recorded, errors } = setup(60_000);
  for (let id = 20; id < 30; id++) seals.onEnd(run(id));
  expect(await seals.close(20)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  expect([recorded, errors]).toEqual([[], []]);
});
