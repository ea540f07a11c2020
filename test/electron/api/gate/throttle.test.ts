import { expect, test } from "vitest";
import { createThrottle } from "../../../../electron/api/gate/throttle.ts";

test("ten wrong tokens within a minute are heard, the eleventh is not; each is forgotten a minute after it came", () => {
  let now = 0;
  const { allowsWrong } = createThrottle(() => now);
  const tries = Array.from({ length: 12 }, () => {
    now += 1000;
    return allowsWrong("uid:1");
  });
  expect(tries).toEqual([...Array.from({ length: 10 }, () => true), false, false]);
  expect(allowsWrong("uid:2")).toBe(true);
  now = 61_000; // the first came at 1,000
  expect([allowsWrong("uid:1"), allowsWrong("uid:1")]).toEqual([true, false]);
});

test("refused tries do not make the wait longer", () => {
  let now = 0;
  const { allowsWrong } = createThrottle(() => now);
  for (let i = 0; i < 10; i++) allowsWrong("uid:1");
  for (now = 1000; now < 60_000; now += 1000) expect(allowsWrong("uid:1")).toBe(false);
  now = 60_000;
  expect(allowsWrong("uid:1")).toBe(true);
});
