import { expect, test } from "vitest";
import type { Database } from "../../../electron/store/database.ts";
import { createKeyStore } from "../../../electron/store/keys.ts";
import { steady, steadySql } from "../../../electron/store/steady.ts";
import { createApplyStore } from "../../../electron/store/sync/apply.ts";
import { createSyncStore } from "../../../electron/store/sync/create.ts";
import { createDocStore } from "../../../electron/store/sync/docs.ts";
import { setupSync } from "../../helpers/sync.ts";

/** What somebody prepares of `db`. */
const recorded = (db: Database): { db: Database; statements: string[] } => {
  const statements: string[] = [];
  const prepare = (sql: string): unknown => {
    statements.push(sql);
    return db.prepare(sql);
  };
  const get = (target: Database, name: string | symbol): unknown => name === "prepare" ? prepare : Reflect.get(target, name); // prettier-ignore
  return { db: new Proxy(db, { get }), statements };
};

test("parameters of comparisons and limits are hidden, nothing else is changed", () => {
  expect(steadySql("SELECT a FROM t WHERE b = ? AND c IS @c AND d > ? AND e = 1 ORDER BY a LIMIT ?")).toBe(
    "SELECT a FROM t WHERE b = +? AND c IS +@c AND d > ? AND e = 1 ORDER BY a LIMIT +?",
  );
  expect(steadySql("SELECT a FROM t WHERE b IS NULL AND c >= ?")).toBe("SELECT a FROM t WHERE b IS NULL AND c >= ?");
});

test("what is bound is compared as before, whatever it is", () => {
  const { db } = setupSync();
  db.exec("CREATE TABLE t (a TEXT, b INTEGER, c REAL, d BLOB)");
  const add = db.prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  add.run("1", 1, 0.5, Buffer.from("1"));
  add.run(null, 2n ** 62n, -0, null);
  const values = ["1", 1, 2n ** 62n, 0.5, 0, Buffer.from("1"), null];
  for (const column of ["a", "b", "c", "d"])
    for (const operator of ["=", "IS"]) {
      const sql = `SELECT rowid FROM t WHERE ${column} ${operator} ? LIMIT ?`;
      for (const value of values) expect(steady(db).prepare(sql).all(value, 5)).toEqual(db.prepare(sql).all(value, 5));
    }
});

test("every statement of syncing is found by the same indexes as with its parameters in sight", () => {
  const { db: real } = setupSync();
  const { db, statements } = recorded(real);
  const { origins } = createSyncStore(db);
  createDocStore(db, origins, "w");
  createApplyStore(db, createKeyStore(real));
  const planOf = (sql: string): readonly unknown[] => {
    const named = Object.fromEntries([...sql.matchAll(/@(\w+)/g)].map(([, name]) => [name, 7]));
    const bound = [...(sql.match(/\?/g) ?? []).map(() => 7), ...(Object.keys(named).length > 0 ? [named] : [])];
    const statement = real.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
    return statement.all(...bound).map(({ detail }) => detail);
  };
  expect(statements.filter((sql) => sql.includes("+?")).length).toBeGreaterThan(50);
  for (const sql of statements) expect([sql, planOf(sql)]).toEqual([sql, planOf(sql.replaceAll(/\+(?=[?@])/g, ""))]);
});
