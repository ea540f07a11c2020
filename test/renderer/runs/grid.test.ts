import { describe, expect, test } from "vitest";
import { columnOf } from "../../../renderer/runs/columns.ts";
import { columnsThatDiffer } from "../../../renderer/runs/differing.ts";
import { deltaOf } from "../../../renderer/runs/deltas.ts";
import { placeAfter } from "../../../renderer/runs/grid-keys.ts";
import { columnsIn, layOut, scrollFor, usualWidth } from "../../../renderer/runs/layout.ts";

const bounds = { rows: 100, cols: 10, page: 20 };
const after = (key: string, from: [number, number], far = false) => {
  const next = placeAfter({ key, ctrlKey: far, metaKey: false }, { row: from[0], col: from[1] }, bounds);
  return next && [next.row, next.col];
};

test.each<[string, [number, number], [number, number]]>([
  ["ArrowDown", [0, 3], [1, 3]],
  ["ArrowDown", [99, 3], [99, 3]],
  ["ArrowUp", [0, 3], [-1, 3]],
  ["ArrowUp", [-1, 3], [-1, 3]],
  ["ArrowLeft", [4, 0], [4, 0]],
  ["ArrowRight", [4, 9], [4, 9]],
  ["j", [4, 2], [5, 2]],
  ["k", [0, 2], [0, 2]],
  ["Home", [4, 7], [4, 0]],
  ["End", [4, 7], [4, 9]],
  ["PageDown", [4, 7], [24, 7]],
  ["PageDown", [95, 7], [99, 7]],
  ["PageUp", [4, 7], [0, 7]],
  ["PageDown", [-1, 7], [19, 7]],
])("%s leads from %j to %j", (key, from, to) => expect(after(key, from)).toEqual(to));

test("with Ctrl, Home and End lead to the corners; other keys do not move", () => {
  expect(after("Home", [40, 5], true)).toEqual([0, 0]);
  expect(after("End", [40, 5], true)).toEqual([99, 9]);
  expect(after("ArrowDown", [40, 5], true)).toBeUndefined();
  expect(after("x", [0, 0])).toBeUndefined();
});

test("an empty grid has a header to stand on", () => {
  const none = { rows: 0, cols: 3, page: 20 };
  for (const key of ["ArrowDown", "j", "End", "PageDown"]) {
    const next = placeAfter({ key, ctrlKey: false, metaKey: false }, { row: -1, col: 0 }, none);
    expect(next?.row, key).toBeLessThanOrEqual(0);
  }
});

describe("columns", () => {
  const many = Array.from({ length: 12_000 }, (_unused, i) => columnOf("metric", `m${i}`));
  const sizes = { nameWidth: 200, viewWidth: 1000, widthOf: () => 100 };

  test("of thousands only those in view are found", () => {
    const { scrolled, width } = layOut(many, new Set(), sizes);
    expect(width).toBe(34 + 200 + 1_200_000);
    expect(columnsIn(scrolled, 600_000, 600_800)).toEqual([6000, 6008]);
    expect(columnsIn(scrolled, 50, 250)).toEqual([0, 3]);
    expect(columnsIn(scrolled, -100, 0)).toEqual([0, 0]);
    expect(columnsIn(scrolled, 1_199_950, 1_300_000)).toEqual([11_999, 12_000]);
    expect(columnsIn([], 0, 100)).toEqual([0, 0]);
  });

  test("that stay in view leave room for the others, or do not stay", () => {
    const few = many.slice(0, 10);
    const kept = layOut(few, new Set(["metric/m3", "metric/m1"]), sizes);
    expect(kept.fixed.map(({ column, left }) => [column.key, left])).toEqual([
      ["m1", 234],
      ["m3", 334],
    ]);
    expect(kept.scrolled[0]).toMatchObject({ column: { key: "m0" }, left: 0 });
    const narrow = layOut(few, new Set(["metric/m3"]), { ...sizes, viewWidth: 400 });
    expect(narrow.fixed).toEqual([]);
    expect(narrow.scrolled[0]).toMatchObject({ column: { key: "m3" } });
    expect(narrow.width).toBe(kept.width);
  });

  test("are as wide as what stands in them, within bounds", () => {
    const width = (...values: (string | number | null)[]) => usualWidth(columnOf("param", "p"), values, false);
    expect(width("1")).toBe(76);
    expect(width("x".repeat(500))).toBe(220);
    expect(usualWidth(columnOf("metric", "m"), [1], true)).toBeGreaterThan(
      usualWidth(columnOf("metric", "m"), [1], false),
    );
  });
});

test("scrolling brings a stretch into view by the least way", () => {
  expect(scrollFor(100, 200, [150, 180])).toBe(100);
  expect(scrollFor(100, 200, [50, 84])).toBe(50);
  expect(scrollFor(100, 200, [290, 324])).toBe(124);
  expect(scrollFor(0, 100, [200, 500]), "more than fits: its beginning").toBe(200);
});

test.each([
  [0.32, 0.3, "+0.02 (+6.7%)"],
  [0.25, 0.5, "−0.25 (−50%)"],
  [1, 1, "±0"],
  [0.9999, 1, "−1e-4 (≈0%)"],
  [1, 0, "+1"],
  [-1, -2, "+1 (+50%)"],
  ["NaN", 1, "≠"],
  ["NaN", "NaN", "±0"],
  [1e9, 1, /^\+1e9 \(×1e9\)$/],
] as const)("%s beside the baseline's %s is %s", (value, base, said) => {
  if (typeof said === "string") expect(deltaOf(value, base)).toBe(said);
  else expect(deltaOf(value, base)).toMatch(said);
});
test("there is no difference to what is not there", () => {
  expect(deltaOf(null, 1)).toBeUndefined();
  expect(deltaOf(1, null)).toBeUndefined();
});

test("columns in which all rows have the same are left out; attributes stay", () => {
  const columns = [columnOf("attribute", "status"), columnOf("param", "lr"), columnOf("param", "seed")];
  const item = (lr: string) => ({
    kind: "run" as const,
    key: lr,
    loaded: { run: {} as never, read: (_run: unknown, column: { key: string }) => (column.key === "lr" ? lr : "1") },
    level: 1,
    expands: undefined,
    expanded: false,
    pinned: false,
  });
  expect(columnsThatDiffer(columns, [item("1"), item("2")]).map(({ key }) => key)).toEqual(["status", "lr"]);
  expect(columnsThatDiffer(columns, [item("1")])).toEqual(columns);
});
