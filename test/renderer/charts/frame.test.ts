import { describe, expect, test } from "vitest";
import type { Series } from "../../../shared/api/outpost/series.ts";
import { computeFrame, type Look } from "../../../renderer/charts/frame.ts";
import { nearestIndex, toLine, withDetail, type Axis } from "../../../renderer/charts/line.ts";
import { nextX, readAt, rowsOf, summaryOf } from "../../../renderer/charts/readings.ts";
import { countWords } from "../../../renderer/charts/words.ts";

const SIZE = { width: 400, height: 180 };
const LOOK: Look = { axis: { kind: "step" }, xLog: false, yLog: false, smoothing: 0, clip: false, zoom: {} };

const series = (values: readonly number[], rest: Partial<Series> = {}): Series => ({
  key: "loss",
  total: values.length + (rest.marks?.length ?? 0),
  origin: 1_000,
  steps: values.map((_v, i) => i),
  timestamps: values.map((_v, i) => 1_000 + i * 10),
  values: [...values],
  marks: [],
  not_finite: rest.marks?.length ?? 0,
  ...rest,
});
const line = (values: readonly number[], rest: Partial<Series> = {}, axis: Axis = { kind: "step" }) =>
  toLine(series(values, rest), axis, { id: "r", label: "run", style: 0 });
const mark = (step: number, value: "NaN" | "Infinity" | "-Infinity") => ({ step, timestamp: 1_000 + step * 10, value });

describe("a line", () => {
  test("stands on steps, times, times since its origin, or another metric", () => {
    expect(line([5, 6]).xs).toEqual([0, 1]);
    expect(line([5, 6], {}, { kind: "time" }).xs).toEqual([1_000, 1_010]);
    expect(line([5, 6], { origin: 900 }, { kind: "relative" }).xs).toEqual([100, 110]);
    expect(line([5, 6], { xs: [0.5, 0.75] }, { kind: "metric", metric: "epoch" }).xs).toEqual([0.5, 0.75]);
  });

  test("is put in order where a clock went back, each value with its own step", () => {
    const back = line([5, 6, 7], { timestamps: [30, 10, 20], origin: 0 }, { kind: "time" });
    expect([back.xs, back.ys, back.steps]).toEqual([[10, 20, 30], [6, 7, 5], [1, 2, 0]]); // prettier-ignore
  });

  test("takes finer points into a part and goes on at its edges", () => {
    const overview = line([0, 10, 20, 30], { steps: [0, 10, 20, 30], total: 31 });
    const detail = line([11, 12, 13], { steps: [11, 12, 13], total: 3 });
    const laid = withDetail(overview, detail, 10.5, 13.5);
    expect(laid.xs).toEqual([0, 10, 11, 12, 13, 20, 30]);
    expect(laid.total).toBe(3);
    expect(withDetail(overview, detail, 40, 50).xs.slice(0, 4)).toEqual([0, 10, 20, 30]);
  });

  test.each([
    [[], 3, -1],
    [[1], 3, 0],
    [[1, 2, 4], 2.9, 1],
    [[1, 2, 4], 3.1, 2],
    [[1, 2, 4], 99, 2],
    [[1, 2, 4], -99, 0],
  ])("the nearest of %j to %d", (xs, x, index) => {
    expect(nearestIndex(xs, x)).toBe(index);
  });
});

describe("a frame", () => {
  test("has a gap wherever a value was not finite, and a mark on the edge it left through", () => {
    const { paths, counts } = computeFrame(
      [line([1, 2, 3], { steps: [0, 2, 4], marks: [mark(1, "NaN"), mark(3, "Infinity")] })],
      LOOK,
      SIZE,
    );
    expect(paths[0]?.points.map(({ y }) => y)).toEqual([1, NaN, 2, NaN, 3]);
    expect(paths[0]?.marks.map(({ x, edge }) => [x, edge])).toEqual([[1, "low"], [3, "high"]]); // prettier-ignore
    expect(counts).toMatchObject({ shown: 5, total: 5, notFinite: 2 });
  });

  test("a thinned line is not broken at a NaN among many values of its bucket", () => {
    const values = Array.from({ length: 1000 }, (_unused, i) => i);
    const { paths } = computeFrame([line(values, { total: 100_000, marks: [mark(500.5, "NaN")] })], LOOK, SIZE);
    expect(paths[0]?.points.some(({ y }) => Number.isNaN(y))).toBe(false);
  });

  test("a logarithmic axis leaves out what it cannot show, and counts it", () => {
    const { paths, counts, y } = computeFrame([line([10, 0, -5, 1000])], { ...LOOK, yLog: true }, SIZE);
    expect(paths[0]?.points.map((p) => p.y)).toEqual([10, 1000]);
    expect(counts.notPositive).toBe(2);
    expect(y.min).toBeGreaterThan(0);
    expect(computeFrame([line([1, 2, 3])], { ...LOOK, xLog: true }, SIZE).counts.notPositive).toBe(1); // step 0
    expect(countWords(counts)).toBe("2 of 4 points shown · 2 at or below 0, which a log axis cannot show");
  });

  test("clipping spans the middle 98% and says how many points are outside; a zoom of one's own is no clipping", () => {
    const values = Array.from({ length: 300 }, (_unused, i) => (i === 7 ? 1e6 : i === 9 ? -1e6 : i % 10));
    const clipped = computeFrame([line(values)], { ...LOOK, clip: true }, SIZE);
    expect(clipped.y.max).toBeLessThan(20);
    expect(clipped.counts.outside).toBe(2);
    expect(clipped.wholeY[1]).toBeGreaterThan(1e6);
    expect(computeFrame([line(values)], { ...LOOK, clip: true, zoom: { y: [0, 1] } }, SIZE).counts.outside).toBe(0);
    expect(computeFrame([line(values)], LOOK, SIZE).counts.outside).toBe(0);
  });

  test("zoomed along x it shows the values that are there, and counts those only", () => {
    const frame = computeFrame(
      [line(Array.from({ length: 100 }, (_u, i) => i))],
      { ...LOOK, zoom: { x: [10, 19] } },
      SIZE,
    );
    expect([frame.x.min, frame.x.max]).toEqual([10, 19]);
    expect(frame.y.max).toBeLessThan(21);
    expect(frame.counts.shown).toBe(10);
    expect(frame.wholeX).toEqual([0, 99]);
  });

  test("keeps the raw line behind a smoothed one, and shows the range of both", () => {
    const frame = computeFrame([line([0, 100, 0, 100])], { ...LOOK, smoothing: 0.9 }, SIZE);
    expect(frame.paths[0]?.raw?.map(({ y }) => y)).toEqual([0, 100, 0, 100]);
    expect(frame.paths[0]?.points.at(-1)?.y).toBeCloseTo(52.6, 1);
    expect(frame.y.max).toBeGreaterThanOrEqual(100);
  });

  test("a known range is kept, and widened by what lies beyond it", () => {
    expect(computeFrame([line([3, 4])], { ...LOOK, yRange: [0, 100] }, SIZE).y).toMatchObject({ min: 0, max: 100 });
    expect(computeFrame([line([3, 140])], { ...LOOK, yRange: [0, 100] }, SIZE).y).toMatchObject({ min: 0, max: 140 });
  });

  test.each([[[]], [[7]], [[7, 7, 7]]])("of %j is never an empty range", (values) => {
    for (const yLog of [false, true]) {
      const { x, y } = computeFrame([line(values)], { ...LOOK, yLog }, SIZE);
      expect(x.max).toBeGreaterThan(x.min);
      expect(y.max).toBeGreaterThan(y.min);
    }
  });

  test("while finer points are on their way their number is not made up", () => {
    const { counts } = computeFrame([{ ...line([1, 2]), total: undefined }], LOOK, SIZE);
    expect(countWords(counts)).toBe("2 points shown, reading finer ones…");
  });
});

describe("what it says", () => {
  const two = [
    line([1, 2, 3]),
    toLine(series([5, 6], { steps: [0, 4] }), { kind: "step" }, { id: "b", label: "b", style: 1 }),
  ];

  test("the logged point of each line nearest to the cursor, marks among them", () => {
    const frame = computeFrame([...two, line([1, 1], { steps: [0, 4], marks: [mark(2, "NaN")] })], LOOK, SIZE);
    expect(readAt(frame, 1.8).map(({ x, value }) => [x, value])).toEqual([[2, 3], [0, 5], [2, "NaN"]]); // prettier-ignore
  });

  test("both values of a smoothed line", () => {
    const frame = computeFrame([line([0, 100])], { ...LOOK, smoothing: 0.5 }, SIZE);
    expect(readAt(frame, 1)[0]).toMatchObject({ value: 100, smoothed: expect.closeTo(66.67, 1) as number });
  });

  test("a cursor goes from point to point over all lines and stops at the ends", () => {
    const frame = computeFrame(two, LOOK, SIZE);
    expect(nextX(frame, undefined, 1)).toBe(0);
    expect(nextX(frame, 2, 1)).toBe(4);
    expect(nextX(frame, 4, 1)).toBeUndefined();
    expect(nextX(frame, 4, -1)).toBe(2);
  });

  test("lowest, highest and last of what is in view", () => {
    expect(summaryOf(computeFrame(two, LOOK, SIZE))).toEqual({ lowest: 1, highest: 6, last: 6, lastX: 4 });
    expect(summaryOf(computeFrame(two, { ...LOOK, zoom: { x: [1, 2] } }, SIZE))).toMatchObject({ last: 3, lastX: 2 });
    expect(summaryOf(computeFrame([line([])], LOOK, SIZE))).toBeUndefined();
  });

  test("every point in view as a row, with its smoothed value and what no line can show", () => {
    const look = { ...LOOK, smoothing: 0.5, zoom: { x: [0, 2] } } as const;
    const rows = rowsOf(
      computeFrame([line([0, 4, 4, 4], { steps: [0, 1, 2, 9], marks: [mark(1, "NaN")] })], look, SIZE),
    );
    expect(rows.map(({ x, value }) => [x, value])).toEqual([[0, 0], [1, 4], [1, "NaN"], [2, 4]]); // prettier-ignore
    expect(rows[1]?.smoothed).toBeCloseTo(2.67, 1);
  });
});
