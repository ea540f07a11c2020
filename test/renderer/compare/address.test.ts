import { expect, test } from "vitest";
import { moved, wantedRuns, writeList } from "../../../renderer/compare/address.ts";

test("runs are read as MLflow writes them, as a repeated field and as a list with commas", () => {
  expect(wantedRuns(['["a","b"]']).ids).toEqual(["a", "b"]);
  expect(wantedRuns(["a", "b", '["b","c"]']).ids).toEqual(["a", "b", "c"]);
  expect(wantedRuns(["a, b,"]).ids).toEqual(["a", "b"]);
  expect(wantedRuns(["[1,null,{}]"]).ids).toEqual(["1"]);
  expect(wantedRuns(["[broken"]).ids).toEqual([]);
  expect(wantedRuns([]).ids).toEqual([]);
});

test("more than can be compared are counted", () => {
  const ids = Array.from({ length: 203 }, (_unused, i) => `r${i}`);
  const wanted = wantedRuns([writeList(ids)]);
  expect(wanted.ids).toHaveLength(200);
  expect(wanted.tooMany).toBe(3);
});

test("an item moves within its list and never out of it", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 0, 9)).toEqual(["b", "c", "a"]);
});
