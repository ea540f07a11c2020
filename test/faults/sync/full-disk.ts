/** A small disk of its own, and a file that takes all that is free on it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, statfsSync, truncateSync, writeFileSync } from "node:fs";

const MIB = 1024 * 1024;

/** Takes all that is free where `filler` lies, but so much. */
export const fillDisk = (filler: string, leaveBytes = 0): void => {
  const free = (): number => {
    const { bavail, bsize } = statfsSync(filler.slice(0, filler.lastIndexOf("/")));
    return bavail * bsize;
  };
  for (let left = free() - leaveBytes; left > 0; left = free() - leaveBytes) {
    try {
      writeFileSync(filler, Buffer.alloc(Math.min(left, MIB)), { flag: "a" });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOSPC") return; // full: that is the point
      throw error;
    }
  }
};

/** Gives it back. */
export const freeDisk = (filler: string): void => truncateSync(filler, 0);

/** Mounts a tmpfs of so many MiB there; false where that cannot be had, which takes Linux and root. */
export const mountSmallDisk = (folder: string, mib: number): boolean => {
  if (process.platform !== "linux") return false;
  mkdirSync(folder, { recursive: true });
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${String(mib)}m,mode=700`, "tmpfs", folder]).status === 0;
};

export const unmount = (folder: string): void => void spawnSync("umount", [folder]);
