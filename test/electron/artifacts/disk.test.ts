import { expect, test } from "vitest";
import { disk, watchSyncs } from "../../../electron/artifacts/disk.ts";

const failing = (code: string) => Object.assign(new Error(code), { code });

test.each([
  ["EIO", 2],
  ["ENOSPC", 0],
  ["EACCES", 0],
])("of syncs that end with %s %i are told, and each is thrown", async (code, count) => {
  const told: unknown[] = [];
  const fail = (): Promise<void> => Promise.reject(failing(code));
  const watched = watchSyncs({ ...disk, sync: fail, syncFolder: fail }, (error) => told.push(error));
  await expect(watched.sync(0)).rejects.toMatchObject({ code });
  await expect(watched.syncFolder("")).rejects.toMatchObject({ code });
  expect(told).toHaveLength(count);
});

test("a sync that succeeds is told to nobody", async () => {
  const told: unknown[] = [];
  const well = (): Promise<void> => Promise.resolve();
  const watched = watchSyncs({ ...disk, sync: well, syncFolder: well }, (error) => told.push(error));
  await Promise.all([watched.sync(0), watched.syncFolder("")]);
  expect(told).toEqual([]);
});
