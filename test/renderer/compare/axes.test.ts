import { expect, test } from "vitest";
import type { Dimension } from "../../../renderer/compare/dimensions.ts";
import {
  axisOf,
  brushBetween,
  brushedRuns,
  canBeLog,
  nearestLine,
  partsOf,
  placeOf,
  readBrushes,
  ticksOf,
  writeBrushes,
} from "../../../renderer/compare/parallel/axes.ts";

const numeric = (id: string, numbers: (number | null)[]): Dimension => ({
  id,
  kind: "metric",
  key: id,
  numbers,
  texts: numbers.map((n) => (n === null ? null : String(n))),
});
const categorical = (id: string, texts: (string | null)[]): Dimension => ({ id, kind: "param", key: id, texts });

const lr = numeric("lr", [0.001, 0.1, 0.01, null]);
const opt = categorical("opt", ["sgd", "adam", "layer_10", "layer_2"]);

test("a number's place is linear or logarithmic; what is missing has none", () => {
  expect(placeOf(axisOf(numeric("x", [0, 5, 10]), false), 1)).toBe(0.5);
  expect(placeOf(axisOf(lr, true), 2)).toBeCloseTo(0.5);
  expect(placeOf(axisOf(lr, true), 3)).toBeUndefined();
  expect(placeOf(axisOf(numeric("x", [7, 7]), false), 1)).toBe(0.5);
});

test("a scale is logarithmic only where every value is above 0", () => {
  expect(canBeLog(lr)).toBe(true);
  expect(canBeLog(numeric("x", [0, 1]))).toBe(false);
  expect(canBeLog(numeric("x", [null]))).toBe(false);
  expect(axisOf(numeric("x", [-1, 1]), true)).toMatchObject({ log: false });
});

test("categories stand in the order in which people count", () => {
  const axis = axisOf(opt, false);
  expect(axis).toMatchObject({ categories: ["adam", "layer_2", "layer_10", "sgd"] });
  expect(placeOf(axis, 1)).toBe(0);
  expect(placeOf(axis, 0)).toBe(1);
});

test("ticks are round numbers within the axis, powers of ten on a logarithmic one", () => {
  expect(ticksOf(axisOf(numeric("x", [0.13, 0.87]), false), 6).map(({ value }) => value)).toEqual([0.2, 0.4, 0.6, 0.8]);
  expect(ticksOf(axisOf(numeric("x", [-1, 1]), false), 6).map(({ value }) => value)).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(ticksOf(axisOf(lr, true), 6).map(({ value }) => value)).toEqual([0.001, 0.01, 0.1]);
  expect(ticksOf(axisOf(numeric("x", [3, 3]), false), 6)).toEqual([{ at: 0.5, value: 3 }]);
});

test("a drag makes a brush: a range of numbers or the categories that it covers", () => {
  const axis = axisOf(numeric("x", [0, 10]), false);
  expect(brushBetween(axis, 0.8, 0.2)).toEqual({ kind: "range", low: 2, high: 8 });
  expect(brushBetween(axis, -1, 2)).toEqual({ kind: "range", low: 0, high: 10 });
  expect(brushBetween(axisOf(opt, false), 0.2, 0.7)).toEqual({ kind: "in", values: ["layer_2", "layer_10"] });
  expect(brushBetween(axisOf(opt, false), 0.4, 0.5)).toBeUndefined();
  const log = brushBetween(axisOf(lr, true), 0, 0.5);
  expect(log?.kind === "range" && log.high).toBeCloseTo(0.01);
});

test("the ends of an axis are in a brush that reaches them, though places are rounded", () => {
  const axis = axisOf(numeric("x", [0.1, 0.3, 0.7]), false);
  const brush = brushBetween(axis, 0, 1);
  expect(brush && brushedRuns([0, 1, 2], [axis.dimension], new Map([["x", brush]]))).toEqual([0, 1, 2]);
});

test("runs within every brush stay; a brush on what is not there holds none back", () => {
  const all = [0, 1, 2, 3];
  const range = { kind: "range", low: 0.005, high: 1 } as const;
  expect(brushedRuns(all, [lr, opt], new Map([["lr", range]]))).toEqual([1, 2]);
  expect(brushedRuns(all, [lr, opt], new Map<string, never>([]))).toBe(all);
  expect(
    brushedRuns(
      all,
      [lr, opt],
      new Map<string, typeof range | { kind: "in"; values: string[] }>([
        ["lr", range],
        ["opt", { kind: "in", values: ["adam"] }],
      ]),
    ),
  ).toEqual([1]);
  expect(brushedRuns(all, [lr], new Map([["gone", range]]))).toEqual(all);
});

test("brushes survive an address; nonsense in it is left out", () => {
  const brushes = new Map([
    ["m:loss", { kind: "range", low: 0.1, high: 0.5 } as const],
    ["p:a=b&c", { kind: "in", values: ["x,y"] } as const],
  ]);
  expect(readBrushes(writeBrushes(brushes))).toEqual(brushes);
  expect(readBrushes(["[", "{}", '["x"]', '["x",1]', "[1,2,3]"])).toEqual(new Map());
});

test("a brush is drawn where it lies, cut at the axis's ends", () => {
  expect(partsOf(axisOf(numeric("x", [0, 10]), false), { kind: "range", low: -5, high: 5 })).toEqual([[0, 0.5]]);
  expect(partsOf(axisOf(opt, false), { kind: "in", values: ["adam", "sgd"] })).toHaveLength(2);
});

test("the nearest line is found between two axes", () => {
  const places = new Map([
    [7, [0, 1]],
    [8, [1, 1]],
  ]);
  expect(nearestLine(places, 0.5, 0.55)).toMatchObject({ run: 7 });
  expect(nearestLine(places, 0.5, 0.9)).toMatchObject({ run: 8 });
  expect(nearestLine(new Map(), 0.5, 0.5)).toBeUndefined();
});
