/** A disk whose syncs fail from a moment on: a library for the host's process, compiled when a C compiler is found. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Compiles it into the folder. Undefined where that cannot be had, which takes Linux and `cc`. */
export const compileFailingSync = (folder: string): string | undefined => {
  if (process.platform !== "linux") return undefined;
  const library = join(folder, "failing-sync.so");
  const source = join(import.meta.dirname, "failing-sync.c");
  const { status } = spawnSync("cc", ["-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"]);
  return status === 0 ? library : undefined;
};

export interface Failing {
  /** From when this file is there, … */
  readonly when: string;
  /** … for all that lies below this folder. */
  readonly below: string;
}

/** What makes a process have it. */
export const withFailingSync = (library: string, { when, below }: Failing): Record<string, string> => ({
  LD_PRELOAD: library,
  EIO_WHEN: when,
  EIO_BELOW: below,
});
