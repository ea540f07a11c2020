import fc from "fast-check";
import { expect, test } from "vitest";
import { cascade, fitBounds, windowStateIn, type Rectangle } from "../../../electron/shell/window-state.ts";

const left: Rectangle = { x: 0, y: 0, width: 1920, height: 1040 };
const right: Rectangle = { x: 1920, y: 0, width: 1280, height: 984 };

test.each<[string, Rectangle | undefined, readonly Rectangle[], Rectangle]>([
  ["a first start is in the middle", undefined, [left], { x: 320, y: 90, width: 1280, height: 860 }],
  [
    "bounds on a screen stay",
    { x: 100, y: 50, width: 900, height: 700 },
    [left],
    { x: 100, y: 50, width: 900, height: 700 },
  ],
  [
    "so do those on the second screen",
    { x: 2000, y: 10, width: 900, height: 700 },
    [left, right],
    { x: 2000, y: 10, width: 900, height: 700 },
  ],
  [
    "a screen that is gone: the middle of the first",
    { x: 2000, y: 10, width: 900, height: 700 },
    [left],
    { x: 510, y: 170, width: 900, height: 700 },
  ],
  [
    "a title bar above the screen cannot be taken hold of",
    { x: 100, y: -400, width: 900, height: 700 },
    [left],
    { x: 510, y: 170, width: 900, height: 700 },
  ],
  [
    "larger than the screen is cut to it",
    { x: 0, y: 0, width: 5000, height: 5000 },
    [left],
    { x: 0, y: 0, width: 1920, height: 1040 },
  ],
  ["too small grows", { x: 10, y: 10, width: 200, height: 90 }, [left], { x: 10, y: 10, width: 640, height: 420 }],
])("%s", (_name, wanted, areas, expected) => {
  expect(fitBounds(wanted, areas)).toEqual(expected);
});

test("whatever was remembered, the window's top can be taken hold of on some screen", () => {
  const rectangle = fc.record({
    x: fc.integer({ min: -9000, max: 9000 }),
    y: fc.integer({ min: -9000, max: 9000 }),
    width: fc.integer({ min: -10, max: 9000 }),
    height: fc.integer({ min: -10, max: 9000 }),
  });
  fc.assert(
    fc.property(rectangle, (wanted) => {
      const { x, y, width } = fitBounds(wanted, [left, right]);
      const grips = [left, right].some(
        (area) =>
          Math.min(x + width, area.x + area.width) - Math.max(x, area.x) >= 120 &&
          y >= area.y &&
          y <= area.y + area.height - 40,
      );
      return grips;
    }),
  );
});

test.each([
  undefined,
  null,
  7,
  "x",
  [],
  { bounds: { x: 1 } },
  { bounds: { x: NaN, y: 0, width: 1, height: 1 } },
  { zoomLevel: "big" },
])("a damaged file is like none: %j", (stored) => {
  expect(windowStateIn(stored)).toEqual({ bounds: undefined, maximised: false, zoomLevel: 0 });
});

test("a zoom beyond all measure is bounded", () => {
  expect(windowStateIn({ zoomLevel: 99 }).zoomLevel).toBe(5);
});

test("the next window is a step aside", () => {
  expect(cascade({ x: 1, y: 2, width: 3, height: 4 })).toEqual({ x: 29, y: 30, width: 3, height: 4 });
});
