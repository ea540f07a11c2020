import { expect, test } from "vitest";
import { createGather, noteOf, wanted } from "../../../electron/shell/notifications.ts";
import type { Phrase } from "../../../electron/shell/phrases.ts";
import type { RecentRun } from "../../../shared/api/outpost/runs.ts";

const run = (n: number, changes: Partial<RecentRun> = {}): RecentRun => ({
  run_id: String(n).padStart(32, "0"),
  experiment_id: "7",
  experiment_name: "vision/cells",
  run_name: `run ${n}`,
  user_id: "mira",
  status: "FINISHED",
  start_time: 1,
  end_time: 2,
  lifecycle_stage: "active",
  ...changes,
});
const many = (n: number, from = 1): RecentRun[] => Array.from({ length: n }, (_unused, i) => run(from + i));
const inEnglish = ({ en }: Phrase): string => en;

/** Time that a test moves. */
const setup = () => {
  let now = 0;
  let isLookedAt = false;
  let timers: { at: number; work: () => void }[] = [];
  const told: { at: number; runs: number }[] = [];
  const gather = createGather({
    now: () => now,
    after: (ms, work) => {
      const timer = { at: now + ms, work };
      timers.push(timer);
      return () => (timers = timers.filter((other) => other !== timer));
    },
    isLookedAt: () => isLookedAt,
    tell: (runs) => told.push({ at: now, runs: runs.length }),
  });
  const pass = (ms: number): void => {
    const end = now + ms;
    for (let next = due(end); next; next = due(end)) {
      now = next.at;
      timers = timers.filter((other) => other !== next);
      next.work();
    }
    now = end;
  };
  const due = (end: number) => timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  return { gather, told, pass, look: (on: boolean) => (isLookedAt = on) };
};

test("one run names itself, its experiment, and leads to its page", () => {
  expect(noteOf([run(1, { status: "FAILED" })], inEnglish)).toEqual({
    title: "run 1 failed",
    body: "vision/cells",
    route: `/experiments/7/runs/${run(1).run_id}`,
  });
  expect(noteOf([run(1, { status: "KILLED" })], inEnglish)?.title).toBe("run 1 was killed");
  expect(noteOf([], inEnglish)).toBeUndefined();
});

test("several are counted, and lead to what they have in common", () => {
  const runs = [...many(10), run(11, { status: "FAILED" }), run(12, { status: "KILLED" })];
  expect(noteOf(runs, inEnglish)).toEqual({
    title: "12 runs ended",
    body: "vision/cells · 10 finished, 1 failed, 1 killed",
    route: "/experiments/7",
  });
  expect(noteOf([run(1), run(2, { experiment_id: "8" })], inEnglish)).toMatchObject({ body: "2 finished", route: "/" });
});

test("names are one line of plain text of a bearable length", () => {
  const note = noteOf([run(1, { run_name: `a\nb\u202Ec\u0007${"x".repeat(500)}` })], inEnglish);
  expect(note?.title).toMatch(/^a b c x+… finished$/);
  expect(note?.title.length).toBeLessThan(80);
});

test("a person chooses what to hear of", () => {
  const runs = [run(1), run(2, { status: "FAILED" }), run(3, { status: "KILLED" })];
  expect(wanted(runs, "all")).toHaveLength(3);
  expect(wanted(runs, "failures").map(({ run_name }) => run_name)).toEqual(["run 2", "run 3"]);
  expect(wanted(runs, "none")).toEqual([]);
});

test("what ends within a moment comes together", () => {
  const { gather, told, pass } = setup();
  gather.add(many(3));
  pass(1_000);
  gather.add(many(2, 4));
  pass(10_000);
  expect(told).toEqual([{ at: 3_500, runs: 5 }]);
});

test("a sweep of 500 runs over five hours gives a few dozen notes at most, and none is lost", () => {
  const { gather, told, pass } = setup();
  for (let n = 0; n < 500; n++) {
    gather.add([run(n)]);
    pass(36_000);
  }
  pass(700_000);
  expect(told.reduce((sum, { runs }) => sum + runs, 0)).toBe(500);
  expect(told.length).toBeLessThan(40);
});

test("500 runs within a minute give three notes at most", () => {
  const { gather, told, pass } = setup();
  for (let n = 0; n < 500; n++) {
    gather.add([run(n)]);
    pass(120);
  }
  pass(700_000);
  expect(told.reduce((sum, { runs }) => sum + runs, 0)).toBe(500);
  expect(told.length).toBeLessThanOrEqual(3);
});

test("what ends while someone looks, or is looked at before its note, is not told", () => {
  const { gather, told, pass, look } = setup();
  look(true);
  gather.add(many(1));
  pass(10_000);
  look(false);
  gather.add(many(1, 2));
  look(true);
  pass(10_000);
  look(false);
  gather.add(many(1, 3));
  gather.looked();
  pass(10_000);
  expect(told).toEqual([]);
});

test("after a look the next note comes without a wait", () => {
  const { gather, told, pass } = setup();
  gather.add(many(1));
  pass(4_000);
  gather.looked();
  gather.add(many(1, 2));
  pass(4_000);
  expect(told.map(({ at }) => at)).toEqual([3_500, 7_500]);
});
