import { expect, test } from "vitest";
import { isPreferenceChange, preferenceDefaults, preferencesIn } from "../../../shared/shell/preferences.ts";
import { listOf, nothing, oneOf, optional, shape, text, yesNo } from "../../../shared/shell/verb.ts";
import { verbNames, verbs } from "../../../shared/shell/verbs.ts";

const place = shape({ id: text(3), kind: oneOf("run", "model"), deep: optional(yesNo) });

test.each([
  [{ id: "abc", kind: "run", deep: undefined }, true],
  [{ id: "abc", kind: "run" }, true],
  [{ id: "abcd", kind: "run" }, false],
  [{ id: "a\0", kind: "run" }, false],
  [{ id: "a", kind: "file" }, false],
  [{ id: "a", kind: "run", deep: 1 }, false],
  [{ id: "a", kind: "run", more: true }, false],
  [{ kind: "run" }, false],
  [["a", "run"], false],
  [null, false],
  ["a", false],
])("a shape takes exactly its fields: %j %s", (value, taken) => {
  expect(place(value)).toBe(taken);
});

test("lists are bounded", () => {
  expect(listOf(text(), 2)(["a", "b"])).toBe(true);
  expect(listOf(text(), 2)(["a", "b", "c"])).toBe(false);
  expect(listOf(text())([1])).toBe(false);
});

test("every verb refuses what it was not made for", () => {
  for (const name of verbNames) expect(verbs[name].accepts({ __proto__: null, evil: [] }), name).toBe(false);
});

test("nothing is nothing", () => {
  expect([undefined, null, 0, ""].map((value) => nothing(value))).toEqual([true, false, false, false]);
});

test.each([
  [{ name: "theme", value: "dark" }, true],
  [{ name: "theme", value: "pink" }, false],
  [{ name: "keep_in_tray", value: "yes" }, false],
  [{ name: "toString", value: "dark" }, false],
  [{ name: "theme", value: "dark", more: 1 }, false],
  [undefined, false],
])("a change of a preference is proven: %j %s", (change, taken) => {
  expect(isPreferenceChange(change)).toBe(taken);
});

test("preferences of a damaged file are the defaults, one by one", () => {
  expect(preferencesIn({ theme: "dark", notifications: 7, strange: 1 })).toEqual({
    ...preferenceDefaults,
    theme: "dark",
  });
  expect(preferencesIn("x")).toEqual(preferenceDefaults);
});
