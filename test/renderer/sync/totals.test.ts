import { expect, test } from "vitest";
import { attentionOf, doesNothing, runWords, wordsOf } from "../../../renderer/sync/totals.ts";

const none = { objects: 0, fields: 0, points: 0, files: 0, bytes: 0 };
const totals = { items: 0, push: none, pull: none, conflicts: 0, excluded: 0, blocked: 0, gone: 0 };

test("totals leave out what is none, and say how large the files are", () => {
  expect(wordsOf({ objects: 1, fields: 340, points: 12_000, files: 4, bytes: 3_200_000_000 })).toBe(
    "1 object, 340 fields, 12,000 metric points, 4 files (3.2 GB)",
  );
  expect(wordsOf({ fields: 0, points: 0, files: 1, bytes: 0 })).toBe("1 file");
  expect(wordsOf(none)).toBe("");
});

test("what needs a person is counted by kind", () => {
  expect(attentionOf({ ...totals, conflicts: 1, excluded: 3, blocked: 2, gone: 4 })).toBe(
    "1 conflict, 2 refused, 4 gone there, 3 kept here by a rule",
  );
  expect(attentionOf(totals)).toBe("");
});

test("a plan that neither sends nor fetches does nothing, whatever needs a person", () => {
  expect(doesNothing({ ...totals, conflicts: 3 })).toBe(true);
  expect(doesNothing({ ...totals, pull: { ...none, objects: 1 } })).toBe(false);
});

test("a past sync says what it did, or that there was nothing to do", () => {
  const counts = [
    { name: "pushed", count: 12 },
    { name: "pulled", count: 0 },
    { name: "conflicts", count: 1 },
    { name: "calls", count: 99 },
  ];
  expect(runWords(counts)).toBe("12 sent, 1 conflict");
  expect(runWords([])).toBe("nothing to do");
});
