import { expect, test } from "vitest";
import { createRunSearch, type RunSearch } from "../../../../electron/store/search/runs.ts";
import { sampleRun, setupStore } from "./run-data.ts";

const setup = (count = 6) => {
  const { db, insert } = setupStore();
  const byId = insert(
    Array.from({ length: count }, (_, i) =>
      sampleRun(i, { start: i, params: { text: "y".repeat(5000 + (i % 2)) }, metrics: { m: i / 3 } }),
    ),
  );
  const { search } = createRunSearch(db);
  const page = (request: Partial<RunSearch> = {}) => {
    const { ids, nextPageToken } = search({
      experimentIds: [0, 1],
      viewType: "ACTIVE_ONLY",
      filter: "",
      orderBy: [],
      maxResults: 2,
      pageToken: undefined,
      ...request,
    });
    return { starts: ids.map((id) => byId.get(id)?.start), token: nextPageToken };
  };
  return { db, insert, page };
};

test("a page goes on where the last one ended, whatever came or went in between", () => {
  const { db, insert, page } = setup();
  const first = page();
  expect(first.starts).toEqual([5, 4]);
  insert([sampleRun(100, { start: 50 })]);
  db.exec("DELETE FROM runs WHERE start_time = 4 OR start_time = 3");
  expect(page({ pageToken: first.token }).starts).toEqual([2, 1]);
});

test("a page may have another size, and the experiments another order, but not another query", () => {
  const { page } = setup();
  const { token } = page();
  expect(page({ pageToken: token, maxResults: 3, experimentIds: [1, 0, 1] }).starts).toEqual([3, 2, 1]);
  for (const other of [
    { filter: "metrics.m > 0" },
    { viewType: "ALL" },
    { experimentIds: [0] },
    { orderBy: ["metrics.m"] },
  ] as const)
    expect(() => page({ pageToken: token, ...other })).toThrow("belongs to another search");
});

test("tokens stay short where the order is by long texts, which are told apart to the end", () => {
  const { page } = setup();
  const orderBy = ["params.text"];
  const first = page({ orderBy });
  expect(first.starts).toEqual([4, 2]);
  expect(first.token?.length).toBeLessThan(1000);
  const second = page({ orderBy, pageToken: first.token });
  expect(second.starts).toEqual([0, 5]);
  expect(page({ orderBy, pageToken: second.token }).starts).toEqual([3, 1]);
});

test("times beyond 2^53 page exactly", () => {
  const { db, page } = setup(4);
  const set = db.prepare("UPDATE runs SET start_time = ? WHERE start_time = ?");
  for (const i of [0, 1, 2, 3]) set.run(9007199254740993n + BigInt(i), i);
  const first = page();
  expect(first.starts).toEqual([3, 2]);
  expect(page({ pageToken: first.token }).starts).toEqual([1, 0]);
});

test("a token of mlflow server, which counts rows, goes on here", () => {
  const { page } = setup();
  const second = page({ pageToken: Buffer.from('{"offset": 2}').toString("base64") });
  expect(second.starts).toEqual([3, 2]);
  expect(page({ pageToken: second.token }).starts).toEqual([1, 0]);
});

test("max_results is from 1 to 50000", () => {
  const { page } = setup();
  for (const maxResults of [0, -1, 50_001, 1.5, NaN]) expect(() => page({ maxResults })).toThrow("max_results");
  expect(page({ maxResults: 50_000 }).token).toBeUndefined();
});

test("no experiments, no runs", () =>
  expect(setup().page({ experimentIds: [] })).toEqual({ starts: [], token: undefined }));
