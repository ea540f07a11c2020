/**
 * A disk that forgets. It works on real files and remembers what was synced, so that `cut` can leave the folder as a power
 * cut may: bytes that were not synced are gone, and names in a folder that was not synced are gone or stay, as one likes.
 */
import { existsSync, rmSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { disk, type Disk } from "../../electron/artifacts/disk.ts";

export const createPowerCut = () => {
  const torn = new Set<string>(); // files whose bytes are not on disk
  const unnamed = new Map<string, number>(); // files whose name is not on disk, with the moment they got it
  const pathOf = new Map<number, string>();
  let stepsLeft = Infinity;
  let moment = 0;

  const step = (): void => {
    if (--stepsLeft < 0) throw new Error("the power is cut");
  };

  const forgetful: Disk = {
    ...disk,
    create: (path) => {
      step();
      const fd = disk.create(path);
      torn.add(path);
      pathOf.set(fd, path);
      return fd;
    },
    createBeside: async (path) => {
      step();
      const fd = await disk.createBeside(path);
      torn.add(path);
      pathOf.set(fd, path);
      return fd;
    },
    write: async (fd, bytes) => {
      await disk.write(fd, bytes);
      step();
    },
    writeNow: (fd, bytes) => {
      step();
      disk.writeNow(fd, bytes);
    },
    sync: async (fd) => {
      await disk.sync(fd);
      step();
      torn.delete(pathOf.get(fd) ?? "");
    },
    rename: (from, to) => {
      step();
      disk.rename(from, to);
      unnamed.set(to, ++moment);
      if (torn.delete(from)) torn.add(to);
    },
    syncFolder: async (path) => {
      const began = moment;
      await disk.syncFolder(path);
      step();
      for (const [file, at] of unnamed) if (dirname(file) === path && at <= began) unnamed.delete(file);
    },
    remove: (path) => {
      step();
      disk.remove(path);
    },
  };

  return {
    disk: forgetful,
    /** After so many more steps nothing works any more. */
    cutAfter: (steps: number): void => void (stepsLeft = steps),
    isCut: (): boolean => stepsLeft < 0,
    /** Leaves on disk what a cut now would. */
    cut: (names: "lost" | "kept"): void => {
      for (const path of torn) if (existsSync(path)) truncateSync(path, 0);
      if (names === "lost") for (const path of unnamed.keys()) rmSync(path, { force: true });
    },
  };
};
