import { expect, test } from "vitest";
import { factsOf, isOver, reachedOf, titleOf } from "../../../renderer/activity/jobs.ts";

test.each([
  ["purge", "", "Delete for good"],
  ["purge", "1", "Delete 1 thing for good"],
  ["import", "/data/mlruns", "Import /data/mlruns"],
  ["sample-remove", "", "Remove the sample project"],
  ["something new", "x", "as the server says"],
])("a job of the kind %s on '%s' is called '%s'", (kind, subject, title) => {
  expect(titleOf({ kind, subject, title: "as the server says" })).toBe(title);
});

test.each([
  [{ done: 12, total: 40, unit: "count" }, "12 / 40 (30%)"],
  [{ done: 0, total: 0, unit: "count" }, "0 / 0 (100%)"],
  [{ done: 7, total: null, unit: "count" }, "7"],
  [{ done: 0, total: null, unit: "count" }, ""],
  [{ done: 1500, total: 3000, unit: "bytes" }, "1.5 kB / 3.0 kB (50%)"],
])("progress %j reads '%s'", (job, text) => {
  expect(reachedOf(job)).toBe(text);
});

test("what was cut off is over; what is being cancelled is not", () => {
  expect([isOver({ state: "interrupted" }), isOver({ state: "cancelling" })]).toEqual([true, false]);
});

test("counts have words and units; zeros and unknown ones are left out", () => {
  expect(
    factsOf([
      { name: "purged", count: 1200 },
      { name: "bytes_freed", count: 2_000_000 },
      { name: "blocked", count: 0 },
      { name: "unheard_of", count: 5 },
    ]),
  ).toEqual([
    { text: "deleted for good", value: "1,200" },
    { text: "freed", value: "2.0 MB" },
  ]);
});
