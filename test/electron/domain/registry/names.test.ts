import { expect, test } from "vitest";
import {
  assertAlias,
  assertFreeAlias,
  assertModelName,
  assertNewModelName,
  assertTag,
  assertTagKey,
  toStage,
  toVersionNumber,
} from "../../../../electron/domain/registry/names.ts";

const refusal = expect.objectContaining({ name: "DomainError", kind: "invalid" });

test.each(["m", "é", " a", "a b", "日本", "a@b", "x.y", "semi;c", "n".repeat(1000), "𝐦".repeat(1000)])(
  "%s can be a model's name",
  (name) => {
    expect(() => assertNewModelName(name)).not.toThrow();
  },
);

test.each(["", " ", "a/b", "a:b", "..", ".", "../../x", "..x", "a//b", "/a", "a/"])(
  "%j is no model's name anywhere",
  (name) => {
    expect(() => assertModelName(name)).toThrow(refusal);
    expect(() => assertNewModelName(name)).toThrow(refusal);
  },
);

test.each(["a\0b", "n".repeat(1001), "n".repeat(5000)])("a new model is not called %j", (name) => {
  expect(() => assertNewModelName(name)).toThrow(refusal);
  expect(() => assertModelName(name)).not.toThrow(); // asking for it is "not found", as in MLflow
});

test.each(["k", "a/b", "a.b", "k 2", "日本k", "a:b", "x-y", "²"])("%s can be a tag's key", (key) => {
  expect(() => assertTag(key, "v")).not.toThrow();
});

test.each(["", "a//b", "../x", "/abs", ".", "..", "a/", "semi;c", "q?m", "a\\b", "tab\tx", "a\0"])(
  "%j is no tag's key",
  (key) => {
    expect(() => assertTagKey(key)).toThrow(refusal);
  },
);

test("lengths count characters, not UTF-16 units", () => {
  expect(() => assertTag("é".repeat(250), "𝐯".repeat(100_000))).not.toThrow();
  expect(() => assertTag("k".repeat(251), "v")).toThrow(refusal);
  expect(() => assertTag("k", "v".repeat(100_001))).toThrow(refusal);
});

test.each(["champ", "é", "a_b-c", "v1x", "x".repeat(255)])("%s can be an alias", (alias) => {
  expect(() => assertFreeAlias(alias)).not.toThrow();
});

test.each(["latest", "LATEST", "v1", "V22", "1.0.0", "2.0.0-rc.1", "a b", "x".repeat(256)])(
  "%s cannot be set as an alias",
  (alias) => {
    expect(() => assertFreeAlias(alias)).toThrow(refusal);
  },
);

test("reserved words may be asked for", () => {
  expect(() => assertAlias("latest")).not.toThrow();
  expect(() => assertAlias("v1")).not.toThrow();
});

test.each([
  ["1", 1],
  [" 1 ", 1],
  ["+1", 1],
  ["01", 1],
  ["1_0", 10],
  ["0", 0],
  ["-1", -1],
  ["9".repeat(30), -1],
])("version %j is number %d", (text, number) => {
  expect(toVersionNumber(text)).toBe(number);
});

test.each(["", "1e3", "1;drop", "1.0", "x", "1__0", "_1"])("version %j is no number", (text) => {
  expect(() => toVersionNumber(text)).toThrow(refusal);
});

test("stages are case-insensitive", () => {
  expect(["none", "STAGING", "Production", "archived"].map(toStage)).toEqual([
    "None",
    "Staging",
    "Production",
    "Archived",
  ]);
  expect(() => toStage("Bogus")).toThrow(refusal);
  expect(() => toStage("Deleted_Internal")).toThrow(refusal);
});
