/** Which part of a chart is shown. What has no range is shown in whole. */
import { shareOf, valueAt, type Range } from "./scale.ts";

export interface Zoom {
  readonly x?: Range | undefined;
  readonly y?: Range | undefined;
}

/** A range made `factor` times as wide around one of its values. */
export const zoomAround = (range: Range, at: number, factor: number, log: boolean): Range => {
  const centre = Math.min(1, Math.max(0, shareOf(at, range, log)));
  return [valueAt(centre * (1 - factor), range, log), valueAt(centre + (1 - centre) * factor, range, log)];
};

/** A range moved by a share of its width. */
export const panBy = (range: Range, share: number, log: boolean): Range => [
  valueAt(share, range, log),
  valueAt(1 + share, range, log),
];

/** A range that stays inside the whole; undefined when it is the whole, or could not be told from a point. */
export const within = (range: Range, whole: Range, log: boolean): Range | undefined => {
  const [low, high] = [shareOf(range[0], whole, log), shareOf(range[1], whole, log)];
  const width = high - low;
  if (!(width > 1e-9 && width < 1 - 1e-6)) return undefined;
  const start = Math.min(Math.max(0, low), 1 - width);
  return [valueAt(start, whole, log), valueAt(start + width, whole, log)];
};

/** Pixels below which a drag in one direction is none. */
const STILL = 8;

export interface Drag {
  readonly fromX: number;
  readonly fromY: number;
  readonly toX: number;
  readonly toY: number;
}
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * The part of the plot that a drag selects, in pixels: a band of x or of y where it went one way only, a box where it
 * went both; undefined for a click.
 */
export const selectedBy = (drag: Drag, area: Area): (Area & { x: boolean; y: boolean }) | undefined => {
  const [wide, high] = [Math.abs(drag.toX - drag.fromX), Math.abs(drag.toY - drag.fromY)];
  const x = wide >= STILL && wide * 4 >= high;
  const y = high >= STILL * 2 && high * 4 >= wide;
  if (!x && !y) return undefined;
  return {
    x,
    y,
    left: x ? clamp(Math.min(drag.fromX, drag.toX), area.left, area.right) : area.left,
    right: x ? clamp(Math.max(drag.fromX, drag.toX), area.left, area.right) : area.right,
    top: y ? clamp(Math.min(drag.fromY, drag.toY), area.top, area.bottom) : area.top,
    bottom: y ? clamp(Math.max(drag.fromY, drag.toY), area.top, area.bottom) : area.bottom,
  };
};

/** The zoom that a selection asks for; what it leaves alone stays as it is. */
export const zoomTo = (
  selection: Area & { x: boolean; y: boolean },
  area: Area,
  scales: { x: { range: Range; log: boolean }; y: { range: Range; log: boolean } },
  now: Zoom,
): Zoom => {
  const acrossX = (px: number): number =>
    valueAt((px - area.left) / (area.right - area.left), scales.x.range, scales.x.log);
  const acrossY = (px: number): number =>
    valueAt((area.bottom - px) / (area.bottom - area.top), scales.y.range, scales.y.log);
  return {
    x: selection.x ? [acrossX(selection.left), acrossX(selection.right)] : now.x,
    y: selection.y ? [acrossY(selection.bottom), acrossY(selection.top)] : now.y,
  };
};
