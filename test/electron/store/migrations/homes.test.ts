import { expect, test } from "vitest";
import { openWriter } from "../../../../electron/store/database.ts";
import { migrate, migrations, schemaVersion } from "../../../../electron/store/migrate.ts";
import { homes } from "../../../../electron/store/migrations/0011-homes.ts";

test("runs and models from before have their files where they are", () => {
  const db = openWriter(":memory:");
  const at = migrations.indexOf(homes);
  migrate(db, migrations.slice(0, at));
  db.exec(`
    INSERT INTO runs (run_id, experiment, name, user_id, status) VALUES ('r', 0, 'n', '', 'FINISHED');
    INSERT INTO logged_models (model_id, experiment, name, status, creation_timestamp_ms, last_updated_timestamp_ms)
      VALUES ('m-1', 0, 'forest', 1, 1, 1);
  `);
  migrate(db, migrations.slice(0, at + 1));
  expect(schemaVersion(db)).toBe(at + 1);
  for (const table of ["runs", "logged_models"])
    expect(db.prepare(`SELECT experiment, coalesce(home, experiment) AS home FROM ${table}`).all()).toEqual([
      { experiment: 0, home: 0 },
    ]);
  db.close();
});
