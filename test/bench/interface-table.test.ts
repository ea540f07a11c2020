import { expect, test } from "vitest";
import { createNumbers, flatness, interfaceTable } from "./interface-table.ts";

test("a line shows medians, the ratio and whether the budget is met; what never came is no success", () => {
  const numbers = createNumbers();
  for (const value of [900, 100, 120]) numbers.add("first paint, ms", "outpost", value);
  numbers.add("first paint, ms", "mlflow", 1200);
  numbers.add("chart, ms", "outpost", NaN);
  const { text, met, of } = interfaceTable(
    [
      { line: "first paint, ms", most: 500 },
      { line: "chart, ms", most: 150 },
    ],
    numbers,
  );
  expect([met, of]).toEqual([1, 2]);
  const [, , paint, chart] = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  expect(paint?.slice(1, 7)).toEqual(["first paint, ms", "1,200", "120", "10.0×", "≤ 500", "yes"]);
  expect(chart?.slice(2, 7)).toEqual(["–", "never", "–", "≤ 150", "NO"]);
});

test("a heap that grows is told from one that goes up and down; the first reading is warm-up", () => {
  expect(flatness([5, 10, 11, 10, 11, 10])).toBeLessThan(1);
  expect(flatness([5, 10, 12, 14, 16, 18])).toBeGreaterThan(3);
});
