import { expect, test } from "vitest";
import { nameOf, partsOf } from "../../../renderer/trash/items.ts";

test.each([
  ["experiment", 3, "with 3 runs"],
  ["experiment", 0, ""],
  ["registered_model", 1, "with 1 version"],
  ["artifacts", 4, "and 3 more"],
  ["artifacts", 1, ""],
  ["run", 1, ""],
] as const)("of a thing of kind %s with %i parts, '%s' is said", (kind, parts, text) => {
  expect(partsOf({ kind, parts })).toBe(text);
});

test("a version is named with its model, anything else by its own name", () => {
  expect(nameOf({ kind: "model_version", name: "1.2.0", place: "fraud" })).toBe("fraud 1.2.0");
  expect(nameOf({ kind: "run", name: "trial", place: "churn" })).toBe("trial");
});
