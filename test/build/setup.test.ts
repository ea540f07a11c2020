import { expect, test } from "vitest";
import { agrees, isEnough } from "../../build/setup.js";

const entry = (version: string, more: object = {}) => ({ version, integrity: `sha512-${version}`, ...more });
const locked = {
  packages: { "": {}, "node_modules/a": entry("1.0.0"), "node_modules/b": entry("2.0.0", { optional: true }) },
};
const tree = (packages: Record<string, unknown>) => ({ packages });

test.each([
  ["all there", { "node_modules/a": entry("1.0.0"), "node_modules/b": entry("2.0.0") }, true],
  ["an optional package of another platform absent", { "node_modules/a": entry("1.0.0") }, true],
  ["a package absent", { "node_modules/b": entry("2.0.0") }, false],
  ["another version", { "node_modules/a": entry("1.0.1") }, false],
  ["the same version with other contents", { "node_modules/a": entry("1.0.0", { integrity: "sha512-x" }) }, false],
  [
    "an optional package in another version",
    { "node_modules/a": entry("1.0.0"), "node_modules/b": entry("1.9.0") },
    false,
  ],
])("an installed tree against the lockfile: %s", (_, packages, expected) => {
  expect(agrees(tree(packages), locked)).toBe(expected);
});

test.each([
  [[20, 20, 2], false],
  [[22, 17, 9], false],
  [[22, 18, 0], true],
  [[24, 0, 0], true],
])("Node %j is new enough: %s", (version, expected) => {
  expect(isEnough(version)).toBe(expected);
});
