import type { Database } from "./database.ts";

export type MetaStore = ReturnType<typeof createMetaStore>;

/** Facts about the store itself, one word each: `clean_exit`, `workstation`, `port`. */
export const createMetaStore = (db: Database) => {
  const one = db.prepare<[string], string>("SELECT value FROM meta WHERE key = ?").pluck();
  const put = db.prepare<[string, string]>(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
  );

  const get = (key: string): string | undefined => one.get(key);
  const set = (key: string, value: string): void => void put.run(key, value);

  return { get, set };
};
