/**
 * The matrix against the engine in a real host and the GitLab double, over HTTP. ALL_CELLS=1 (`npm run test:faults`)
 * plays every form of every fault for every operation; else one form of one operation for each fault.
 */
import { afterAll, describe, expect, test } from "vitest";
import { type Play, playCell } from "./cell.ts";
import { noteTime, type PlayTime, summaryOf } from "./diagnosis.ts";
import { openLanes } from "./lanes.ts";
import { type Fault, type Operation, type Played, played } from "./matrix.ts";
import { formOfTheDay, plays } from "./plays.ts";

const isAll = process.env["ALL_CELLS"] !== undefined;
const LONG = 3_000_000; // a machine may be busy with much else

const lanes = openLanes(isAll ? 6 : 3);
const times: PlayTime[] = [];
afterAll(async () => {
  await lanes.close();
  if (times.length > 0) process.stdout.write(`${summaryOf(times)}\n`);
});

/** One play on a stage of its own, with its time. */
const timed = (fault: Fault, operation: Played, form: Play): Promise<void> =>
  lanes.use(async (stage) => {
    const began = performance.now();
    const note = (end: string): void => {
      times.push(noteTime(`${fault} ${operation}, ${form.name}`, performance.now() - began, end));
    };
    try {
      await playCell(stage, operation, form);
      note("well");
    } catch (error) {
      note(`failed: ${error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : String(error)}`);
      throw error;
    }
  });

/** The operation that stands for its fault where not all are played. */
const daily: Partial<Record<Fault, Operation>> = {
  F1: "O5",
  F2: "O3",
  F3: "O2",
  F4: "O9",
  F5: "O8",
  F6: "O7",
  F7: "O1",
  F8: "O12",
  F9: "O7",
  F12: "O10",
  F13: "O4",
  F14: "O11",
  F19: "O2",
};

const faultsPlayed = [...new Set(played.map(({ fault }) => fault))];

describe.concurrent.each(faultsPlayed)("%s", (fault) => {
  const list = played.filter((cell) => cell.fault === fault && (isAll || daily[fault] === cell.operation));
  test.concurrent.each(list)(
    "$fault $operation",
    async ({ operation }) => {
      const all = plays[fault]?.(operation) ?? [];
      expect(all.length, "forms of the fault").toBeGreaterThan(0);
      const forms = isAll ? all : formOfTheDay(operation, all);
      const ends = await Promise.allSettled(forms.map((form) => timed(fault, operation, form)));
      const failed = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as unknown] : []));
      if (failed.length > 1) throw new AggregateError(failed, failed.map(String).join("\n\n"));
      if (failed.length > 0) throw failed[0];
    },
    LONG,
  );
});
