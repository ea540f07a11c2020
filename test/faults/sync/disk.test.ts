/**
 * F10: the disk of the data folder fills in the midst of a sync, before the operation's note or before its answer is kept.
 * Nothing is acknowledged, nothing ends, reads go on, the sync says what is wrong; with space again all ends well.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { integrityOf } from "../integrity.ts";
import { expectWell, heal, type Stage } from "./cell.ts";
import { compileFailingDisk, withFailingDisk } from "./failing-disk.ts";
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

const tools = mkdtempSync(join(tmpdir(), "outpost-quota-"));
const library = compileFailingDisk(tools);

const lanes = openLanes(isAll ? 5 : 1);
let rehearsal: Rehearsal | undefined;
beforeAll(async () => {
  if (isAll && (canMount || library !== undefined)) rehearsal = await lanes.use(rehearse);
}, LONG);
afterAll(async () => {
  await lanes.close();
  rmSync(tools, { recursive: true, force: true });
});

/** Where a workstation lies, and what takes all room from it and gives it back. */
interface Disk {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly fill: () => void;
  readonly free: () => void;
  /** What a host does to fill it at a step. */
  readonly filledAt: (at: string) => object;
}

const onSmallDisk = async (use: (disk: Disk, filler: string) => Promise<void>): Promise<void> => {
  const folder = newFolder();
  const data = join(folder, "data");
  const filler = join(data, "filler");
  expect(mountSmallDisk(data, SMALL_MIB)).toBe(true);
  const [fill, free] = [() => fillDisk(filler), () => freeDisk(filler)];
  try {
    await use({ folder, env: {}, fill, free, filledAt: (at) => ({ at, fill: filler }) }, filler);
  } finally {
    unmount(data);
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A person's share of a disk, which SQLite and Node do not know for a full one. */
const withQuota = async (use: (disk: Disk) => Promise<void>): Promise<void> => {
  const folder = newFolder();
  const when = join(folder, "when");
  const env = library === undefined ? {} : withFailingDisk(library, "QUOTA", { when, below: join(folder, "data/") });
  const [fill, free] = [() => writeFileSync(when, ""), () => rmSync(when)];
  try {
    await use({ folder, env, fill, free, filledAt: (at) => ({ at, touch: when }) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The disk is full: a sync said so, and nobody is told that anything is kept. */
const expectFull = async (scene: Scene, said: string, { fill }: Disk): Promise<void> => {
  expect(said).toMatch(/the disk of the (data|artifact) folder/i);
  await expectReads(scene);
  fill(); // what was given up on the way may have left some room
  expect(await refusalOf(scene.station)).toMatch(/507 .*RESOURCE_EXHAUSTED.*disk of the data folder/);
};

const playFull = async (stage: Stage, operation: Played, disk: Disk): Promise<void> => {
  const { folder, env, fill, free, filledAt } = disk;
  const sending = sendingOf(operation);
  const first = sending === undefined || !rehearsal ? undefined : stepBefore(rehearsal, operation);
  const strikes = [first, sending].flatMap((at) => (at === undefined ? [] : [filledAt(at)]));
  const start = { env: { ...env, STRIKES: JSON.stringify(strikes) } };
  await inScene(stage, operation, { folder, start }, async (scene) => {
    const { station, before, more } = scene;
    const pid = station.pid();
    if (sending !== undefined && first === undefined) fill(); // nothing at all can be noted
    const said = sending === undefined ? saidWhileWaiting(stage, scene, operation, fill) : syncSaid(station, more);
    await expectFull(scene, await said, disk);
    free();
    if (sending !== undefined) {
      expect(stepsOf(folder), "its note was not kept").not.toContain(sending);
      await expectFull(scene, await syncSaid(station, more), disk);
      expect(stepsOf(folder), "its answer was not kept").toContain(sending);
      free();
    }
    await heal(station, more);
    await expectWell(station, stage.double, before, more);
    expect(station.pid(), "the process that met the full disk").toBe(pid);
  });
};

describe.skipIf(!canMount)(`F10${skipped}`, () => {
  test.concurrent.each(list)(
    "F10 %s",
    (operation) => lanes.use((stage) => onSmallDisk((disk) => playFull(stage, operation, disk))),
    LONG,
  );

  test(
    "F10 O13: a bundle that finds no room is refused, and nothing is left beside it",
    () =>
      onSmallDisk(async ({ folder, fill, free }, filler) => {
        const station = await startStation({}, folder);
        try {
          const { run } = await station.mlflow("runs/create", { experiment_id: "0", run_name: "r" });
          await station.putFile(run, "f.bin", Buffer.alloc(4 * MIB, "x"));
          const left = (): string[] => readdirSync(join(folder, "data/bundles"), { recursive: true, encoding: "utf8" });
          fillDisk(filler, 2 * MIB);
          expect(await saidBy(station, "bundles/create", { all: true })).toMatch(
            /The bundle has \d+ bytes, and \d+ are free/,
          );
          fill();
          expect(await saidBy(station, "bundles/create", { all: true })).toMatch(/disk of the data folder is full/);
          expect(left()).toEqual([]);
          free();
          expect(await saidBy(station, "bundles/create", { all: true })).toContain("made");
        } finally {
          await station.stop();
        }
      }),
    LONG,
  );
});

describe.skipIf(library === undefined)(
  `F10 by a quota${library === undefined ? " (skipped: it needs Linux and a C compiler, cc)" : ""}`,
  () => {
    const some = list.filter((operation) => ["O2", "O7", "O12"].includes(operation));
    if (isAll)
      test.concurrent.each(some)(
        "F10 %s: the quota is used up",
        (operation) => lanes.use((stage) => withQuota((disk) => playFull(stage, operation, disk))),
        LONG,
      );

    test(
      "F10: an upload and a run beyond a quota are refused as on a full disk, and kept once there is room",
      () =>
        withQuota(async ({ folder, env, fill, free }) => {
          const station = await startStation({ env }, folder);
          try {
            const { run } = await station.mlflow("runs/create", { experiment_id: "0", run_name: "r" });
            fill();
            const upload = (): Promise<void> => station.putFile(run, "f.bin", Buffer.alloc(MIB, "x"));
            await expect(upload()).rejects.toThrow(/disk of the artifact folder is full/);
            expect(await refusalOf(station)).toMatch(/507 .*disk of the data folder/);
            free();
            await upload();
            await station.mlflow("runs/set-tag", { run_id: run.info.run_id, key: "k", value: "v" });
            expect(integrityOf(station.dataDir)).toEqual(["ok"]);
          } finally {
            await station.stop();
          }
        }),
      LONG,
    );
  },
);
