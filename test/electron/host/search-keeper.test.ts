import { expect, test, vi } from "vitest";
import { createSearchKeeper } from "../../../electron/host/search-keeper.ts";
import { createSearchIndex } from "../../../electron/store/search-index/search-index.ts";
import { caller, setupStore } from "../../helpers/store.ts";

const setupKeeper = () => {
  const { db, writer, journal } = setupStore();
  const listeners = new Set<() => void>();
  const errors: unknown[] = [];
  const keeper = createSearchKeeper({
    index: createSearchIndex(db),
    write: writer.write,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onError: (error) => errors.push(error),
  });
  const insert = db.prepare(
    "INSERT INTO runs (run_id, experiment, name, user_id, status) VALUES (?, 0, ?, 'u', 'RUNNING')",
  );
  const addRuns = (count: number): void => {
    for (let i = 0; i < count; i += 1) insert.run(`${listeners.size}-${i}`.padStart(32, "0"), `run ${i}`);
  };
  const indexed = () => Number(db.prepare("SELECT count(*) FROM search_entries WHERE kind = 2").pluck().get());
  const commit = (): void => {
    for (const listener of listeners) listener();
  };
  return { db, writer, journal, keeper, addRuns, indexed, commit, listeners, errors };
};

test("what was there before the index comes into it by itself, in steps, and without a mark or an audit row", async () => {
  const { db, keeper, addRuns, indexed } = setupKeeper();
  addRuns(500);
  const stop = keeper.start();
  await vi.waitFor(() => expect(indexed()).toBe(500), { timeout: 15_000 });
  stop();
  expect(db.prepare("SELECT (SELECT count(*) FROM changes) + (SELECT count(*) FROM audit)").pluck().get()).toBe(0);
});

test("after a commit it follows; once stopped it does not", async () => {
  const { keeper, addRuns, indexed, commit, listeners } = setupKeeper();
  const stop = keeper.start();
  addRuns(3);
  commit();
  await vi.waitFor(() => expect(indexed()).toBe(3), { timeout: 15_000 });
  stop();
  expect(listeners.size).toBe(0);
});

test("a search brings it up to date, and a store that takes no writes is searched as it is", async () => {
  const { keeper, writer, addRuns, indexed, errors } = setupKeeper();
  addRuns(100);
  expect(await keeper.catchUp()).toBe(0);
  expect(indexed()).toBe(100);
  expect(errors).toEqual([]);
  writer.refuse(new Error("the disk is full"));
  expect(await keeper.catchUp()).toBe(0);
  expect(errors).toMatchObject([{ message: "the disk is full" }]);
});

test("a step that fails leaves the index where it was", async () => {
  const { db, writer, addRuns, indexed } = setupKeeper();
  addRuns(10);
  const index = createSearchIndex(db);
  await expect(
    writer.write(caller, () => {
      index.step(() => true);
      throw new Error("too late");
    }),
  ).rejects.toThrow("too late");
  expect(indexed()).toBe(0);
  expect(index.behind()).toBeGreaterThan(9);
  await writer.write(caller, () => index.step(() => true));
  expect([indexed(), index.behind()]).toEqual([10, 0]);
});
