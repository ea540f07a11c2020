import { expect, test } from "vitest";
import { createFolderSync } from "../../../electron/artifacts/folder-sync.ts";
import { createTurnstile } from "../../../electron/artifacts/turnstile.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test("those who come while a group is under way go together in the next one", async () => {
  const through = createTurnstile();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const job = (name: string, wait?: Promise<void>) =>
    through(async () => {
      log.push(`${name} in`);
      await wait;
    }).then(() => log.push(`${name} out`));
  const first = [job("a", gate.promise), job("b")];
  await settled();
  const second = [job("c"), job("d")];
  await settled();
  expect(log).toEqual(["a in", "b in"]); // b waits for its group, c and d for theirs
  gate.resolve();
  await Promise.all([...first, ...second]);
  expect(log).toEqual(["a in", "b in", "a out", "b out", "c in", "d in", "c out", "d out"]);
});

test("a job that fails fails alone, and the next group goes on", async () => {
  const through = createTurnstile();
  const bad = through(() => Promise.reject(new Error("full")));
  const good = through(() => Promise.resolve());
  await expect(bad).rejects.toThrow("full");
  await good;
  await through(() => Promise.resolve());
});

test("folder syncs that are asked for during one share the next, never the running one", async () => {
  const running: (() => void)[] = [];
  let started = 0;
  const sync = createFolderSync(() => {
    started += 1;
    return new Promise((resolve) => running.push(resolve));
  });
  const first = sync("a");
  let late = 0;
  const others = [sync("a"), sync("a"), sync("a")].map((done) => done.then(() => (late += 1)));
  const elsewhere = sync("b");
  expect(started).toBe(2);
  running[0]?.();
  running[1]?.();
  await Promise.all([first, elsewhere]);
  await settled();
  expect([started, late]).toEqual([3, 0]);
  running[2]?.();
  await Promise.all(others);
  expect(started).toBe(3);
  const after = sync("a");
  running[3]?.();
  await after;
});

test("a failed folder sync is told to those who waited for it, and the next one tries again", async () => {
  let attempts = 0;
  const sync = createFolderSync(() => (++attempts === 1 ? Promise.reject(new Error("EIO")) : Promise.resolve()));
  const first = sync("a");
  const second = sync("a");
  await expect(first).rejects.toThrow("EIO");
  await second;
  expect(attempts).toBe(2);
});
