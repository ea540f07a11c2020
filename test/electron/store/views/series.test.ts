import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { openWriter } from "../../../../electron/store/database.ts";
import { migrate } from "../../../../electron/store/migrate.ts";
import { createSeriesRows, type RowPosition } from "../../../../electron/store/views/series-rows.ts";
import { createSeriesViews } from "../../../../electron/store/views/series.ts";

interface Point {
  readonly step: number;
  readonly timestamp: number;
  readonly value: number;
}
const ALL = { run: 1, key: "loss" };

const setupSeries = () => {
  const db = openWriter(":memory:");
  migrate(db);
  onTestFinished(() => void db.close());
  db.exec(`INSERT INTO runs (id, run_id, experiment, name, user_id, status) VALUES (1, 'r', 0, 'r', '', 'RUNNING');
    INSERT INTO keys (id, name) VALUES (1, 'loss'), (2, 'epoch')`);
  const insert = db.prepare(
    "INSERT OR IGNORE INTO metrics (run, key, step, timestamp, value, is_nan) VALUES (1, ?, ?, ?, ?, ?)",
  );
  const log = (points: readonly Point[], key: "loss" | "epoch" = "loss"): void => {
    for (const { step, timestamp, value } of points) {
      const nan = Number.isNaN(value);
      insert.run(key === "loss" ? 1 : 2, step, timestamp, nan ? 0 : value, nan ? 1 : 0);
    }
  };
  const startAt = (ms: number): unknown => db.prepare("UPDATE runs SET start_time = ?").run(ms);
  return { log, startAt, ...createSeriesViews(db), rows: createSeriesRows(db) };
};

const line = (n: number, value: (i: number) => number, step = (i: number) => i): Point[] =>
  Array.from({ length: n }, (_unused, i) => ({ step: step(i), timestamp: 1000 + i, value: value(i) }));

test("few points come whole, in the order of their steps", () => {
  const { log, read } = setupSeries();
  log(line(5, (i) => i * i).toReversed());
  expect(read({ ...ALL, points: 100 })).toEqual({
    key: "loss",
    total: 5,
    origin: 1000,
    steps: [0, 1, 2, 3, 4],
    timestamps: [1000, 1001, 1002, 1003, 1004],
    values: [0, 1, 4, 9, 16],
    marks: [],
    not_finite: 0,
  });
});

test("a metric that was never logged is an empty series", () => {
  const { read } = setupSeries();
  expect(read({ ...ALL, key: "nothing", points: 10 })).toMatchObject({ total: 0, values: [] });
  expect(read({ ...ALL, points: 10 })).toMatchObject({ total: 0, values: [] });
});

test("thinning keeps a single spike, the ends, and says how many points there are", () => {
  const { log, read } = setupSeries();
  log(line(10_000, (i) => (i === 6_543 ? 99 : Math.sin(i / 500))));
  const series = read({ ...ALL, points: 400 });
  expect(series.total).toBe(10_000);
  expect(series.values.length).toBeLessThanOrEqual(400);
  expect(series.values[series.steps.indexOf(6_543)]).toBe(99);
  expect([series.steps[0], series.steps.at(-1)]).toEqual([0, 9_999]);
});

test("metrics logged without steps are thinned over their time", () => {
  const { log, read } = setupSeries();
  log(
    line(
      5_000,
      (i) => i % 97,
      () => 0,
    ),
  );
  const series = read({ ...ALL, points: 200 });
  expect(series.total).toBe(5_000);
  expect(series.values.length).toBeGreaterThan(100);
  expect(series.values.length).toBeLessThanOrEqual(200);
  expect(series.timestamps).toEqual(series.timestamps.toSorted((a, b) => a - b));
});

describe("what no line can show", () => {
  test("NaN and infinities are marks, in whole and in thinned series, and never the lowest or highest value", () => {
    const { log, read } = setupSeries();
    const odd = new Map([[10, NaN], [20, Infinity], [30, -Infinity], [40, Number.MAX_VALUE]]); // prettier-ignore
    log(line(2_000, (i) => odd.get(i) ?? 1));
    for (const points of [5_000, 100]) {
      const series = read({ ...ALL, points });
      expect(series).toMatchObject({ total: 2_000, not_finite: 4 });
      expect(new Set(series.values)).toEqual(new Set([1]));
      expect(series.marks.map(({ step, value }) => [step, value])).toEqual([
        [10, "NaN"],
        [20, "Infinity"],
        [30, "-Infinity"],
        [40, Number.MAX_VALUE],
      ]);
    }
  });

  test("a metric that is NaN throughout has marks and no points", () => {
    const { log, read } = setupSeries();
    log(line(1_000, () => NaN));
    expect(read({ ...ALL, points: 100 })).toMatchObject({ total: 1_000, not_finite: 1_000, values: [] });
  });
});

test("a range of steps is read alone, and finer", () => {
  const { log, read } = setupSeries();
  log(line(10_000, (i) => i));
  const series = read({ ...ALL, window: { axis: "step", from: 4_999.5, to: 5_099 }, points: 400 });
  expect(series.total).toBe(100);
  expect(series.steps).toEqual(Array.from({ length: 100 }, (_unused, i) => 5_000 + i));
});

describe("a part of another axis", () => {
  test("times: every point between them, also where the clock went back", () => {
    const { log, read } = setupSeries();
    log(line(1_000, (i) => i));
    expect(read({ ...ALL, points: 50, window: { axis: "time", from: 1_100, to: 1_109 } })).toMatchObject({
      total: 10,
      steps: [100, 101, 102, 103, 104, 105, 106, 107, 108, 109],
    });
    log([{ step: 5_000, timestamp: 1_105, value: 7 }]); // resumed on a machine whose clock is behind
    const back = read({ ...ALL, points: 5_000, window: { axis: "time", from: 1_100, to: 1_109 } });
    expect([back.steps[0], back.steps.at(-1), back.total]).toEqual([100, 5_000, 901]);
    expect(read({ ...ALL, points: 50, window: { axis: "time", from: 1, to: 2 } })).toMatchObject({ total: 0 });
  });

  test("relative times count from the run's start, or from the first point where that came before it", () => {
    const { log, read, startAt } = setupSeries();
    log(line(100, (i) => i));
    const window = { axis: "relative", from: 10, to: 12 } as const;
    expect(read({ ...ALL, points: 50, window })).toMatchObject({ origin: 1_000, steps: [10, 11, 12] });
    startAt(900);
    expect(read({ ...ALL, points: 50, window: { ...window, from: 110, to: 112 } })).toMatchObject({
      origin: 900,
      steps: [10, 11, 12],
    });
    startAt(5_000);
    expect(read({ ...ALL, points: 50, window })).toMatchObject({ origin: 1_000, steps: [10, 11, 12] });
  });

  test("another metric's values: each point gets its last one at or before the step; those without are counted", () => {
    const { log, read } = setupSeries();
    log(line(8, (i) => i * 10));
    log([2, 4, 5, 6].map((step, i) => ({ step, timestamp: 0, value: step === 6 ? NaN : i / 2 })), "epoch"); // prettier-ignore
    const joined = read({ ...ALL, points: 50, xMetric: "epoch" });
    expect(joined).toMatchObject({ total: 8, steps: [2, 3, 4, 5], values: [20, 30, 40, 50], xs: [0, 0, 0.5, 1] });
    expect(joined.without_x).toBe(4); // steps 0 and 1 before the first, 6 and 7 at a NaN
    const window = { axis: "metric", from: 0.5, to: 1 } as const;
    expect(read({ ...ALL, points: 50, xMetric: "epoch", window })).toMatchObject({ steps: [4, 5], xs: [0.5, 1] });
    expect(read({ ...ALL, points: 50, xMetric: "never" })).toMatchObject({ values: [], without_x: 8 });
  });

  test("a mark is joined too", () => {
    const { log, read } = setupSeries();
    log([{ step: 3, timestamp: 0, value: NaN }]);
    log([{ step: 1, timestamp: 0, value: 0.5 }], "epoch");
    expect(read({ ...ALL, points: 50, xMetric: "epoch" }).marks).toMatchObject([{ step: 3, value: "NaN", x: 0.5 }]);
  });

  test("finding it may walk the whole history, and counts as that", () => {
    const { log, countUpTo } = setupSeries();
    log(line(500, (i) => i));
    const narrow = { axis: "step", from: 0, to: 9 } as const;
    expect(countUpTo({ ...ALL, points: 10, window: narrow }, 1_000)).toBe(10);
    expect(countUpTo({ ...ALL, points: 10, window: { ...narrow, axis: "time" } }, 1_000)).toBe(500);
  });
});

test("raw points come in pages that leave nothing out, ±Infinity and integers beyond 2^53 among them", () => {
  const { log, rows } = setupSeries();
  log([...line(7, (i) => [0.5, NaN, Infinity, -Infinity, 1e-300, 2, 3][i] ?? 0)]);
  log([{ step: 6, timestamp: 1_006, value: NaN }, { step: 6, timestamp: 1_006, value: -3 }]); // prettier-ignore
  const all = rows(1, "loss", undefined, 100);
  expect(all.next).toBeUndefined();
  expect(all.rows.map(({ value }) => value)).toEqual([0.5, "NaN", "Infinity", "-Infinity", 1e-300, 2, -3, "NaN", 3]);
  for (const size of [1, 2, 3]) {
    const seen: unknown[] = [];
    let next: RowPosition | undefined;
    do {
      const page: ReturnType<typeof rows> = rows(1, "loss", next, size);
      seen.push(...page.rows);
      next = page.next && (JSON.parse(JSON.stringify(page.next)) as RowPosition); // it crosses a thread as JSON
    } while (next);
    expect(seen).toEqual(all.rows);
  }
});

test("whatever is logged: extremes and ends stay, the total is exact, every point shown was logged", () => {
  const point = fc.record({
    step: fc.integer({ min: -50, max: 2_000 }),
    timestamp: fc.integer({ min: 0, max: 5_000 }),
    // SQLite keeps no sign of zero.
    value: fc
      .oneof(fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e9, max: 1e9 }), fc.constant(NaN))
      .map((value) => value + 0),
  });
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 1, maxLength: 300 }),
      fc.integer({ min: 4, max: 60 }),
      (points, budget) => {
        const { log, read } = setupSeries();
        log(points);
        const id = (p: Point): string => `${p.step}/${p.timestamp}/${p.value === 0 ? 0 : p.value}`;
        const logged = new Map(points.map((p) => [id(p), p]));
        const finite = [...logged.values()].filter((p) => !Number.isNaN(p.value));
        const series = read({ ...ALL, points: budget });
        expect(series.total).toBe(logged.size);
        expect(series.not_finite).toBe(logged.size - finite.length);
        const shown = series.values.map((value, i) => ({
          step: series.steps[i] ?? NaN,
          timestamp: series.timestamps[i] ?? NaN,
          value,
        }));
        for (const p of shown) expect(logged.has(id(p))).toBe(true);
        if (finite.length === 0) return;
        const values = finite.map((p) => p.value);
        expect(Math.min(...series.values)).toBe(Math.min(...values));
        expect(Math.max(...series.values)).toBe(Math.max(...values));
        const steps = finite.map((p) => p.step);
        expect([series.steps[0], series.steps.at(-1)]).toEqual([Math.min(...steps), Math.max(...steps)]);
      },
    ),
    { numRuns: 60 },
  );
});
