import { expect, test } from "vitest";
import { isNoRoom } from "../../shared/no-room.ts";

const failure = (facts: object): Error => Object.assign(new Error("write"), facts);

test.each([
  ["a full disk", { code: "ENOSPC", errno: -28 }, true],
  ["a quota under its name", { code: "EDQUOT" }, true],
  ["a quota as Node says it on Linux", { code: "Unknown system error -122", errno: -122 }, true],
  ["a quota as Node says it on macOS", { code: "Unknown system error -69", errno: -69 }, true],
  ["a broken disk", { code: "EIO", errno: -5 }, false],
  ["no system's error", {}, false],
])("%s", (_name, facts, expected) => {
  expect(isNoRoom(failure(facts))).toBe(expected);
  expect(isNoRoom(facts)).toBe(false);
});
