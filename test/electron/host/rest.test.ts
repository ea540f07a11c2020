import { expect, test } from "vitest";
import { lookAtRest } from "../../../electron/host/rest.ts";

const MIB = 1024 * 1024;

/** A thread that is busy for a part of the time and whose heap a collection brings down to `least` MiB. */
const thread = (utilization: number, held: number, least: number) => {
  let now = held * MIB;
  let collected = 0;
  return {
    utilization: () => utilization,
    held: () => now,
    collect: () => {
      collected++;
      now = least * MIB;
    },
    collected: () => collected,
  };
};

test("a thread at rest gives back what it took, and is left alone until it has taken much again", () => {
  const one = thread(0, 90, 60);
  const held = lookAtRest(one, 0);
  expect([held, one.collected()]).toEqual([60 * MIB, 1]);
  expect(lookAtRest(thread(0, 65, 60), held)).toBe(held);
  const grown = thread(0, 80, 62);
  expect([lookAtRest(grown, held), grown.collected()]).toEqual([62 * MIB, 1]);
});

test("a busy thread is not held up", () => {
  const busy = thread(0.3, 500, 60);
  expect([lookAtRest(busy, 0), busy.collected()]).toEqual([0, 0]);
});
