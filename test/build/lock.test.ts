import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { withLock } from "../../build/lock.js";
import { root } from "../../build/root.js";

const name = `test-${String(process.pid)}`;
const file = join(root, ".cache", `${name}.lock`);
afterEach(() => {
  rmSync(file, { force: true });
});

test("two who want the same lock take turns", async () => {
  const seen: string[] = [];
  const work = (who: string) => async () => {
    seen.push(`${who} in`);
    await sleep(30);
    seen.push(`${who} out`);
  };
  await Promise.all([withLock(name, work("a")), withLock(name, work("b"))]);
  expect(seen).toEqual(["a in", "a out", "b in", "b out"]);
});

test("the lock of a process that died is taken over", async () => {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(file, String(pid));
  expect(await withLock(name, () => "mine")).toBe("mine");
  expect(existsSync(file)).toBe(false);
});

test("work that throws gives the lock back", async () => {
  await expect(withLock(name, () => Promise.reject(new Error("no disk")))).rejects.toThrow("no disk");
  expect(existsSync(file)).toBe(false);
});
