import { expect, test } from "vitest";
import { aheadSql, freshSql } from "../../../../electron/store/sync/candidates.ts";
import { syncKinds } from "../../../../shared/sync/doc.ts";
import { setupSync } from "../../../helpers/sync.ts";

test.each(syncKinds)("candidates of a %s are found by what changed, never by walking what there is", (kind) => {
  const { db } = setupSync();
  const plan = (sql: string): string =>
    db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(1, "", 10)
      .map(({ detail }) => detail)
      .join("\n");
  const [ahead, fresh] = [plan(aheadSql(kind)), plan(freshSql(kind))];
  expect(ahead).toContain("SEARCH a USING PRIMARY KEY (remote=? AND rank=? AND uid>?)");
  expect(fresh).toContain("SEARCH s USING INDEX sync_seen_fresh (remote=? AND rank=? AND id>?)");
  for (const text of [ahead, fresh]) expect(text).not.toMatch(/SCAN (?!CONSTANT)|TEMP B-TREE/);
});

test("the objects that a mark speaks of are found by its uid", () => {
  const { db } = setupSync();
  const plan = db
    .prepare<unknown[], { detail: string }>(
      "EXPLAIN QUERY PLAN SELECT rank, target FROM sync_targets WHERE kind = ? AND uid = ?",
    )
    .all("run", "x")
    .map(({ detail }) => detail);
  expect(plan.filter((detail) => detail.startsWith("SCAN"))).toEqual([]);
});

test("what a document's revision is made of is found by its uid", () => {
  const { db } = setupSync();
  const plan = db
    .prepare<unknown[], { detail: string }>(
      `EXPLAIN QUERY PLAN SELECT t.kind, c.rev FROM sync_targets AS t LEFT JOIN changes AS c ON c.kind = t.kind AND c.uid = t.uid
       WHERE t.rank = ? AND t.target = ?`,
    )
    .all(1, "x")
    .map(({ detail }) => detail);
  expect(plan.filter((detail) => /^SCAN (?!t$|\(subquery|t )/.test(detail))).toEqual([]);
});
