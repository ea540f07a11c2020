import fc from "fast-check";
import { expect, test } from "vitest";
import { choiceText, fieldText, mergeDraft, neighbours, waysOf } from "../../../renderer/sync/conflict.ts";
import { diffWords } from "../../../renderer/sync/word-diff.ts";

test("words that came and went are told apart, blanks stay where they are", () => {
  expect(diffWords("a quick fox", "a slow fox")).toEqual([
    { change: "same", text: "a " },
    { change: "removed", text: "quick" },
    { change: "added", text: "slow" },
    { change: "same", text: " fox" },
  ]);
});

test("scripts without blanks are compared letter by letter", () => {
  expect(diffWords("解約を予測", "解約率を予測")).toEqual([
    { change: "same", text: "解約" },
    { change: "added", text: "率" },
    { change: "same", text: "を予測" },
  ]);
});

test("both texts can be read off a comparison, whatever they hold", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const pieces = diffWords(before, after);
      const without = (change: string): string =>
        pieces.flatMap((piece) => (piece.change === change ? [] : [piece.text])).join("");
      expect(without("added")).toBe(before);
      expect(without("removed")).toBe(after);
    }),
  );
});

test("a merge begins with both texts; where one side only added, with the longer one", () => {
  expect(mergeDraft({ base: "x", local: "one\n", remote_value: "two" })).toBe("one\n\ntwo");
  expect(mergeDraft({ base: "x", local: "one", remote_value: "one two" })).toBe("one two");
  expect(mergeDraft({ base: "x", local: "one two", remote_value: "one" })).toBe("one two");
  expect(mergeDraft({ base: null, local: null, remote_value: "two" })).toBe("two");
});

test("a field is called what the interface calls it; keys are kept as they are", () => {
  expect(fieldText("description")).toBe("Description");
  expect(fieldText("tag/team/lead")).toBe("Tag team/lead");
  expect(fieldText("tag/mlflow.note.content")).toBe("Note");
  expect(fieldText("dataset/x/y")).toBe("dataset/x/y");
  expect(choiceText("next_patch")).toBe("Use the next patch number");
  expect(choiceText("from the future")).toBe("from the future");
});

test("one goes from conflict to conflict in the list's order", () => {
  const list = [{ id: 3 }, { id: 5 }, { id: 8 }];
  expect(neighbours(list, 5)).toEqual({ previous: 3, next: 8 });
  expect(neighbours(list, 3)).toEqual({ previous: undefined, next: 5 });
  expect(neighbours(list, 4)).toEqual({ previous: undefined, next: 3 });
});

test("a version may be left out; a field that is left open is no choice", () => {
  expect(waysOf({ field: "semver", choices: ["next_patch", "skip"] })).toEqual(["next_patch", "skip"]);
  expect(waysOf({ field: "description", choices: ["local", "remote", "skip"] })).toEqual(["local", "remote"]);
});
