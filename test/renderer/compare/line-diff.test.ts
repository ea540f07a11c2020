import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "../../../renderer/compare/files/json.ts";
import { diffLines, linesOf, pairedRows, unifiedRows, type Hunk } from "../../../renderer/compare/files/line-diff.ts";

const applied = (hunks: readonly Hunk[], left: readonly string[], right: readonly string[]) => ({
  left: hunks.flatMap((h) => (h.change === "added" ? [] : left.slice(h.left, h.left + h.count))),
  right: hunks.flatMap((h) => (h.change === "removed" ? [] : right.slice(h.right, h.right + h.count))),
});

test("a changed line is removed and added in its place", () => {
  expect(diffLines(["a", "b", "c"], ["a", "x", "c"]).hunks).toEqual([
    { change: "same", left: 0, right: 0, count: 1 },
    { change: "removed", left: 1, right: 1, count: 1 },
    { change: "added", left: 2, right: 1, count: 1 },
    { change: "same", left: 2, right: 2, count: 1 },
  ]);
});

test("any two texts: the hunks give both back, and equal stretches are equal", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
  fc.assert(
    fc.property(lines, lines, fc.integer({ min: 0, max: 40 }), (left, right, most) => {
      const { hunks } = diffLines(left, right, most);
      expect(applied(hunks, left, right)).toEqual({ left, right });
      for (const h of hunks)
        if (h.change === "same")
          expect(left.slice(h.left, h.left + h.count)).toEqual(right.slice(h.right, h.right + h.count));
    }),
  );
});

/** The length of the longest common subsequence, the slow way. */
const common = (a: readonly string[], b: readonly string[]): number => {
  const row = Array.from({ length: b.length + 1 }, () => 0);
  for (const x of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      row[j] = x === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1] ?? 0);
      diagonal = above;
    }
  }
  return row.at(-1) ?? 0;
};

test("the way is the shortest one", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 20 });
  fc.assert(
    fc.property(lines, lines, (left, right) => {
      const { hunks, shortest } = diffLines(left, right);
      expect(shortest).toBe(true);
      const same = hunks.filter((h) => h.change === "same").reduce((sum, h) => sum + h.count, 0);
      expect(same).toBe(common(left, right));
    }),
  );
});

test("texts that are all unlike are one block, and it says so", () => {
  const many = (word: string): string[] => Array.from({ length: 100 }, (_unused, i) => `${word}${i}`);
  const { hunks, shortest } = diffLines(["head", ...many("a")], ["head", ...many("b")], 50);
  expect(shortest).toBe(false);
  expect(hunks.map(({ change, count }) => [change, count])).toEqual([
    ["same", 1],
    ["removed", 100],
    ["added", 100],
  ]);
});

test("lines end with any of the three line ends; the last one makes none", () => {
  expect(linesOf("a\r\nb\nc\rd\n")).toEqual(["a", "b", "c", "d"]);
  expect(linesOf("")).toEqual([]);
});

test("far from a change lines are left out and counted; side by side, changes share their rows", () => {
  const left = Array.from({ length: 20 }, (_unused, i) => `${i}`);
  const right = left.with(10, "x").toSpliced(11, 0, "y");
  const rows = unifiedRows(diffLines(left, right).hunks, false);
  expect(rows[0]).toEqual({ change: "skipped", from: 1, count: 7 });
  expect(rows.filter(({ change }) => change === "removed")).toEqual([{ change: "removed", left: 11 }]);
  expect(rows.filter(({ change }) => change === "added")).toEqual([
    { change: "added", right: 11 },
    { change: "added", right: 12 },
  ]);
  const paired = pairedRows(rows);
  expect(paired).toContainEqual({ change: "removed", left: 11, right: 11 });
  expect(paired).toContainEqual({ change: "added", right: 12 });
  expect(unifiedRows(diffLines(left, right).hunks, true)).toHaveLength(22);
});

test("JSON is compared by its values: neither order of keys nor spaces nor 1.0 count, digits do", () => {
  expect(canonicalJson('{"b":1.0,"a":[1,{"d":2,"c":3}]}')).toBe(canonicalJson('{ "a": [1,{"c":3,"d":2}], "b": 1 }'));
  expect(canonicalJson("[9007199254740993]")).toBe("[\n  9007199254740993\n]");
  expect(canonicalJson('{"__proto__":1}')).toContain("__proto__");
  expect(canonicalJson("{")).toBeUndefined();
});
