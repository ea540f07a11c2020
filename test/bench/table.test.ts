import { expect, test } from "vitest";
import { atMost, type Line, type Measurement, shareOfLimit } from "./row.ts";
import { type Results, tableOf, verdictOf } from "./table.ts";

const rate: Line = { key: "rate", label: "calls, calls/s", better: "higher", goal: shareOfLimit(0.7) };
const time: Line = { key: "ms", label: "a call, ms", better: "lower", goal: atMost(10) };

const measured = (key: string, mlflow: number[], limit: number[], outpost: number[]): Results => {
  const of = (numbers: number[]): Measurement[] => numbers.map((value) => ({ values: { [key]: value } }));
  return new Map([
    ["mlflow", of(mlflow)],
    ["limit", of(limit)],
    ["outpost", of(outpost)],
  ]);
};

test("a line shows medians and how many times faster Outpost is, whichever way is better", () => {
  expect(verdictOf(rate, measured("rate", [10], [100, 90, 500], [80, 1, 90]))?.cells.slice(1, 6)).toEqual([
    "10.0",
    "100",
    "80.0",
    "8.00×",
    "0.80×",
  ]);
  expect(verdictOf(time, measured("ms", [100], [4], [8, 8, 300]))?.cells.slice(1, 6)).toEqual([
    "100",
    "4.00",
    "8.00",
    "12.5×",
    "0.50×",
  ]);
});

test.each([
  ["beyond the goal and five times mlflow", rate, measured("rate", [10], [100], [70]), true],
  ["short of its share of the limit", rate, measured("rate", [10], [100], [69]), false],
  ["less than five times mlflow", rate, measured("rate", [20], [100], [90]), false],
  ["at the bound", time, measured("ms", [60], [1], [10]), true],
  ["above the bound", time, measured("ms", [60], [1], [11]), false],
  ["three times mlflow, where that is enough", { ...rate, factor: 3 }, measured("rate", [20], [100], [75]), true],
  [
    "the worst round, where that counts",
    { ...time, over: "max" as const },
    measured("ms", [90], [1], [1, 11, 1]),
    false,
  ],
])("%s", (_words, line, results, met) => {
  expect(verdictOf(line, results)?.met).toBe(met);
});

test("a line that was not measured on Outpost is left out; a server that was not is a dash", () => {
  const row = { name: "row", lines: [rate, time], measure: () => Promise.reject(new Error("not called")) };
  const { text, met, of } = tableOf([{ row, results: new Map([["outpost", [{ values: { ms: 5 } }]]]) }]);
  expect(text.split("\n").slice(2)).toHaveLength(1);
  expect(text).toMatch(/a call, ms +\| – +\| – +\| 5\.00 +\| – +\| – +\|/);
  expect([met, of]).toEqual([1, 1]);
});
