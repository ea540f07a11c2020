import { afterEach, expect, test, vi } from "vitest";
import { createLoggedModelSearch } from "../../../../electron/store/search/logged-models.ts";
import { createRunSearch } from "../../../../electron/store/search/runs.ts";
import { sampleRun, setupStore } from "./run-data.ts";

afterEach(() => vi.restoreAllMocks());

/** A clock on which every look costs eleven seconds. */
const slowClock = (): void => {
  let now = 0;
  vi.spyOn(Date, "now").mockImplementation(() => (now += 11_000));
};

test.each([
  ["a walk", { filter: "NOT metrics.m > 5", orderBy: [] }],
  ["a walk by a metric", { filter: "", orderBy: ["metrics.m"] }],
  ["a collected clause", { filter: "metrics.m >= 0 AND tags.x IS NULL AND params.p = 'rare'", orderBy: [] }],
])("%s that takes too long is ended with a reason, and the next search is not", (_, request) => {
  const { db, insert } = setupStore();
  insert(
    Array.from({ length: 200 }, (_each, i) =>
      sampleRun(i, { start: i, metrics: { m: 1 }, params: { p: i === 63 ? "rare" : "x" } }),
    ),
  );
  const { search } = createRunSearch(db, { probe: 1 });
  const run = () => search({ experimentIds: [0], viewType: "ALL", maxResults: 150, pageToken: undefined, ...request });
  slowClock();
  expect(run).toThrow(expect.objectContaining({ kind: "invalid", message: expect.stringContaining("took too long") }));
  vi.restoreAllMocks();
  expect(run().ids.length).toBeGreaterThan(0);
});

test("a listing too", () => {
  const { db } = setupStore();
  const add =
    db.prepare(`INSERT INTO logged_models (model_id, experiment, name, status, creation_timestamp_ms, last_updated_timestamp_ms)
    VALUES (?, 0, 'm', 1, 0, 0)`);
  for (let i = 0; i < 70; i++) add.run(`m-${i}`);
  slowClock();
  const request = { experimentIds: [0], filter: "", datasets: [], orderBy: [], maxResults: 100, pageToken: undefined };
  expect(() => createLoggedModelSearch(db).search(request)).toThrow("took too long");
});
