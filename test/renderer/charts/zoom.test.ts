import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { computeFrame, type Look } from "../../../renderer/charts/frame.ts";
import { toLine } from "../../../renderer/charts/line.ts";
import { chartKey, wheelZoom } from "../../../renderer/charts/plot-keys.ts";
import { shareOf, valueAt } from "../../../renderer/charts/scale.ts";
import { panBy, selectedBy, within, zoomAround, zoomTo } from "../../../renderer/charts/zoom.ts";

const AREA = { left: 50, top: 10, right: 250, bottom: 110 };
const LOOK: Look = { axis: { kind: "step" }, xLog: false, yLog: false, smoothing: 0, clip: false, zoom: {} };
const line = toLine(
  {
    key: "loss",
    total: 101,
    origin: 0,
    steps: Array.from({ length: 101 }, (_unused, i) => i),
    timestamps: Array.from({ length: 101 }, (_unused, i) => i),
    values: Array.from({ length: 101 }, (_unused, i) => i),
    marks: [],
    not_finite: 0,
  },
  { kind: "step" },
  { id: "r", label: "r", style: 0 },
);
const frameOf = (zoom: Look["zoom"]) => computeFrame([line], { ...LOOK, zoom }, { width: 300, height: 200 });
const key = (name: string, shiftKey = false) => ({ key: name, shiftKey });

describe("a drag", () => {
  const at = (fromX: number, fromY: number, toX: number, toY: number) => selectedBy({ fromX, fromY, toX, toY }, AREA);

  test("one way selects a band, both ways a box, nowhere nothing", () => {
    expect(at(100, 50, 150, 52)).toMatchObject({ x: true, y: false, left: 100, right: 150, top: 10, bottom: 110 });
    expect(at(100, 80, 102, 30)).toMatchObject({ x: false, y: true, top: 30, bottom: 80, left: 50, right: 250 });
    expect(at(150, 80, 100, 30)).toMatchObject({ x: true, y: true, left: 100, right: 150, top: 30, bottom: 80 });
    expect(at(100, 50, 103, 52)).toBeUndefined();
  });

  test("that leaves the plot ends at its edge", () => {
    expect(at(100, 50, 999, 50)).toMatchObject({ left: 100, right: 250 });
    expect(at(100, 50, -99, 50)).toMatchObject({ left: 50, right: 100 });
  });

  test("becomes ranges of the axes; what it leaves alone stays", () => {
    const scales = { x: { range: [0, 100], log: false }, y: { range: [1, 100], log: true } } as const;
    const band = at(100, 50, 150, 50);
    expect(band && zoomTo(band, AREA, scales, { y: [2, 3] })).toEqual({ x: [25, 50], y: [2, 3] });
    const tall = at(100, 60, 101, 110);
    const zoom = tall && zoomTo(tall, AREA, scales, {});
    expect(zoom?.y?.[0]).toBeCloseTo(1);
    expect(zoom?.y?.[1]).toBeCloseTo(10);
  });
});

describe("ranges", () => {
  test("zoom around a value, which stays in its place; on a log axis by powers", () => {
    expect(zoomAround([0, 100], 25, 0.5, false)).toEqual([12.5, 62.5]);
    const [low, high] = zoomAround([1, 10_000], 100, 0.5, true);
    expect([low, high].map((value) => Math.round(value))).toEqual([10, 1000]);
  });

  test("never leave the whole, and end as the whole", () => {
    expect(within(panBy([10, 20], -5, false), [0, 100], false)).toEqual([0, expect.closeTo(10)]);
    expect(within([-50, 150], [0, 100], false)).toBeUndefined();
    expect(within([5, 5], [0, 100], false)).toBeUndefined();
    expect(within([1e-12, 100], [0, 100], false)).toBeUndefined();
    expect(within([NaN, 5], [0, 100], false)).toBeUndefined();
  });

  test("shares and values are each other's inverse", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: 1.01, max: 1e4, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        (low, factor, share, log) => {
          const range = [low, low * factor] as const;
          expect(shareOf(valueAt(share, range, log), range, log)).toBeCloseTo(share, 6);
        },
      ),
    );
  });
});

describe("keys", () => {
  test("plus and minus zoom around the cursor or the middle, and undo each other", () => {
    const near = chartKey(key("+"), frameOf({}), {}, undefined);
    expect(near?.x?.map(Math.round)).toEqual([17, 83]);
    expect(chartKey(key("+"), frameOf({}), {}, 0)?.x?.[0]).toBe(0);
    expect(chartKey(key("-"), frameOf(near ?? {}), near ?? {}, undefined)?.x).toBeUndefined();
  });

  test("Shift with arrows moves what is zoomed, and stops at the ends", () => {
    const zoom = { x: [10, 20] } as const;
    expect(chartKey(key("ArrowRight", true), frameOf(zoom), zoom, undefined)?.x).toEqual([12, 22]);
    const end = { x: [0, 10] } as const;
    expect(chartKey(key("ArrowLeft", true), frameOf(end), end, undefined)?.x).toEqual([0, 10]);
    expect(chartKey(key("ArrowRight", true), frameOf({}), {}, undefined)?.x).toBeUndefined();
  });

  test("up and down zoom the values, 0 shows all, others mean nothing", () => {
    const up = chartKey(key("ArrowUp"), frameOf({}), {}, undefined);
    expect(up?.y?.[0]).toBeGreaterThan(0);
    expect(up?.x).toBeUndefined();
    expect(chartKey(key("0"), frameOf({ x: [1, 2] }), { x: [1, 2], y: [0, 1] }, undefined)).toEqual({});
    expect(chartKey(key("a"), frameOf({}), {}, undefined)).toBeUndefined();
    expect(chartKey(key("ArrowLeft"), frameOf({}), {}, undefined)).toBeUndefined();
  });

  test("the wheel zooms at the pointer", () => {
    const zoom = wheelZoom(frameOf({}), {}, 25, -100);
    const [low = 0, high = 0] = zoom.x ?? [];
    expect((25 - low) / (high - low)).toBeCloseTo(0.25);
    expect(high - low).toBeLessThan(75);
    expect(wheelZoom(frameOf({}), {}, 25, 100).x).toBeUndefined();
  });
});
