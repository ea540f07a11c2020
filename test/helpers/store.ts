import { openWriter } from "../../electron/store/database.ts";
import { createJournal } from "../../electron/store/journal.ts";
import { createKeyStore } from "../../electron/store/keys.ts";
import { migrate } from "../../electron/store/migrate.ts";
import { createWriter } from "../../electron/store/writer.ts";

export const caller = { actor: "uid:1000", surface: "test" };

/** A migrated in-memory store with its writer; the clock stands still unless `now` is given. */
export const setupStore = (now: () => number = () => 1_700_000_000_000) => {
  const db = openWriter(":memory:");
  migrate(db);
  const journal = createJournal(db, now);
  const keys = createKeyStore(db);
  const writer = createWriter(db, journal, { onUndo: keys.forget });
  const run = (runId = "r".repeat(32)): number =>
    Number(
      db
        .prepare(
          "INSERT INTO runs (run_id, experiment, name, user_id, status, start_time) VALUES (?, 0, 'n', 'u', 'RUNNING', 1)",
        )
        .run(runId).lastInsertRowid,
    );
  return { db, journal, keys, writer, run };
};
