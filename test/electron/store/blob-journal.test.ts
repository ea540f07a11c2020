import { expect, test } from "vitest";
import { createArtifactStore } from "../../../electron/store/artifacts.ts";
import { createBlobJournal } from "../../../electron/store/blob-journal.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { migrate, migrations } from "../../../electron/store/migrate.ts";
import { pendingIds } from "../../../electron/store/migrations/0012-pending-ids.ts";

const setup = () => {
  const db = openWriter(":memory:");
  migrate(db);
  const store = createArtifactStore(db);
  const journal = createBlobJournal(db);
  const add = (sha256: string): void => {
    store.addBlob(sha256, sha256.length, 0);
    journal.add(sha256, Buffer.from(`bytes of ${sha256}`));
  };
  return { db, store, journal, add };
};

test("bytes wait under their digest in the order they came, once each", () => {
  const { journal, add } = setup();
  for (const name of ["b", "a", "b", "c"]) add(name);
  expect(journal.after(0, 2)).toEqual([
    { id: 1, sha256: "b" },
    { id: 2, sha256: "a" },
  ]);
  expect(journal.after(2, 2)).toEqual([{ id: 3, sha256: "c" }]);
  expect(String(journal.find("a"))).toBe("bytes of a");
  expect([journal.has("c"), journal.has("d"), journal.find("d")]).toEqual([true, false, undefined]);
  expect(journal.totals()).toEqual({ count: 3, bytes: 30 });
});

test("a number that comes again belongs to its new bytes alone", () => {
  const { journal, store, add } = setup();
  add("a");
  journal.remove({ id: 1, sha256: "a" });
  add("b"); // gets the number 1
  expect(journal.after(0, 9)).toEqual([{ id: 1, sha256: "b" }]);
  expect([journal.has("a"), journal.find("a"), String(journal.find("b"))]).toEqual([false, undefined, "bytes of b"]);
  journal.remove({ id: 1, sha256: "a" });
  store.dropBlob("a");
  expect(journal.has("b")).toBe(true);
});

test("bytes go with their blob, and a blob may wait again", () => {
  const { journal, store, add } = setup();
  add("a");
  store.dropBlob("a");
  expect(journal.totals().count).toBe(0);
  add("a");
  journal.remove({ id: 1, sha256: "a" });
  add("a");
  expect(String(journal.find("a"))).toBe("bytes of a");
});

test("what waited before the numbers were kept with the blobs waits on", () => {
  const db = openWriter(":memory:");
  migrate(db, migrations.slice(0, migrations.indexOf(pendingIds)));
  db.exec(`INSERT INTO blobs (sha256, size, created_at) VALUES ('on disk', 1, 0), ('waits', 5, 0), ('too', 3, 0);
    INSERT INTO pending_blobs (id, sha256, bytes) VALUES (7, 'waits', x'68656c6c6f'), (9, 'too', x'616263')`);
  migrate(db);
  const journal = createBlobJournal(db);
  expect([String(journal.find("waits")), String(journal.find("too")), journal.has("on disk")]).toEqual([
    "hello",
    "abc",
    false,
  ]);
  expect(journal.after(7, 9)).toEqual([{ id: 9, sha256: "too" }]);
});
