import { join } from "node:path";
import { expect, test } from "vitest";
import { createUnmap, openPassing, openReader, openWriter } from "../../../electron/store/database.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const setup = () => {
  const db = openWriter(join(temporaryFolder(), "a.db"));
  db.exec("CREATE TABLE t (a TEXT) STRICT; INSERT INTO t VALUES ('x')");
  const mapped = (): unknown => db.pragma("mmap_size", { simple: true });
  const cacheKib = (): number => -Number(db.pragma("cache_size", { simple: true }));
  return { db, mapped, cacheKib, unmap: createUnmap(db) };
};

test("a file is mapped again when the last of those who asked for it not to be has ended", () => {
  const { db, mapped, cacheKib, unmap } = setup();
  const [before, cacheBefore] = [mapped(), cacheKib()];
  expect(before).toBeGreaterThan(0);
  const [first, second] = [unmap(), unmap()];
  expect(mapped()).toBe(0);
  expect(cacheKib()).toBeLessThan(cacheBefore);
  expect(db.prepare("SELECT a FROM t").pluck().get()).toBe("x");
  first();
  first(); // once more says nothing for the other one
  expect(mapped()).toBe(0);
  second();
  expect([mapped(), cacheKib()]).toEqual([before, cacheBefore]);
  db.close();
});

test("one who ends after the database was closed is no failure", () => {
  const { db, unmap } = setup();
  const mapAgain = unmap();
  db.close();
  expect(mapAgain).not.toThrow();
});

test("one who goes through all of a file once maps none of it", () => {
  const path = join(temporaryFolder(), "a.db");
  openWriter(path).exec("CREATE TABLE t (a TEXT) STRICT").close();
  const [passing, reading] = [openPassing(path), openReader(path)];
  expect(passing.pragma("mmap_size", { simple: true })).toBe(0);
  expect(reading.pragma("mmap_size", { simple: true })).toBeGreaterThan(0);
  expect(passing.prepare("SELECT count(*) FROM t").pluck().get()).toBe(0);
  passing.close();
  reading.close();
});
