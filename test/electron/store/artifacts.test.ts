import fc from "fast-check";
import { expect, test } from "vitest";
import { createArtifactStore } from "../../../electron/store/artifacts.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { migrate } from "../../../electron/store/migrate.ts";

const setup = () => {
  const db = openWriter(":memory:");
  migrate(db);
  const store = createArtifactStore(db);
  store.addBlob("d", 1, 0);
  const put = (path: string): void => store.put({ path, sha256: "d", size: 1, modified_at: 0 });
  return { db, store, put };
};

test("a listing names what a walk over all paths would name, in the order of code points", () => {
  const part = fc.string({
    unit: fc.constantFrom("a", "b", "-", ".", "0", "~", "ü", "😀", "％"),
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(
        fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/")),
        { maxLength: 30 },
      ),
      (wanted) => {
        const { store, put, db } = setup();
        const paths = wanted.filter((path) => !wanted.some((other) => other.startsWith(`${path}/`)));
        paths.forEach(put);
        for (const folder of ["", "a", "a/b", "ü"]) {
          const below = paths.flatMap((path) =>
            folder === "" ? [path] : path.startsWith(`${folder}/`) ? [path.slice(folder.length + 1)] : [],
          );
          const names = [...new Set(below.map((path) => path.split("/")[0] ?? ""))].sort((a, b) =>
            Buffer.compare(Buffer.from(a), Buffer.from(b)),
          );
          expect(store.list(folder)).toEqual(names.map((name) => ({ name, size: below.includes(name) ? 1 : null })));
          expect(store.isFolder(folder)).toBe(folder === "" || names.length > 0);
        }
        db.close();
      },
    ),
    { numRuns: 200 },
  );
});

test("the cost of a listing follows its entries, not the files below them", () => {
  const { db, store, put } = setup();
  db.transaction(() => {
    for (let i = 0; i < 20_000; i++) put(`0/run/artifacts/deep/${i}`);
    for (let i = 0; i < 10; i++) put(`0/run/artifacts/file${i}`);
  })();
  const started = performance.now();
  for (let i = 0; i < 100; i++) expect(store.list("0/run/artifacts")).toHaveLength(11);
  expect(performance.now() - started).toBeLessThan(5000); // a walk over 20,000 rows takes 100 times longer
});

test("a tree is read page by page", () => {
  const { store, put } = setup();
  ["a", "d/1", "d/2", "d/e/3", "d0", "e"].forEach(put);
  expect(store.below("d", "", 2).map((row) => row.path)).toEqual(["d/1", "d/2"]);
  expect(store.below("d", "d/2", 2).map((row) => row.path)).toEqual(["d/e/3"]);
  expect(store.below("", "", 10)).toHaveLength(6);
});

test("a blob is unused once neither an artifact nor a model version names it, and old enough", () => {
  const { db, store, put } = setup();
  for (const sha256 of ["x", "y", "z"]) store.addBlob(sha256, 5, sha256 === "z" ? 100 : 10);
  put("a");
  db.exec(`INSERT INTO registered_models (id, name, creation_timestamp, last_updated_timestamp) VALUES (1, 'm', 0, 0);
    INSERT INTO model_versions (id, model, version, semver, source, creation_timestamp, last_updated_timestamp) VALUES (1, 1, 1, '1.0.0', 's', 0, 0);
    INSERT INTO version_files VALUES (1, 'f', 'y', 5)`);
  expect(store.unusedBlobs(50, "", 10).map((row) => row.sha256)).toEqual(["x"]);
  expect(store.unusedBlobs(200, "", 10).map((row) => row.sha256)).toEqual(["x", "z"]);
  store.remove("a");
  expect(store.unusedBlobs(50, "", 1).map((row) => row.sha256)).toEqual(["d"]);
  expect(store.totals()).toEqual({ count: 4, bytes: 16 });
});
