import { expect, test } from "vitest";
import { createModelVersionSearch } from "../../../../electron/store/search/model-versions.ts";
import { createRunSearch, type RunSearch } from "../../../../electron/store/search/runs.ts";
import { sampleRun, setupStore } from "./run-data.ts";

/** A store that keeps the SQL it prepares, and the plan of what a search ran: an index that falls out of use fails here. */
const setup = () => {
  const { db, insert } = setupStore();
  insert(
    Array.from({ length: 300 }, (_, i) =>
      sampleRun(i, {
        start: i,
        metrics: { acc: i },
        params: { lr: String(i % 3), seed: String(i) },
        tags: { team: `t${i}` },
      }),
    ),
  );
  const { search } = createRunSearch(db, { probe: 10 });
  const versions = createModelVersionSearch(db);
  const texts: string[] = [];
  const prepare = db.prepare.bind(db);
  Object.defineProperty(db, "prepare", {
    value: (text: string) => {
      texts.push(text);
      return prepare(text);
    },
  });
  const planOf = (act: () => unknown): string => {
    texts.length = 0;
    act();
    return texts
      .flatMap((text) =>
        prepare(`EXPLAIN QUERY PLAN ${text}`).all(...Array<null>(text.split("?").length - 1).fill(null)),
      )
      .map((row) => (typeof row === "object" && row !== null && "detail" in row ? String(row.detail) : ""))
      .join("\n");
  };
  const runs = (request: Partial<RunSearch>) =>
    search({
      experimentIds: [0],
      viewType: "ACTIVE_ONLY",
      filter: "",
      orderBy: [],
      maxResults: 5,
      pageToken: undefined,
      ...request,
    });
  return { runs, versions, planOf };
};

test("the newest runs come straight off the index, the last page too", () => {
  const { runs, planOf } = setup();
  const first = planOf(() => runs({}));
  expect(first).toContain(
    "SEARCH r USING COVERING INDEX runs_by_start (experiment=? AND lifecycle_stage=? AND start_time>?)",
  );
  expect(first).not.toContain("TEMP B-TREE");
  const token = runs({}).nextPageToken;
  const next = planOf(() => runs({ pageToken: token }));
  expect(next).toMatch(/runs_by_start \(experiment=\? AND lifecycle_stage=\? AND start_time[<>]/);
  expect(next).not.toContain("TEMP B-TREE");
});

test("an order by a metric walks its index, and sorts no more than ties", () => {
  const { runs, planOf } = setup();
  for (const request of [
    { orderBy: ["metrics.acc DESC"] },
    { orderBy: ["metrics.acc"], filter: "metrics.acc > 3 AND params.lr = '0'" },
  ]) {
    const plan = planOf(() => runs(request));
    expect(plan).toMatch(
      /SEARCH m USING (COVERING )?INDEX latest_metrics_by_value \(experiment=\? AND key=\? AND is_nan=\?/,
    );
    expect(plan).toContain("SEARCH r USING INTEGER PRIMARY KEY");
    expect(plan).not.toMatch(/USE TEMP B-TREE FOR ORDER BY/);
    expect(plan).not.toMatch(/^SCAN r$/m);
  }
});

test("a rare match is found by its own index, not by a walk", () => {
  const { runs, planOf } = setup();
  const byParam = planOf(() => runs({ filter: "params.seed = '7' AND metrics.acc > 0" }));
  expect(byParam).toContain("params_by_value (experiment=? AND key=? AND head=?)");
  const byPrefix = planOf(() => runs({ filter: "tags.team LIKE 't29%'", orderBy: ["metrics.acc"], maxResults: 50 }));
  expect(byPrefix).toContain("run_tags_by_value (experiment=? AND key=? AND head>? AND head<?)");
  const byId = planOf(() => runs({ filter: `run_id IN ('${"0".repeat(32)}')` }));
  expect(byId).toMatch(/runs.*\(run_id=\?\)/);
});

test("what lies anywhere in a value is looked for once: in its index when it is rare, on a walk when it is not", () => {
  const { runs, planOf } = setup();
  const scanned = /run_tags_by_value \(experiment=\? AND key=\?\)/g;
  const rare = planOf(() => runs({ filter: "tags.team LIKE '%no such%'" }));
  expect(rare.match(scanned)).toHaveLength(1);
  const some = planOf(() => runs({ filter: "tags.team LIKE '%97%'" }));
  expect(some).not.toMatch(scanned);
  const beside = planOf(() => runs({ filter: "tags.team LIKE '%2%' AND params.seed = '12'" }));
  expect(beside).not.toMatch(scanned);
  expect(beside).toContain("params_by_value (experiment=? AND key=? AND head=?)");
});

test("conditions on a run are looked up by its key", () => {
  const { runs, planOf } = setup();
  const plan = planOf(() => runs({ filter: "metrics.acc >= 0 AND NOT tags.team = 'x'" }));
  expect(plan).toMatch(/SEARCH t USING PRIMARY KEY \(run=\? AND key=\?\)/);
});

test("the versions of one model are found by its name", () => {
  const { versions, planOf } = setup();
  const plan = planOf(() =>
    versions.search({ filter: "name = 'm'", orderBy: [], maxResults: 10, pageToken: undefined }),
  );
  expect(plan).toContain("registered_models_by_name (name=?)");
  expect(plan).toMatch(/SEARCH v USING INDEX .*\(model=\?\)/);
  expect(plan).toContain("prompt_versions");
});
