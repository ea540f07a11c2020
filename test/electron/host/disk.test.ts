import { expect, onTestFinished, test } from "vitest";
import { createDisk, levelOf, thresholds, type DiskLevel, type Space } from "../../../electron/host/disk.ts";

const GB = 1e9;
const MB = 1e6;

test.each<[number, number, DiskLevel]>([
  [1000 * GB, 501 * MB, "ok"],
  [1000 * GB, 499 * MB, "low"],
  [1000 * GB, 199 * MB, "full"],
  [100 * MB, 11 * MB, "ok"],
  [100 * MB, 9 * MB, "low"],
  [100 * MB, 4 * MB, "full"],
])("of %i bytes, %i free is %s", (totalBytes, freeBytes, level) => {
  expect(levelOf({ totalBytes, freeBytes })).toBe(level);
});

test("uploads stop before the reserve and go on when there is space again; each change is told once", async () => {
  let space: Space = { totalBytes: 1000 * GB, freeBytes: 10 * GB };
  const told: DiskLevel[] = [];
  const disk = await createDisk({
    folder: "",
    space: () => Promise.resolve(space),
    onLevel: (level) => told.push(level),
  });
  onTestFinished(disk.close);
  expect([disk.canUpload(), disk.canUpload(9.9 * GB), disk.canUpload(5 * GB)]).toEqual([true, false, true]);
  space = { ...space, freeBytes: thresholds(space.totalBytes).fullBytes - 1 };
  await disk.look();
  await disk.look();
  expect(disk.canUpload()).toBe(false);
  space = { ...space, freeBytes: 10 * GB };
  await disk.look();
  expect(disk.canUpload()).toBe(true);
  expect(told).toEqual(["full", "ok"]);
});
