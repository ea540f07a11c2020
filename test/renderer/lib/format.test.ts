import { expect, test } from "vitest";
import { formatAgo, formatBytes, formatDuration, formatValue } from "../../../renderer/lib/format.ts";

test.each([
  [0.123456789, "0.12346"],
  [0, "0"],
  [1e-7, "1e-7"],
  [123456789, "1.235e8"],
  [42, "42"],
  ["NaN", "NaN"],
  ["-Infinity", "−∞"],
  [Number.MAX_VALUE, "∞"],
] as const)("the value %s reads %s", (value, text) => expect(formatValue(value)).toBe(text));

test.each([
  [999, "999 B"],
  [1234, "1.2 kB"],
  [66_000, "66 kB"],
  [5e12, "5.0 TB"],
])("%i bytes read %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test.each([
  [-5, "0ms"],
  [950, "950ms"],
  [4_200, "4.2s"],
  [180_000, "3m"],
  [3_725_000, "1h 2m"],
  [90_000_000, "1d 1h"],
])("%i ms read %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test("ages read as a person says them", () => {
  const now = 1_700_000_000_000;
  expect([0, 59_000, -59_000, 60_000, 120_000, 7_200_000, 86_400_000].map((ms) => formatAgo(now - ms, now))).toEqual([
    "just now",
    "just now",
    "just now",
    "1 min. ago",
    "2 min. ago",
    "2 hr. ago",
    "yesterday",
  ]);
});
