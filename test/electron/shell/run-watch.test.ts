import { expect, onTestFinished, test } from "vitest";
import { watchRuns } from "../../../electron/shell/run-watch.ts";
import { ApiError, type Call } from "../../../shared/api/client.ts";
import type { RecentRun } from "../../../shared/api/outpost/runs.ts";

const NOW = 1_800_000_000_000;

const run = (n: number, changes: Partial<RecentRun> = {}): RecentRun => ({
  run_id: String(n).padStart(32, "0"),
  experiment_id: "1",
  experiment_name: "sweep",
  run_name: `run ${n}`,
  user_id: "mira",
  status: "RUNNING",
  start_time: NOW - 5000,
  end_time: null,
  lifecycle_stage: "active",
  ...changes,
});
const ended = (n: number, status: RecentRun["status"] = "FINISHED", end_time = NOW): RecentRun =>
  run(n, { status, end_time });

/** A host whose runs a test changes; it lists the newest `most`. */
const setup = (first: readonly RecentRun[] = [], most = 100) => {
  const host = { runs: [...first], up: true, failure: undefined as Error | undefined, asked: 0 };
  const answer = (path: string, input: Record<string, unknown>): unknown => {
    host.asked++;
    if (host.failure) throw host.failure;
    const active = host.runs.filter(({ lifecycle_stage }) => lifecycle_stage === "active");
    if (path.endsWith("/recent-runs"))
      return {
        running: active.filter(({ status }) => status === "RUNNING").slice(0, most),
        recent: active.toReversed().slice(0, most),
      };
    const found = host.runs.find(({ run_id }) => run_id === input["run_id"]);
    if (!found) throw new ApiError("RESOURCE_DOES_NOT_EXIST", "gone", 404);
    return found;
  };
  const call = ((endpoint, input) => Promise.resolve().then(() => answer(endpoint.path, input))) as Call;
  const errors: unknown[] = [];
  const told: string[][] = [];
  const watch = watchRuns({ call, isUp: () => host.up, now: () => NOW, onError: (error) => errors.push(error) });
  watch.onEnded((runs) => told.push(runs.map(({ run_name, status }) => `${run_name} ${status}`)));
  onTestFinished(watch.close);
  return { host, watch, told, errors };
};

test("what was over before the first look is no news", async () => {
  const { watch, told } = setup([ended(1), ended(2, "FAILED"), run(3)]);
  await watch.look();
  await watch.look();
  expect(told).toEqual([]);
  expect(watch.running.map(({ run_name }) => run_name)).toEqual(["run 3"]);
});

test("a run that ends is told of once, with how it ended", async () => {
  const { host, watch, told } = setup([run(1), run(2)]);
  await watch.look();
  host.runs = [ended(1, "FAILED"), run(2)];
  await watch.look();
  await watch.look();
  expect(told).toEqual([["run 1 FAILED"]]);
});

test("a run so short that no look saw it run is told of", async () => {
  const { host, watch, told } = setup([ended(1)]);
  await watch.look();
  host.runs.push(ended(2), ended(3, "KILLED"));
  await watch.look();
  await watch.look();
  expect(told).toEqual([["run 3 KILLED", "run 2 FINISHED"]]);
});

test("imported runs, which ended long ago, are no news", async () => {
  const { host, watch, told } = setup([]);
  await watch.look();
  host.runs.push(ended(1, "FINISHED", NOW - 86_400_000), run(2, { status: "FINISHED" }));
  await watch.look();
  expect(told).toEqual([]);
});

test("a run that left the lists is asked for by itself", async () => {
  const { host, watch, told } = setup([run(1)], 2);
  await watch.look();
  host.runs = [ended(1), run(2), run(3)];
  await watch.look();
  expect(told).toEqual([["run 1 FINISHED"]]);
});

test("a run that was deleted or purged while it ran is no end", async () => {
  const { host, watch, told, errors } = setup([run(1), run(2)]);
  await watch.look();
  host.runs = [run(1, { lifecycle_stage: "deleted" })];
  await watch.look();
  expect(told).toEqual([]);
  expect(errors).toEqual([]);
  expect(watch.running).toEqual([]);
});

test("five hundred runs ending at once cost a few requests a look, and all are told of", async () => {
  const all = Array.from({ length: 500 }, (_unused, i) => run(i + 1));
  const { host, watch, told } = setup(all, 500);
  await watch.look();
  host.runs = [...all.map(({ run_id, run_name }, i) => ({ ...ended(i + 1), run_id, run_name }))];
  const before = host.asked;
  await watch.look();
  expect(told.flat()).toHaveLength(500);
  expect(host.asked - before).toBeLessThanOrEqual(21);
});

test("a host that does not answer is waited for; what ends meanwhile is told of afterwards", async () => {
  const { host, watch, told, errors } = setup([run(1)]);
  await watch.look();
  host.failure = new ApiError("UNREACHABLE", "no", 0);
  await watch.look();
  host.failure = undefined;
  host.runs = [ended(1)];
  await watch.look();
  expect(errors).toEqual([]);
  expect(told).toEqual([["run 1 FINISHED"]]);
});

test("a host that is stopped runs nothing and is not asked", async () => {
  const { host, watch } = setup([run(1)]);
  const seen: number[] = [];
  watch.onRunning((running) => seen.push(running.length));
  await watch.look();
  host.up = false;
  const before = host.asked;
  await watch.look();
  expect(seen).toEqual([1, 0]);
  expect(host.asked).toBe(before);
});

test("any other failure is told to the log", async () => {
  const { host, watch, errors } = setup([]);
  await watch.look();
  host.failure = new ApiError("INTERNAL_ERROR", "Internal error", 500);
  await watch.look();
  expect(errors).toEqual([host.failure]);
});
