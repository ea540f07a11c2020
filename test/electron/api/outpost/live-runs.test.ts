import { expect, test } from "vitest";
import { createLiveRuns } from "../../../../electron/domain/views/live-runs.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const MINUTE = 60_000;

test("runs that are running and written to are named, the one written to last first", async () => {
  const { send, post, run } = setupApi();
  const [first, second, done] = [await run({ run_name: "first" }), await run({ run_name: "second" }), await run()];
  await post("runs/update", { run_id: done, status: "FINISHED" });
  await post("runs/log-metric", { run_id: first, key: "loss", value: 1, timestamp: 1, step: 0 });
  const names = async (): Promise<unknown> => {
    const [status, answer] = await send("GET", "/api/outpost/v1/live-runs");
    expect(status).toBe(200);
    return answer["runs"];
  };
  expect(await names()).toEqual([
    { run_id: first, run_name: "first", experiment_id: "0", experiment_name: "Default" },
    { run_id: second, run_name: "second", experiment_id: "0", experiment_name: "Default" },
  ]);
  await post("runs/delete", { run_id: first });
  expect(await names()).toMatchObject([{ run_id: second }]);
});

/** A store whose revision rises with each commit; a run is known by the revision of its last write. */
const setup = () => {
  let [rev, clock] = [40, 0];
  let onCommit = (): void => {};
  const asked: number[] = [];
  const liveRuns = createLiveRuns({
    changes: { rev: () => rev, runningSince: (since) => (asked.push(since), []) },
    subscribe: (listener) => {
      onCommit = listener;
      return () => {};
    },
    now: () => clock,
  });
  return {
    commitAt: (minutes: number) => {
      clock = minutes * MINUTE;
      rev++;
      onCommit();
    },
    /** The revision after which runs are looked for. */
    sinceAt: (minutes: number): number => {
      clock = minutes * MINUTE;
      liveRuns();
      return asked.at(-1) ?? -1;
    },
  };
};

test("what was written before the host started, or more than fifteen minutes ago, is not alive", () => {
  const { commitAt, sinceAt } = setup();
  expect(sinceAt(0)).toBe(40);
  commitAt(1); // 41
  expect(sinceAt(2)).toBe(40);
  commitAt(10); // 42
  expect(sinceAt(20)).toBe(41);
  expect(sinceAt(26)).toBe(42);
  commitAt(300); // 43
  expect(sinceAt(301)).toBe(42);
  expect(sinceAt(316)).toBe(43);
});
