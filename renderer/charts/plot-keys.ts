/** What keys and the wheel do to a chart's zoom. */
import type { Frame } from "./frame.ts";
import { rangeOf, type Range } from "./scale.ts";
import { panBy, within, zoomAround, type Zoom } from "./zoom.ts";

const IN = 1 / 1.5;
const OUT = 1.5;
const PAN = 0.2;

const middle = ([low, high]: Range, log: boolean): number => (log ? Math.sqrt(low * high) : (low + high) / 2);

const zoomX = ({ x, wholeX }: Frame, zoom: Zoom, at: number | undefined, factor: number): Zoom => {
  const range = rangeOf(x);
  const inside = at !== undefined && at >= range[0] && at <= range[1] ? at : middle(range, x.log);
  return { ...zoom, x: within(zoomAround(range, inside, factor, x.log), wholeX, x.log) };
};

const zoomY = ({ y, wholeY }: Frame, zoom: Zoom, factor: number): Zoom => {
  const range = rangeOf(y);
  return { ...zoom, y: within(zoomAround(range, middle(range, y.log), factor, y.log), wholeY, y.log) };
};

const pan = ({ x, y, wholeX, wholeY }: Frame, zoom: Zoom, dx: number, dy: number): Zoom => ({
  x: dx !== 0 && zoom.x ? within(panBy(zoom.x, dx, x.log), wholeX, x.log) : zoom.x,
  y: dy !== 0 && zoom.y ? within(panBy(zoom.y, dy, y.log), wholeY, y.log) : zoom.y,
});

/** The zoom after a key; undefined for a key that means nothing here. `at` is the cursor. */
export const chartKey = (
  { key, shiftKey }: Pick<KeyboardEvent, "key" | "shiftKey">,
  frame: Frame,
  zoom: Zoom,
  at: number | undefined,
): Zoom | undefined => {
  switch (key) {
    case "+":
    case "=":
      return zoomX(frame, zoom, at, IN);
    case "-":
    case "_":
    case "−":
      return zoomX(frame, zoom, at, OUT);
    case "0":
      return {};
    case "ArrowLeft":
    case "ArrowRight":
      return shiftKey ? pan(frame, zoom, key === "ArrowLeft" ? -PAN : PAN, 0) : undefined;
    case "ArrowUp":
    case "ArrowDown":
      return shiftKey
        ? pan(frame, zoom, 0, key === "ArrowUp" ? PAN : -PAN)
        : zoomY(frame, zoom, key === "ArrowUp" ? IN : OUT);
    default:
      return undefined;
  }
};

/** The zoom after a turn of the wheel over `at`. */
export const wheelZoom = (frame: Frame, zoom: Zoom, at: number, delta: number): Zoom =>
  zoomX(frame, zoom, at, Math.exp(Math.max(-100, Math.min(100, delta)) * 0.004));
