/**
 * Statements that are compiled once. SQLite looks at the integer bound to a comparison or a LIMIT when it guesses how many
 * rows are left, and compiles a join or a sorted query again for every other binding; better-sqlite3 unbinds after each run,
 * so that such a statement is compiled for every single run, which takes ten times as long as finding a row by its key.
 * A sign before the parameter keeps it out of the guess; indexes are used as before.
 */
import type { Database } from "./database.ts";

/** `sql` with a plan that does not hang on what is bound to it. */
export const steadySql = (sql: string): string => sql.replace(/((?<![<>!])= |\bIS |\bLIMIT )(?=[?@])/g, "$1+");

/** The same database, whose statements are compiled once. For those that run once for each object. */
export const steady = (db: Database): Database =>
  new Proxy(db, {
    get: (target, name): unknown =>
      name === "prepare" ? (sql: string) => target.prepare(steadySql(sql)) : Reflect.get(target, name),
  });
