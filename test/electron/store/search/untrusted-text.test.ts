import { expect, test } from "vitest";
import { DomainError } from "../../../../shared/errors.ts";
import { createExperimentSearch } from "../../../../electron/store/search/experiments.ts";
import { createRunSearch, type RunSearch } from "../../../../electron/store/search/runs.ts";
import { sampleRun, setupStore } from "./run-data.ts";

const NASTY = `"; DROP TABLE runs; --`;
const setup = () => {
  const { db, insert } = setupStore();
  insert([
    sampleRun(1, { metrics: { acc: 1 }, params: { [NASTY]: "here" }, tags: { long: "ab".repeat(500) } }),
    sampleRun(2, { metrics: { acc: 2 }, tags: { pattern: "100%_*[?]" } }),
  ]);
  const { search } = createRunSearch(db);
  const tables = (): unknown => db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get();
  const found = (request: Partial<RunSearch>): number =>
    search({
      experimentIds: [0],
      viewType: "ALL",
      filter: "",
      orderBy: [],
      maxResults: 10,
      pageToken: undefined,
      ...request,
    }).ids.length;
  return { db, found, tables };
};

// SECURITY S01
test.each([
  { filter: "params.x = 'a' OR 1=1 --" },
  { filter: "1=1" },
  { filter: "params.x = 'a' UNION SELECT 1" },
  { filter: "params.x = 'a'; DROP TABLE runs" },
  { filter: "params.x = 'a' AND (SELECT 1)" },
  { orderBy: ["start_time; DROP TABLE runs"] },
  { orderBy: ["CASE WHEN 1 THEN start_time END"] },
  { orderBy: ["start_time, 1"] },
  { orderBy: ["(SELECT 1)"] },
])("SQL in a search is refused: %j", (request) => {
  const { found, tables } = setup();
  const before = tables();
  expect(() => found(request)).toThrow(expect.objectContaining({ kind: "invalid" }));
  expect(tables()).toBe(before);
});

// SECURITY S02
test("a key or value that holds SQL is a key or a value", () => {
  const { found, tables } = setup();
  const before = tables();
  expect(found({ filter: `params.\`${NASTY}\` = 'here'` })).toBe(1);
  expect(found({ filter: `params.\`${NASTY}\` = '${NASTY}' OR tags.x = "'; DELETE FROM runs"` })).toBe(0);
  expect(found({ orderBy: [`params.\`${NASTY}\` DESC`] })).toBe(2);
  expect(tables()).toBe(before);
});

// SECURITY S04
test("64 and 200 conditions work, 201 are refused", () => {
  const { found } = setup();
  const clauses = (n: number): string => Array.from({ length: n }, () => "metrics.acc > 0").join(" AND ");
  expect(found({ filter: clauses(64) })).toBe(2);
  expect(found({ filter: clauses(200) })).toBe(2);
  expect(() => found({ filter: clauses(201) })).toThrow(DomainError);
  const nested = (n: number): string => (n === 0 ? "metrics.acc > 0" : `NOT (${nested(n - 1)} OR metrics.acc > 5)`);
  expect(found({ filter: nested(40) })).toBe(2);
});

// SECURITY S05
test("a LIKE with many wildcards stays fast", () => {
  const { found } = setup();
  const begin = performance.now();
  expect(found({ filter: `tags.long LIKE '${"%a%b".repeat(200)}%c'` })).toBe(0);
  expect(found({ filter: `tags.long ILIKE '${"%A_".repeat(300)}'` })).toBe(1);
  expect(performance.now() - begin).toBeLessThan(5000);
});

test("wildcards of GLOB mean nothing in a LIKE, and a pattern too long for SQLite is refused, not failed on", () => {
  const { found } = setup();
  expect(found({ filter: "tags.pattern LIKE '100%_*[?]'" })).toBe(1);
  expect(found({ filter: "tags.pattern LIKE '1*'" })).toBe(0);
  expect(found({ filter: "tags.pattern LIKE '[1]%'" })).toBe(0);
  for (const pattern of ["*".repeat(30_000), "日".repeat(30_000)]) {
    expect(() => found({ filter: `tags.pattern LIKE '${pattern}'` })).toThrow("too long");
  }
});

test.each([
  "@@",
  "abc",
  "e30=",
  "bnVsbA==",
  "W10=",
  "eyJxIjoxfQ==",
  "eyJvZmZzZXQiOi0xfQ==",
  "eyJvZmZzZXQiOiJ4In0=",
  "%27",
])("a page token that nobody made is refused: %s", (pageToken) =>
  expect(() => setup().found({ pageToken })).toThrow("Invalid page token"),
);

test("names that every object has are no fields", () => {
  const { db, found } = setup();
  for (const key of ["constructor", "__proto__", "toString"]) {
    expect(() => found({ filter: `${key} = 'x'` })).toThrow(DomainError);
    expect(() => found({ orderBy: [key] })).toThrow(DomainError);
    expect(found({ filter: `params.${key} = 'x'` })).toBe(0);
    const experiments = createExperimentSearch(db);
    const request = {
      filter: `${key} = 'x'`,
      orderBy: [],
      maxResults: 1,
      viewType: "ALL",
      pageToken: undefined,
    } as const;
    expect(() => experiments.search(request)).toThrow(DomainError);
  }
});
