import { expect, test } from "vitest";
import { aheadSql, freshSql, restingSql } from "../../../../electron/store/sync/candidates.ts";
import { marksSql } from "../../../../electron/store/sync/doc-rows.ts";
import { syncKinds } from "../../../../shared/sync/doc.ts";
import { setupSync } from "../../../helpers/sync.ts";

test.each(syncKinds)("candidates of a %s are found by what changed, never by walking what there is", (kind) => {
  const { db } = setupSync();
  const plan = (sql: string, ...bound: unknown[]): string =>
    db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...(bound.length > 0 ? bound : [1, "", 10]))
      .map(({ detail }) => detail)
      .join("\n");
  const [ahead, fresh] = [plan(aheadSql(kind)), plan(freshSql(kind))];
  expect(ahead).toContain("SEARCH a USING PRIMARY KEY (remote=? AND rank=? AND uid>?)");
  expect(fresh).toContain("SEARCH s USING INDEX sync_seen_fresh (remote=? AND rank=? AND id>?)");
  const resting = plan(restingSql(kind), 1, 0, 1, 10);
  expect(resting).toContain("SEARCH a USING PRIMARY KEY (remote=? AND rank=?)");
  for (const text of [ahead, fresh, resting]) expect(text).not.toMatch(/SCAN (?!CONSTANT)|TEMP B-TREE/);
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

test.each(syncKinds)("what the revision of a %s is made of is found by its uid", (kind) => {
  const { db } = setupSync();
  const plan = db
    .prepare<{ uid: string }, { detail: string }>(`EXPLAIN QUERY PLAN ${marksSql[kind]}`)
    .all({ uid: "x" })
    .map(({ detail }) => detail);
  expect(plan.filter((detail) => detail.startsWith("SCAN"))).toEqual([]);
});

test.each(syncKinds)("the revision of a %s is made of the marks that speak of it", (kind) => {
  const { db } = setupSync();
  db.exec(`
    INSERT INTO registered_models (id, uid, name, creation_timestamp, last_updated_timestamp) VALUES (1, 'm', 'm', 0, 0);
    INSERT INTO experiments (id, uid, name, creation_time, last_update_time, model) VALUES (7, 'e', 'e', 0, 0, NULL), (8, 'own', 'own', 0, 0, 1);
    INSERT INTO runs (id, uid, run_id, experiment, name, user_id, status) VALUES
      (1, 'r', 'r', 7, '', '', 'RUNNING'), (2, 'o', 'o', 8, '', '', 'RUNNING');
    INSERT INTO model_versions (uid, model, version, semver, source, own_run, creation_timestamp, last_updated_timestamp)
      VALUES ('v', 1, 1, '1.0.0', '', 2, 0, 0), ('w', 1, 2, '1.1.0', '', NULL, 0, 0);
    INSERT INTO logged_models (uid, model_id, experiment, name, status, source_run_id, creation_timestamp_ms, last_updated_timestamp_ms) VALUES
      ('lr', 'lr', 7, 'lr', 2, 'r', 0, 0), ('lr2', 'lr2', 7, 'lr2', 2, 'r', 0, 0), ('lo', 'lo', 8, 'lo', 2, 'o', 0, 0);
  `);
  const view = db.prepare<[number, string], unknown>("SELECT kind, uid FROM sync_targets WHERE rank = ? AND target = ? ORDER BY uid"); // prettier-ignore
  const marks = db.prepare<{ uid: string }, unknown>(`SELECT * FROM (${marksSql[kind]}) ORDER BY uid`);
  const uids = ["m", "e", "own", "r", "o", "v", "w", "lr", "lo"];
  const [of, expected] = [(uid: string) => marks.all({ uid }), (uid: string) => view.all(syncKinds.indexOf(kind), uid)];
  expect(uids.map(of)).toEqual(uids.map(expected));
  expect(uids.flatMap(of)).not.toEqual([]);
});
