import fc from "fast-check";
import { expect, test } from "vitest";
import { createMetricStore, type MetricPoint, type RawPoint } from "../../../electron/store/metrics.ts";
import { createRunStore } from "../../../electron/store/runs.ts";
import { setupStore } from "../../helpers/store.ts";

const setup = () => {
  const store = setupStore();
  const metrics = createMetricStore(store.db, store.keys);
  const runs = createRunStore(store.db, store.keys);
  return { ...store, metrics, runs };
};
const point = (step: number, timestamp: number, value: number): MetricPoint => ({
  key: "loss",
  step,
  timestamp,
  value,
});

test("the latest metric has the highest step, timestamp and value, whatever was written last", () => {
  const { metrics, runs, run } = setup();
  const id = run();
  metrics.log(id, 0, [point(3, 10, 1), point(2, 99, 2), point(3, 10, 5), point(3, 9, 7)]);
  metrics.log(id, 0, [point(1, 100, 9)]);
  expect(runs.latestMetricsOf([id]).get(id)).toEqual([point(3, 10, 5)]);
});

test("NaN is kept apart from 0, and exact duplicates are stored once", () => {
  const { metrics, run } = setup();
  const id = run();
  metrics.log(id, 0, [point(0, 1, NaN), point(0, 1, 0), point(0, 1, NaN)]);
  expect(metrics.page(id, "loss", -1).points).toEqual([
    [0, 1, 0, 0],
    [0, 1, 0, 1],
  ]);
});

test("integers beyond 2^53 keep their digits", () => {
  const { metrics, run } = setup();
  const id = run();
  metrics.log(id, 0, [{ key: "loss", step: 2n ** 63n - 1n, timestamp: 9007199254740993n, value: 1 }]);
  expect(metrics.page(id, "loss", -1).points).toEqual([["9223372036854775807", "9007199254740993", 1, 0]]);
});

const series = fc.array(
  fc.record({
    step: fc.integer({ min: -3, max: 6 }),
    timestamp: fc.nat(6),
    value: fc.constantFrom(0, 1, NaN, Infinity),
  }),
  { minLength: 1, maxLength: 30 },
);

test("pages of any size give MLflow's order, once each, whether steps and timestamps rise together or not", () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 7 }), (points, size) => {
      const { metrics, run } = setup();
      const id = run();
      metrics.log(
        id,
        0,
        points.map((p) => point(p.step, p.timestamp, p.value)),
      );
      const paged: RawPoint[] = [];
      let from: Parameters<typeof metrics.page>[3];
      for (;;) {
        const { order, points: page } = metrics.page(id, "loss", size, from);
        paged.push(...page);
        const after = page.at(-1);
        if (!after) break;
        from = { order, after };
      }
      const key = (p: (typeof points)[number]): RawPoint => [
        p.step,
        p.timestamp,
        Number.isNaN(p.value) ? 0 : p.value,
        Number.isNaN(p.value) ? 1 : 0,
      ];
      const expected = [...new Map(points.map((p) => [JSON.stringify(key(p).map(String)), key(p)])).values()].sort(
        ([s1, t1, v1, n1], [s2, t2, v2, n2]) =>
          Number(t1) - Number(t2) || Number(s1) - Number(s2) || Math.sign(v1 - v2) || n1 - n2,
      );
      expect(paged).toEqual(expected);
    }),
  );
});

test.each([
  [10, 3, [0, 4, 9]],
  [10, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  [7, 4, [0, 2, 4, 6]],
  [5, 1, [4]],
])("a sample of %i points at %i keeps the first of each equal bucket, and the last point", (total, max, steps) => {
  const { metrics, run } = setup();
  const id = run();
  metrics.log(
    id,
    0,
    Array.from({ length: total }, (_, i) => point(i, i, i)),
  );
  expect(metrics.sample(id, "loss", max).map(([step]) => step)).toEqual(steps);
});

test("points that share a step are sampled by rank, not collapsed", () => {
  const { metrics, run } = setup();
  const id = run();
  metrics.log(
    id,
    0,
    Array.from({ length: 100 }, (_, i) => point(0, i, i)),
  );
  expect(metrics.sample(id, "loss", 4).map(([, timestamp]) => timestamp)).toEqual([0, 25, 50, 99]);
});

test.each(["step", "timestamp"])("a sample of a long history that rises by %s skips along the index", (rising) => {
  const { metrics, run } = setup();
  const id = run();
  const points = (first: number) =>
    Array.from({ length: 1000 }, (_, i) => point(rising === "step" ? first + i : 0, first + i, 1));
  const timed = (): number => {
    const started = performance.now();
    expect(metrics.sample(id, "loss", 320)).toHaveLength(320);
    return performance.now() - started;
  };
  const best = (): number => Math.min(timed(), timed(), timed(), timed(), timed());
  for (let first = 0; first < 5000; first += 1000) metrics.log(id, 0, points(first));
  const short = best();
  for (let first = 5000; first < 40_000; first += 1000) metrics.log(id, 0, points(first));
  // Eight times the points: counting them once is eight times the work; each skip from the start would be far beyond.
  expect(best()).toBeLessThan(Math.max(8 * short, 40));
});
