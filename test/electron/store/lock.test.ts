import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { takeLock } from "../../../electron/store/lock.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const source = new URL("../../../electron/store/lock.ts", import.meta.url).href;

/** Whether a process of its own gets the lock. */
const fromOutside = async (path: string): Promise<string> => {
  const script = `import { takeLock } from ${JSON.stringify(source)}; console.log(takeLock(${JSON.stringify(path)}) ? "taken" : "busy")`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return stdout.trim();
};

test("one process has it; when that ends, by its own will or not, the next one gets it", async () => {
  const path = join(temporaryFolder(), "lock.db");
  const lock = takeLock(path);
  expect(lock).toBeDefined();
  expect(takeLock(path)).toBeUndefined(); // not twice in one process either
  expect(await fromOutside(path)).toBe("busy");
  lock?.release();
  expect(await fromOutside(path)).toBe("taken"); // and ended without releasing it
  expect(takeLock(path)).toBeDefined();
});

test("a folder where no lock can be made is refused in words", () => {
  expect(() => takeLock(join(temporaryFolder(), "absent", "lock.db"))).toThrow(
    /cannot be locked: check that the data folder can be written/,
  );
});
