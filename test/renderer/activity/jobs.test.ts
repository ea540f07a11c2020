import { expect, test } from "vitest";
import { atOf, factsOf, isOver, reachedOf, resultText, titleOf } from "../../../renderer/activity/jobs.ts";

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

test.each([
  ["sync", "lab", "Sync with lab", "Sync with lab"],
  ["sync", "lab", "Plan for lab", "Plan for lab"],
  ["bundle-create", "", "Bundle", "Make a bundle"],
  ["bundle-create", "lab", "Bundle for lab", "Make a bundle for lab"],
  ["bundle-open", "verify a.tar", "Check a.tar", "Check the bundle a.tar"],
  ["bundle-open", "import a.tar", "Import a.tar", "Import the bundle a.tar"],
  ["bundle-open", "a.tar", "Import a.tar", "Import a.tar"],
  ["bundle-receipt", "lab", "Receipt for lab", "Write a receipt for lab"],
])("of syncing and bundles, %s on '%s' (%s) is called '%s'", (kind, subject, title, text) => {
  expect(titleOf({ kind, subject, title })).toBe(text);
});

test.each([
  ["sync", "done", "Done"],
  ["sync", "The token has expired", "The token has expired"],
  ["bundle-open", "verified: a.tar", "a.tar is whole"],
  ["bundle-receipt", "receipt written: r.tar", "The receipt r.tar was written"],
  ["import", "made: a.tar", "made: a.tar"],
])("of a job of the kind %s, the result '%s' reads '%s'", (kind, text, said) => {
  expect(resultText({ kind, text })).toBe(said);
});

test("what a job is at is named, with its bytes once some have gone", () => {
  expect(atOf({ at: { name: "weights.bin", bytes: 12_000_000 } })).toBe("weights.bin: 12 MB");
  expect(atOf({ at: { name: "third", bytes: 0 } })).toBe("third");
  expect(atOf({ at: null })).toBe("");
});

test("a word of counts may mean another thing for a sync", () => {
  const blocked = [{ name: "blocked", count: 2 }];
  expect(factsOf(blocked, "sync")).toEqual([{ text: "refused", value: "2" }]);
  expect(factsOf(blocked, "purge")).toEqual([{ text: "stay, because something needs them", value: "2" }]);
});
