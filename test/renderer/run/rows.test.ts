import { expect, test } from "vitest";
import { lastRows } from "../../../renderer/run/rows.ts";

const series = {
  key: "loss",
  origin: 0,
  steps: [1, 2, 4],
  timestamps: [10, 20, 40],
  values: [0.1, 0.2, 0.4],
  total: 5,
  not_finite: 2,
  marks: [
    { step: 0, timestamp: 0, value: "NaN" as const },
    { step: 3, timestamp: 30, value: "Infinity" as const },
  ],
};
const all = [
  { step: 0, value: "NaN" },
  { step: 1, value: 0.1 },
  { step: 2, value: 0.2 },
  { step: 3, value: "Infinity" },
  { step: 4, value: 0.4 },
];

test("a chart's table has what the chart cannot draw, in its place", () => {
  expect(lastRows(series, 200).map(({ step, value }) => ({ step, value }))).toEqual(all);
});

test("it keeps the last of many", () => {
  expect(lastRows(series, 2).map(({ step }) => step)).toEqual([3, 4]);
});
