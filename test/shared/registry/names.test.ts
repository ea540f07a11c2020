import fc from "fast-check";
import { expect, test } from "vitest";
import { assertFreeAlias, assertNewModelName, assertTag } from "../../../electron/domain/registry/names.ts";
import { DomainError } from "../../../shared/errors.ts";
import { aliasProblem, keyProblem, modelNameProblem } from "../../../shared/registry/names.ts";

const isRefused = (check: () => void): boolean => {
  try {
    check();
    return false;
  } catch (error) {
    if (error instanceof DomainError) return true;
    throw error;
  }
};
const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(..."a . v / : - _ 1 \0 é ² \\".split(" "), " "), maxLength: 6 }),
  fc.constantFrom(
    "x".repeat(250),
    "x".repeat(251),
    "x".repeat(256),
    "n".repeat(1001),
    "latest",
    "V12",
    "1.0.0",
    "v1.0",
  ),
);

test("what is typed is refused in the page exactly where the server refuses it", () => {
  fc.assert(
    fc.property(text, (typed) => {
      expect(modelNameProblem(typed) !== undefined).toBe(isRefused(() => assertNewModelName(typed)));
      expect(aliasProblem(typed) !== undefined).toBe(isRefused(() => assertFreeAlias(typed)));
      expect(keyProblem(typed) !== undefined).toBe(isRefused(() => assertTag(typed, "")));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["", "empty"],
  ["a/b", "separator"],
  ["..x", "dots"],
  ["n".repeat(1001), "long"],
])("the model name %j is %s", (name, problem) => {
  expect(modelNameProblem(name)).toBe(problem);
});

test.each([
  ["1.0.0", "semver"],
  ["Latest", "latest"],
  ["v3", "number"],
  ["a b", "characters"],
])("the alias %j is refused as %s", (alias, problem) => {
  expect(aliasProblem(alias)).toBe(problem);
});
