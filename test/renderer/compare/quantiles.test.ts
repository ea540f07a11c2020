import { expect, test } from "vitest";
import { quantile, summaryOf } from "../../../renderer/compare/plots/quantiles.ts";

test("quartiles lie between values by their distance", () => {
  expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
  expect(summaryOf([4, 1, 3, 2])).toEqual({ count: 4, min: 1, q1: 1.75, median: 2.5, q3: 3.25, max: 4, mean: 2.5 });
  expect(summaryOf([7])).toMatchObject({ min: 7, median: 7, max: 7 });
  expect(() => summaryOf([])).toThrow("No numbers");
});
