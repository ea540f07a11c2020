/** One process at a time does set-up or builds; the others wait for it and then find the work done. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./root.js";

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

const tryTake = (file) => {
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
};

/** True when the holder named in the file has died. An empty file belongs to someone who is just writing it. */
const isAbandoned = (file) => {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return pid > 0 && !isAlive(pid);
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
};

/**
 * Runs `work` while no other process holds the same lock.
 * @param {string} name
 * @param {() => unknown} work
 */
export const withLock = async (name, work) => {
  const folder = join(root, ".cache");
  const file = join(folder, `${name}.lock`);
  mkdirSync(folder, { recursive: true });
  while (!tryTake(file)) {
    if (isAbandoned(file)) rmSync(file, { force: true });
    else await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
};
