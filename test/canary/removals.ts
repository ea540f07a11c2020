/**
 * Tests remove their folders as they end: each is looked through before it goes. Node's own functions are wrapped, so
 * that no test can forget it.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { note } from "./ledger.ts";
import { scanFolder } from "./scan.ts";

const baits = new Set<string>();

/** A folder that holds secrets because a test wants them found or refused: it is not looked through. */
export const bait = (folder: string): string => {
  baits.add(resolve(folder));
  return folder;
};

/** Looks through the folder and notes it; its leaks. */
export const lookThrough = (folder: string): readonly string[] => {
  const scanned = scanFolder(folder);
  const leaks = scanned.leaks.map((place) => `${basename(folder)}/${place}`);
  note({ ...scanned, folders: 1, leaks });
  return leaks;
};

const pathOf = (target: fs.PathLike): string =>
  resolve(target instanceof URL ? fileURLToPath(target) : target.toString());

/** A folder that a test has made: right in the place for temporary ones. */
const isOwn = (path: string, places: readonly string[]): boolean =>
  places.includes(dirname(path)) &&
  !baits.has(path) &&
  fs.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** From now on `onLeaks` is told of what is in each temporary folder that goes. */
export const watchRemovals = (onLeaks: (leaks: readonly string[]) => void): void => {
  const places = [tmpdir(), fs.realpathSync(tmpdir())].map((place) => resolve(place));
  const before = (target: fs.PathLike): void => {
    const path = pathOf(target);
    if (!isOwn(path, places)) return;
    const leaks = lookThrough(path);
    if (leaks.length > 0) onLeaks(leaks);
  };
  const { rmSync } = fs;
  fs.rmSync = (path, options) => {
    before(path);
    rmSync(path, options);
  };
  const { rm } = fs.promises;
  fs.promises.rm = (path, options) => {
    before(path);
    return rm(path, options);
  };
  syncBuiltinESMExports();
};
