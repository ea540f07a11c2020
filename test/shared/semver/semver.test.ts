import { expect, test } from "vitest";
import { checkSemver, compareSemver, isSemver, nextSemver, raised } from "../../../shared/semver/semver.ts";

test.each(["1.0.0", "0.0.0", "10.20.30", "2.0.0-rc.1", "1.0.0-alpha+exp.sha.5114f85", "1.0.0+build"])(
  "%s is a semantic version",
  (text) => {
    expect(isSemver(text)).toBe(true);
  },
);

test.each([
  "",
  "1",
  "1.0",
  "v1.0.0",
  "=1.0.0",
  " 1.0.0",
  "1.0.0 ",
  "01.0.0",
  "1.0.0-",
  "1.0.0-01",
  "latest",
  "1.0.0.0",
  "1e3.0.0",
])("%j is none", (text) => {
  expect(isSemver(text)).toBe(false);
});

test("the first version is 1.0.0", () => {
  expect(nextSemver(undefined)).toBe("1.0.0");
});

test.each([
  ["1.0.0", "1.0.1"],
  ["2.4.9", "2.4.10"],
  ["2.0.0-rc.1", "2.0.1-rc.1"],
  ["2.0.0+gpu", "2.0.1+gpu"],
])("after %s comes %s", (highest, next) => {
  expect(nextSemver(highest)).toBe(next);
  expect(compareSemver(next, highest)).toBeGreaterThan(0);
});

test("numbers count as numbers and a pre-release comes before its release", () => {
  expect(["1.10.0", "1.9.0", "1.10.0-rc.2", "1.10.0-rc.10"].toSorted(compareSemver)).toEqual([
    "1.9.0",
    "1.10.0-rc.2",
    "1.10.0-rc.10",
    "1.10.0",
  ]);
});

test.each([
  [undefined, "major", "1.0.0"],
  ["1.2.3", "patch", "1.2.4"],
  ["1.2.3", "minor", "1.3.0"],
  ["1.2.3", "major", "2.0.0"],
  ["2.0.0-rc.1", "patch", "2.0.0"],
] as const)("%s with its %s raised is %s", (highest, part, next) => {
  expect(raised(highest, part)).toBe(next);
});

test.each([
  ["", { problem: "empty" }],
  ["v1.0.0", { problem: "v" }],
  ["1.0", { problem: "form" }],
  ["1.2.0", { problem: "taken" }],
  [`1.0.0-${"a".repeat(250)}`, { problem: "long" }],
  ["1.1.9", { lower: true }],
  ["1.2.1", { lower: false }],
] as const)("for a model at 1.2.0 the version %j is %j", (text, result) => {
  expect(checkSemver(text, ["1.2.0", "1.0.0"])).toEqual(result);
});
