/** The dictionary of key names of metrics, params and run tags: integers in the big tables, text once. */
import type { Database } from "./database.ts";

const MAX_CACHED = 100_000;

export type KeyStore = ReturnType<typeof createKeyStore>;

export const createKeyStore = (db: Database) => {
  const find = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  const add = db.prepare<[string], number>("INSERT INTO keys (name) VALUES (?) RETURNING id").pluck();
  const ids = new Map<string, number>();

  /** Id of a key, if any run has it. */
  const findId = (name: string): number | undefined => ids.get(name) ?? find.get(name);

  /** Id of a key, made where it is new. */
  const idOf = (name: string): number => {
    const known = ids.get(name);
    if (known !== undefined) return known;
    const id = find.get(name) ?? add.get(name);
    if (id === undefined) throw new Error(`No id for the key '${name}'`);
    if (ids.size >= MAX_CACHED) ids.clear();
    ids.set(name, id);
    return id;
  };

  /** Drops the cache: rows it stands for may have been rolled back. */
  const forget = (): void => ids.clear();

  return { find: findId, idOf, forget };
};
