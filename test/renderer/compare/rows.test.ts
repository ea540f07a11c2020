import { expect, test } from "vitest";
import type { Comparison } from "../../../shared/api/outpost/compare.ts";
import { toCsv } from "../../../renderer/compare/diff/csv.ts";
import { bestOf, deltaOf, filterRows, rowDiffers, rowsOf, usualGoal } from "../../../renderer/compare/diff/rows.ts";

const run = (name: string, start: number | null, end: number | null) => ({
  run_id: name,
  experiment_id: "0",
  experiment_name: "Default",
  run_name: name,
  user_id: "",
  status: "FINISHED" as const,
  start_time: start,
  end_time: end,
  lifecycle_stage: "active" as const,
});
const comparison: Comparison = {
  runs: [run("a", 0, 1000), run("b", 0, 3000), run("c", 0, null)],
  missing: [],
  metrics: [
    { key: "loss", values: [0.5, 0.25, null], curve: true },
    { key: "same", values: [1, 1, 1], curve: false },
    { key: "odd", values: ["NaN", "NaN", "NaN"], curve: false },
  ],
  params: [
    { key: "lr", texts: ["0.1", "1e-3"], at: [0, 1, 0] },
    { key: "opt", texts: ["adam"], at: [0, 0, 0] },
    { key: "cut", texts: ["xxx…", "xxx…"], at: [0, 1, 0] },
  ],
  tags: [{ key: "team", texts: ["red"], at: [0, -1, 0] }],
  more: { metrics: 0, params: 0, tags: 0 },
};
const rows = rowsOf(comparison, { status: (r) => r.status, time: String, duration: (ms) => `${ms} ms` });
const rowOf = (id: string) => {
  const row = rows.find((one) => one.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
};
const all = [0, 1, 2];
const ids = (filter: Parameters<typeof filterRows>[2], runs = all): string[] =>
  filterRows(rows, runs, filter).map(({ id }) => id);

test("only what differs, a value that a run lacks included; ids differ always and say nothing", () => {
  expect(ids({ onlyDiffering: true, search: "" })).toEqual([
    "attribute:end",
    "attribute:duration",
    "param:lr",
    "param:cut",
    "metric:loss",
    "tag:team",
  ]);
  expect(ids({ onlyDiffering: true, search: "" }, [0, 2])).not.toContain("param:lr");
  expect(ids({ onlyDiffering: true, search: "" }, [0])).toEqual([]);
});

test("all NaN is no difference; texts that are shown alike may be one", () => {
  expect(rowDiffers(rowOf("metric:odd"), all)).toBe(false);
  expect(rowDiffers(rowOf("param:cut"), all)).toBe(true);
});

test("a search looks at keys and values, whatever their case", () => {
  expect(ids({ onlyDiffering: false, search: "ADAM" })).toEqual(["param:opt"]);
  expect(ids({ onlyDiffering: true, search: " lo" })).toEqual(["metric:loss"]);
});

test("the best is the highest or the lowest, and nothing where all are the same", () => {
  expect(bestOf(rowOf("metric:loss"), all, "min")).toBe(0.25);
  expect(bestOf(rowOf("metric:loss"), all, "max")).toBe(0.5);
  expect(bestOf(rowOf("metric:same"), all, "max")).toBeUndefined();
  expect(bestOf(rowOf("metric:loss"), [2], "max")).toBeUndefined();
});

test.each([
  ["val/loss", "min"],
  ["RMSE", "min"],
  ["valLoss", "min"],
  ["train_error", "min"],
  ["accuracy", "max"],
  ["glossary", "max"],
  ["f1", "max"],
])("of %s the %s is best", (key, goal) => expect(usualGoal(key)).toBe(goal));

test("deltas to the baseline, relative where it is not 0", () => {
  const cell = (number: number) => ({ same: number, text: String(number), number });
  expect(deltaOf(cell(3), cell(2))).toEqual({ by: 1, ratio: 0.5 });
  expect(deltaOf(cell(-3), cell(-2))).toEqual({ by: -1, ratio: -0.5 });
  expect(deltaOf(cell(3), cell(0))).toEqual({ by: 3, ratio: undefined });
  expect(deltaOf(cell(3), cell(3))).toBeUndefined();
  expect(deltaOf({ same: "NaN", text: "NaN" }, cell(3))).toBeUndefined();
});

test("a param that is a number can be ordered, a tag is text", () => {
  expect(rowOf("param:lr").cell(1)).toEqual({ same: 1, text: "1e-3", number: 0.001 });
  expect(rowOf("tag:team").cell(1)).toEqual({ same: undefined, text: "" });
});

test("CSV keeps commas, quotes and line ends, and no cell starts a formula", () => {
  expect(
    toCsv([
      ["key", 'a "b"'],
      ["x,y", "1\n2"],
      ["=1+1", "-1.5"],
      ["-1+cmd|' /C calc'!A0", "@x"],
    ]),
  ).toBe('\uFEFFkey,"a ""b"""\r\n"x,y","1\n2"\r\n\'=1+1,-1.5\r\n\'-1+cmd|\' /C calc\'!A0,\'@x\r\n');
});
