import fc from "fast-check";
import { expect, test } from "vitest";
import { createRunSearch } from "../../../../electron/store/search/runs.ts";
import { type Judged, type JudgedOrder, numberHolds, sortRuns, textHolds } from "./judge.ts";
import { type SampleRun, sampleRun, setupStore } from "./run-data.ts";

const LONG = "x".repeat(70);
const KEYS = ["a", "b", "a b"] as const;
const TEXTS = ["", "v", "V", "va", "é", "É", "100%", "a_b", "a*[?]", LONG, `${LONG}y`, `${LONG}z`, "日本"] as const;
const PATTERNS = [
  "%",
  "_",
  "v%",
  "V%",
  "%a",
  "%A_",
  "é",
  "É%",
  "100%",
  "a*[?]",
  "a*%",
  `${LONG}%`,
  `${LONG}_`,
  `%${LONG}`,
  "日_",
] as const;

const key = fc.constantFrom(...KEYS);
const text = fc.constantFrom(...TEXTS);
const number = fc.constantFrom(0, -0.5, 1, 2, 1e300, Infinity, -Infinity, NaN);
const time = fc.option(fc.integer({ min: 0, max: 4 }), { freq: 6 });
const run: fc.Arbitrary<Partial<SampleRun>> = fc.record({
  experiment: fc.integer({ min: 0, max: 2 }),
  name: fc.constantFrom("run-1", "RUN-1", "other"),
  status: fc.constantFrom("RUNNING", "FINISHED"),
  stage: fc.constantFrom("active", "active", "active", "deleted"),
  start: time,
  end: time,
  metrics: fc.dictionary(key, number),
  params: fc.dictionary(key, text),
  tags: fc.dictionary(key, text),
  datasets: fc.array(
    fc.record({
      name: fc.constantFrom("ds1", "ds2"),
      digest: fc.constantFrom("d1", "d2"),
      context: fc.constantFrom("train", "eval", null),
    }),
    { maxLength: 2 },
  ),
});
const runs = fc.array(run, { maxLength: 25 }).map((list) => list.map((each, i) => sampleRun(i * 7919, each)));

const NUMERIC = ["=", "!=", "<", "<=", ">", ">="] as const;
const TEXTUAL = ["=", "!=", "LIKE", "ILIKE"] as const;
const compared = fc.oneof(
  fc.tuple(fc.constantFrom("=", "!=" as const), text),
  fc.tuple(fc.constantFrom("LIKE", "ILIKE" as const), fc.constantFrom(...PATTERNS)),
);
const bare = (name: string): string => (/^\w+$/.test(name) ? name : `\`${name}\``);

const metricClause = fc
  .tuple(key, fc.constantFrom(...NUMERIC), fc.constantFrom(0, 1, -0.5, 2))
  .map(([k, c, v]): Judged => ({
    text: `metrics.${bare(k)} ${c} ${v}`,
    holds: (r) => numberHolds(r.metrics[k], c, v),
  }));
const keyedClause = fc
  .tuple(fc.constantFrom("params", "tags" as const), key, compared)
  .map(([kind, k, [c, v]]): Judged => ({
    text: `${kind}.${bare(k)} ${c} '${v}'`,
    holds: (r) => textHolds(r[kind][k], c, v),
  }));
const presenceClause = fc
  .tuple(fc.constantFrom("params", "tags" as const), key, fc.constantFrom("IS NULL", "IS NOT NULL"))
  .map(([kind, k, c]): Judged => ({ text: `${kind}.${bare(k)} ${c}`, holds: (r) => textHolds(r[kind][k], c, "") }));
const listClause = fc
  .tuple(key, fc.array(text, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([k, values, not]): Judged => ({
    text: `params.${bare(k)} ${not ? "NOT IN" : "IN"} (${values.map((v) => `"${v}"`).join(", ")})`,
    holds: (r) => r.params[k] !== undefined && values.some((v) => v === r.params[k]) !== not,
  }));
const attributeClause = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("start_time", "end_time" as const),
      fc.constantFrom(...NUMERIC),
      fc.integer({ min: 0, max: 4 }),
    )
    .map(([k, c, v]): Judged => ({
      text: `attributes.${k} ${c} ${v}`,
      holds: (r) => numberHolds((k === "start_time" ? r.start : r.end) ?? undefined, c, v),
    })),
  fc
    .tuple(fc.constantFrom(...TEXTUAL), fc.constantFrom("run-1", "RUN-1%", "run__"))
    .map(([c, v]): Judged => ({ text: `run_name ${c} '${v}'`, holds: (r) => textHolds(r.name, c, v) })),
  fc
    .tuple(fc.constantFrom(...TEXTUAL), fc.constantFrom("RUNNING", "r%", "F%"))
    .map(([c, v]): Judged => ({ text: `status ${c} "${v}"`, holds: (r) => textHolds(r.status, c, v) })),
);
const datasetClause = fc
  .tuple(
    fc.constantFrom("name", "digest", "context" as const),
    fc.constantFrom(...TEXTUAL),
    fc.constantFrom("ds1", "DS%", "d1", "train", "%"),
  )
  .map(([k, c, v]): Judged => ({
    text: `dataset.${k} ${c} '${v}'`,
    // The first context stored for a dataset stays.
    holds: (r) =>
      r.datasets.some((d) =>
        textHolds((r.datasets.find((e) => e.name === d.name && e.digest === d.digest) ?? d)[k] ?? undefined, c, v),
      ),
  }));
const clause = fc.oneof(metricClause, keyedClause, presenceClause, listClause, attributeClause, datasetClause);
const conjunction = fc.array(clause, { minLength: 1, maxLength: 3 }).map((parts): Judged => ({
  text: parts.map((p) => p.text).join(" AND "),
  holds: (r) => parts.every((p) => p.holds(r)),
}));
const logical = fc.letrec<{ tree: Judged; leaf: Judged }>((tie) => ({
  leaf: clause,
  tree: fc.oneof(
    { maxDepth: 3 },
    tie("leaf"),
    tie("tree").map((t): Judged => ({ text: `NOT (${t.text})`, holds: (r) => !t.holds(r) })),
    fc
      .tuple(tie("tree"), tie("tree"))
      .map(([a, b]): Judged => ({ text: `(${a.text}) OR ${b.text}`, holds: (r) => a.holds(r) || b.holds(r) })),
    fc
      .tuple(tie("leaf"), tie("tree"))
      .map(([a, b]): Judged => ({ text: `(${a.text} AND (${b.text}))`, holds: (r) => a.holds(r) && b.holds(r) })),
  ),
})).tree;
const filter = fc.oneof(
  { arbitrary: fc.constant<Judged>({ text: "", holds: () => true }), weight: 1 },
  { arbitrary: conjunction, weight: 5 },
  { arbitrary: logical, weight: 3 },
);

const orderField = fc.oneof(
  key.map((k) => ({ field: `metrics.${bare(k)}`, valueOf: (r: SampleRun) => r.metrics[k] })),
  fc
    .tuple(fc.constantFrom("params", "tags" as const), key)
    .map(([kind, k]) => ({ field: `${kind}.${bare(k)}`, valueOf: (r: SampleRun) => r[kind][k] })),
  fc.constantFrom(
    { field: "start_time", valueOf: (r: SampleRun) => r.start },
    { field: "attributes.end_time", valueOf: (r: SampleRun) => r.end },
    { field: "status", valueOf: (r: SampleRun) => r.status },
    { field: "run_name", valueOf: (r: SampleRun) => r.name },
    { field: "metrics.unknown", valueOf: () => undefined },
  ),
);
const orders = fc
  .uniqueArray(orderField, { maxLength: 3, selector: (o) => o.field.replace("attributes.", "") })
  .chain((fields) =>
    fc.tuple(
      ...fields.map(({ field, valueOf }) =>
        fc
          .boolean()
          .map((ascending): JudgedOrder => ({ text: `${field} ${ascending ? "ASC" : "DESC"}`, valueOf, ascending })),
      ),
    ),
  );
const view = fc.constantFrom("ACTIVE_ONLY", "DELETED_ONLY", "ALL" as const);
const scope = fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 });

const setup = (samples: readonly SampleRun[], options: { probe?: number }) => {
  const { db, insert } = setupStore();
  const byId = insert(samples);
  return { search: createRunSearch(db, options).search, runIdOf: (id: number) => byId.get(id)?.runId };
};
const inScope = (r: SampleRun, experiments: readonly number[], viewType: string): boolean =>
  experiments.includes(r.experiment) &&
  (viewType === "ALL" || r.stage === (viewType === "ACTIVE_ONLY" ? "active" : "deleted"));

test.each([{}, { probe: 1 }])(
  "finds what a naive reading finds, in its order, page by page (%o)",
  (options) => {
    fc.assert(
      fc.property(
        runs,
        filter,
        orders,
        view,
        scope,
        fc.integer({ min: 1, max: 7 }),
        (samples, judged, by, viewType, experimentIds, size) => {
          const { search, runIdOf } = setup(samples, options);
          const request = {
            experimentIds,
            filter: judged.text,
            viewType,
            orderBy: by.map((o) => o.text),
            maxResults: 1000,
            pageToken: undefined,
          };
          const expected = sortRuns(
            samples.filter((r) => inScope(r, experimentIds, viewType) && judged.holds(r)),
            by,
          ).map((r) => r.runId);
          expect(search(request).ids.map(runIdOf)).toEqual(expected);
          const paged: (string | undefined)[] = [];
          for (let pageToken: string | undefined, pages = 0; pages <= samples.length + 1; pages++) {
            const page = search({ ...request, maxResults: size, pageToken });
            expect(page.ids.length).toBeLessThanOrEqual(size);
            paged.push(...page.ids.map(runIdOf));
            pageToken = page.nextPageToken;
            if (pageToken === undefined) break;
          }
          expect(paged).toEqual(expected);
        },
      ),
      { numRuns: Number(process.env["RUNS"] ?? 150) },
    );
  },
  120_000,
);

const ordered: readonly [string, (r: SampleRun) => number | string | null | undefined][] = [
  ["metrics.a", (r) => r.metrics["a"]],
  ["params.a", (r) => r.params["a"]],
  ["tags.`a b`", (r) => r.tags["a b"]],
  ["start_time", (r) => r.start],
  ["end_time", (r) => r.end],
  ["status", (r) => r.status],
  ["metrics.nobody", () => undefined],
];

test.each(ordered)("pages through ties, NaN and missing values by %s, both ways", (field, valueOf) => {
  // A third has a value, a third NaN or none; values repeat across pages, as do times.
  const samples = Array.from({ length: 60 }, (_, i) =>
    sampleRun((i * 7919) % 1009, {
      experiment: i % 2,
      start: i % 4 === 0 ? null : i % 5,
      end: i % 3 === 0 ? null : i % 2,
      status: i % 2 === 0 ? "FINISHED" : "FAILED",
      metrics: i % 3 === 0 ? {} : { a: i % 3 === 1 ? NaN : i % 4 },
      params: i % 3 === 0 ? {} : { a: `${LONG}${i % 2}` },
      tags: i % 2 === 0 ? {} : { "a b": String(i % 3) },
    }),
  );
  for (const options of [{}, { probe: 1 }]) {
    const { search, runIdOf } = setup(samples, options);
    for (const ascending of [true, false])
      for (const maxResults of [1, 7, 20]) {
        const orderBy = [`${field} ${ascending ? "ASC" : "DESC"}`];
        const found: (string | undefined)[] = [];
        let pageToken: string | undefined;
        do {
          const filter = maxResults === 7 ? "NOT status = 'KILLED'" : "";
          const page = search({ experimentIds: [0, 1], filter, viewType: "ALL", orderBy, maxResults, pageToken });
          found.push(...page.ids.map(runIdOf));
          pageToken = page.nextPageToken;
        } while (pageToken !== undefined && found.length <= samples.length);
        expect(found).toEqual(sortRuns(samples, [{ text: field, valueOf, ascending }]).map((r) => r.runId));
      }
  }
});

test("NaN is unequal to everything and compares with nothing, in a walk and by the index", () => {
  const samples = [sampleRun(1, { metrics: { a: NaN } }), sampleRun(2, { metrics: { a: 0 } }), sampleRun(3)];
  const found = (filter: string, options: { probe?: number }): (string | undefined)[] => {
    const { search, runIdOf } = setup(samples, options);
    const request = { experimentIds: [0], viewType: "ALL", orderBy: [], maxResults: 9, pageToken: undefined } as const;
    return search({ ...request, filter }).ids.map(runIdOf);
  };
  const [nan, zero, none] = samples.map((r) => r.runId);
  for (const options of [{}, { probe: 1 }]) {
    expect(found("metrics.a != 0", options)).toEqual([nan]);
    expect(found("metrics.a != 1", options)).toEqual([nan, zero]);
    for (const comparator of ["=", "<=", ">="]) expect(found(`metrics.a ${comparator} 0`, options)).toEqual([zero]);
    expect(found("NOT metrics.a != 0", options)).toEqual([zero, none]);
  }
});
