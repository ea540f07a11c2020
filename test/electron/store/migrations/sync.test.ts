import { expect, test } from "vitest";
import { openWriter } from "../../../../electron/store/database.ts";
import { migrate, migrations, schemaVersion } from "../../../../electron/store/migrate.ts";
import { sync } from "../../../../electron/store/migrations/0014-sync.ts";
import { createSyncStore } from "../../../../electron/store/sync/create.ts";

test("what was here before is ahead of a remote that comes later, changed or not", () => {
  const db = openWriter(":memory:");
  const at = migrations.indexOf(sync);
  migrate(db, migrations.slice(0, at));
  db.exec(`
    INSERT INTO runs (uid, run_id, experiment, name, user_id, status) VALUES ('aa', 'r', 0, 'n', '', 'FINISHED');
    INSERT INTO runs (uid, run_id, experiment, name, user_id, status, trashed_at) VALUES ('bb', 's', 0, 'n', '', 'FINISHED', 1);
    INSERT INTO changes VALUES ('run', 'aa', 7);
  `);
  migrate(db, migrations.slice(0, at + 1));
  expect(schemaVersion(db)).toBe(at + 1);
  const store = createSyncStore(db, () => 1);
  const { id } = store.remotes.add({ name: "hub", kind: "gitlab", base_url: "https://git.example" });
  const { items } = store.candidates.page(id, undefined, 10);
  expect(items.map(({ kind }) => kind)).toEqual(["experiment", "run"]);
  expect(items[1]?.uid).toBe("aa");
  db.close();
});
