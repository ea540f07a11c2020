import { expect, test } from "vitest";
import { nameOf, needsAsking, partsOf, valueOf } from "../../../renderer/trash/items.ts";

test.each([
  ["experiment", 3, "with 3 runs"],
  ["experiment", 0, ""],
  ["registered_model", 1, "with 1 version"],
  ["artifacts", 4, "and 3 more"],
  ["artifacts", 1, ""],
  ["run", 1, ""],
  ["tags", 1, ""],
  ["tags", 12, "on 12 runs"],
] as const)("of a thing of kind %s with %i parts, '%s' is said", (kind, parts, text) => {
  expect(partsOf({ kind, parts })).toBe(text);
});

test("a version is named with its model, anything else by its own name", () => {
  expect(nameOf({ kind: "model_version", name: "1.2.0", place: "fraud" })).toBe("fraud 1.2.0");
  expect(nameOf({ kind: "run", name: "trial", place: "churn" })).toBe("trial");
});

test("a note is called one, not by its tag's key; a description has no name of its own", () => {
  expect(nameOf({ kind: "tags", name: "mlflow.note.content", place: "trial" })).toBe("Note");
  expect(nameOf({ kind: "tags", name: "team", place: "trial" })).toBe("team");
  expect(nameOf({ kind: "texts", name: "description", place: "fraud" })).toBe("Description");
});

test("a tag says what it held, an alias where it pointed, anything else nothing", () => {
  expect(valueOf({ kind: "tags", value: "vision" })).toBe("vision");
  expect(valueOf({ kind: "aliases", value: "3" })).toBe("version 3");
  expect(valueOf({ kind: "run", value: null })).toBe("");
});

test("what something else took the place of, or belongs to what is in the trash, is asked about", () => {
  expect(needsAsking({ can_overwrite: true, restore_first: null })).toBe(true);
  expect(needsAsking({ can_overwrite: false, restore_first: "run:1" })).toBe(true);
  expect(needsAsking({ can_overwrite: false, restore_first: null })).toBe(false);
});
