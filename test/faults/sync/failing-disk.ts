/**
 * A disk that fails from a moment on: its syncs say EIO, or its writes that a quota is used up. A library for the host's
 * process, compiled when a C compiler is found.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Compiles it into the folder. Undefined where that cannot be had, which takes Linux and `cc`. */
export const compileFailingDisk = (folder: string): string | undefined => {
  if (process.platform !== "linux") return undefined;
  const library = join(folder, "failing-disk.so");
  const source = join(import.meta.dirname, "failing-disk.c");
  const { status } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"]);
  return status === 0 ? library : undefined;
};

export interface Failing {
  /** From when this file is there, … */
  readonly when: string;
  /** … for all whose path begins so. */
  readonly below: string;
}

/** What makes a process have it: `EIO` of syncs, `QUOTA` of writes. */
export const withFailingDisk = (library: string, what: "EIO" | "QUOTA", { when, below }: Failing) => ({
  LD_PRELOAD: library,
  [`${what}_WHEN`]: when,
  [`${what}_BELOW`]: below,
});
