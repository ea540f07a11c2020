/** Databases in memory never come to a disk, and yet they are what a host would have written there. */
import Sqlite from "better-sqlite3";
import { leaksInDatabase } from "./database.ts";
import { formInBytes } from "./scan.ts";

/** Looks through those that were used since the last call. */
export type LookAtMemory = () => void;

/** From now on `onLeaks` is told of secrets in databases in memory: as they are closed, and whenever the result is called. */
export const watchMemoryDatabases = (onLeaks: (leaks: readonly string[]) => void): LookAtMemory => {
  const used = new Set<Sqlite.Database>();
  const look = (db: Sqlite.Database): void => {
    used.delete(db);
    if (!db.open || db.inTransaction) return;
    const form = formInBytes(db.serialize());
    if (form === undefined) return;
    const places = leaksInDatabase(db, formInBytes);
    onLeaks((places.length > 0 ? places : [form]).map((place) => `a database in memory: ${place}`));
  };
  const wrap = (name: "prepare" | "close", before: (db: Sqlite.Database) => void): void => {
    const method: unknown = Reflect.get(Sqlite.prototype, name);
    if (typeof method !== "function") throw new Error(`better-sqlite3 has no ${name}`);
    Reflect.set(Sqlite.prototype, name, function (this: Sqlite.Database, ...args: unknown[]): unknown {
      before(this);
      return Reflect.apply(method, this, args);
    });
  };
  wrap("prepare", (db) => {
    if (db.memory) used.add(db);
  });
  wrap("close", (db) => {
    if (used.has(db)) look(db);
  });
  return () => {
    for (const db of [...used]) look(db);
  };
};
