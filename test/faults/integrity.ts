/** SQLite's own verdict on the file of a data folder, read beside a running server. */
import Sqlite from "better-sqlite3";
import { join } from "node:path";

/** What `integrity_check` and `foreign_key_check` find: `["ok"]` for a sound file. */
export const integrityOf = (dataDir: string): string[] => {
  const db = new Sqlite(join(dataDir, "outpost.db"), { readonly: true, fileMustExist: true, timeout: 10_000 });
  try {
    const found: unknown[] = db.prepare("PRAGMA integrity_check").pluck().all();
    const orphans = db.prepare("PRAGMA foreign_key_check").all();
    return [...found.map(String), ...orphans.map((row) => JSON.stringify(row))];
  } finally {
    db.close();
  }
};
