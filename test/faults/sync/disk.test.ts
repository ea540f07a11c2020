/**
 * F10: the disk of the data folder fills in the midst of a sync, before the operation's note or before its answer is kept.
 * Nothing is acknowledged, nothing ends, reads go on, the sync says what is wrong; with space again all ends well.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectWell, heal, type Stage } from "./cell.ts";
import { fillDisk, freeDisk, mountSmallDisk, unmount } from "./full-disk.ts";
import { openLanes } from "./lanes.ts";
import { expectReads, inScene, newFolder, refusalOf, rehearse, type Rehearsal, saidBy, saidWhileWaiting, type Scene, sendingOf, stepBefore, stepsOf, syncSaid } from "./local-play.ts"; // prettier-ignore
import { isPlayed, operations, type Operation, type Played } from "./matrix.ts";
import { startStation } from "./station.ts";

const LONG = 600_000; // a machine may be busy with much else
const SMALL_MIB = 48;
const MIB = 1024 * 1024;
const isAll = process.env["ALL_CELLS"] !== undefined;
const DAILY: Operation = "O1"; // its note is the first that a sync keeps

const isOperation = (name: string): name is Operation => Object.hasOwn(operations, name);
const list = Object.keys(operations)
  .filter(isOperation)
  .filter(isPlayed)
  .filter((operation) => isAll || operation === DAILY);

const canMount = ((): boolean => {
  const probe = newFolder();
  const mounted = mountSmallDisk(join(probe, "data"), 1);
  if (mounted) unmount(join(probe, "data"));
  rmSync(probe, { recursive: true });
  return mounted;
})();
const skipped = canMount ? "" : " (skipped: a tmpfs cannot be mounted here, which needs Linux and root)";

const lanes = openLanes(isAll ? 5 : 1);
let rehearsal: Rehearsal | undefined;
beforeAll(async () => {
  if (isAll && canMount) rehearsal = await lanes.use(rehearse);
}, LONG);
afterAll(() => lanes.close());

const onSmallDisk = async (use: (folder: string, filler: string) => Promise<void>): Promise<void> => {
  const folder = newFolder();
  const data = join(folder, "data");
  expect(mountSmallDisk(data, SMALL_MIB)).toBe(true);
  try {
    await use(folder, join(data, "filler"));
  } finally {
    unmount(data);
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The disk is full: a sync said so, and nobody is told that anything is kept. */
const expectFull = async (scene: Scene, said: string, filler: string): Promise<void> => {
  expect(said).toMatch(/the disk of the (data|artifact) folder/i);
  await expectReads(scene);
  fillDisk(filler); // what was given up on the way may have left some room
  expect(await refusalOf(scene.station)).toMatch(/507 .*RESOURCE_EXHAUSTED.*disk of the data folder/);
};

const playFull = (stage: Stage, operation: Played): Promise<void> =>
  onSmallDisk(async (folder, filler) => {
    const sending = sendingOf(operation);
    const first = sending === undefined || !rehearsal ? undefined : stepBefore(rehearsal, operation);
    const strikes = [first, sending].flatMap((at) => (at === undefined ? [] : [{ at, fill: filler }]));
    const setting = { folder, start: { env: { STRIKES: JSON.stringify(strikes) } } };
    await inScene(stage, operation, setting, async (scene) => {
      const { station, before, more } = scene;
      const { pid } = station;
      const [process, unmet] = [
        pid(),
        sending === undefined ? saidWhileWaiting(stage, scene, operation, () => fillDisk(filler)) : undefined,
      ];
      if (unmet === undefined && first === undefined) fillDisk(filler); // its note is the first that a sync keeps
      await expectFull(scene, await (unmet ?? syncSaid(station, more)), filler);
      freeDisk(filler);
      if (sending !== undefined) {
        expect(stepsOf(folder), "its note was not kept").not.toContain(sending);
        await expectFull(scene, await syncSaid(station, more), filler);
        expect(stepsOf(folder), "its answer was not kept").toContain(sending);
        freeDisk(filler);
      }
      await heal(station, more);
      await expectWell(station, stage.double, before, more);
      expect(pid(), "the process that met the full disk").toBe(process);
    });
  });

describe.skipIf(!canMount)(`F10${skipped}`, () => {
  test.concurrent.each(list)("F10 %s", (operation) => lanes.use((stage) => playFull(stage, operation)), LONG);

  test(
    "F10 O13: a bundle that finds no room is refused, and nothing is left beside it",
    () =>
      onSmallDisk(async (folder, filler) => {
        const station = await startStation({}, folder);
        try {
          const { run } = await station.mlflow("runs/create", { experiment_id: "0", run_name: "r" });
          await station.putFile(run, "f.bin", Buffer.alloc(4 * MIB, "x"));
          const left = (): string[] => readdirSync(join(folder, "data/bundles"), { recursive: true, encoding: "utf8" });
          fillDisk(filler, 2 * MIB);
          expect(await saidBy(station, "bundles/create", { all: true })).toMatch(
            /The bundle has \d+ bytes, and \d+ are free/,
          );
          fillDisk(filler);
          expect(await saidBy(station, "bundles/create", { all: true })).toMatch(/disk of the data folder is full/);
          expect(left()).toEqual([]);
          freeDisk(filler);
          expect(await saidBy(station, "bundles/create", { all: true })).toContain("made");
        } finally {
          await station.stop();
        }
      }),
    LONG,
  );
});
