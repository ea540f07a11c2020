/** Colours of runs in plots: each run's own, or a scale by a number or a category. */
import type { Dimension } from "../dimensions.ts";
import { styleOf } from "../../charts/style.ts";

export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

type Rgb = readonly [number, number, number];

/** Ends and middle of the scale: the higher, the further from the ground, so that it reads without colour as well. */
const RAMPS = {
  light: [
    [198, 110, 0],
    [168, 44, 120],
    [30, 38, 120],
  ],
  dark: [
    [110, 118, 220],
    [232, 112, 160],
    [255, 226, 130],
  ],
} as const satisfies Record<"light" | "dark", readonly [Rgb, Rgb, Rgb]>;

const css = ([r, g, b]: Rgb): string => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
const between = (from: Rgb, to: Rgb, part: number): Rgb => [
  from[0] + (to[0] - from[0]) * part,
  from[1] + (to[1] - from[1]) * part,
  from[2] + (to[2] - from[2]) * part,
];

/** The scale's colour at 0 to 1. */
const rampAt = (place: number, theme: "light" | "dark"): string => {
  const [low, middle, high] = RAMPS[theme];
  const at = Math.min(1, Math.max(0, place));
  return css(at < 0.5 ? between(low, middle, at * 2) : between(middle, high, at * 2 - 1));
};
/** The whole scale as a CSS gradient. */
export const rampGradient = (theme: "light" | "dark"): string =>
  `linear-gradient(to right, ${[0, 0.5, 1].map((at) => rampAt(at, theme)).join(", ")})`;

export type Colouring =
  | { readonly kind: "run" }
  | { readonly kind: "number"; readonly dimension: Dimension; readonly low: number; readonly high: number }
  | { readonly kind: "category"; readonly dimension: Dimension; readonly categories: readonly string[] };

/** How runs are coloured by a dimension. One value for all is no scale: then each run has its own colour. */
export const colouringOf = (dimension: Dimension | undefined, runs: readonly number[]): Colouring => {
  if (!dimension) return { kind: "run" };
  if (!dimension.numbers) {
    const texts = runs.map((run) => dimension.texts[run]).filter((text) => text !== undefined && text !== null);
    return { kind: "category", dimension, categories: [...new Set(texts)].sort() };
  }
  const numbers = runs.map((run) => dimension.numbers?.[run] ?? null).filter((n) => n !== null);
  if (numbers.length === 0) return { kind: "run" };
  const low = numbers.reduce((a, b) => Math.min(a, b));
  const high = numbers.reduce((a, b) => Math.max(a, b));
  return { kind: "number", dimension, low, high };
};

/** One run's colour, as CSS. */
export const colourOf = (
  colouring: Colouring,
  run: number,
  { slotOf, theme }: { slotOf: (run: number) => number; theme: "light" | "dark" },
): string => {
  if (colouring.kind === "run") return token(`--series-${styleOf(slotOf(run)).colour}`);
  if (colouring.kind === "category") {
    const place = colouring.categories.indexOf(colouring.dimension.texts[run] ?? "");
    return place < 0 ? token("--line-strong") : token(`--series-${(place % 8) + 1}`);
  }
  const value = colouring.dimension.numbers?.[run] ?? null;
  if (value === null) return token("--line-strong");
  const { low, high } = colouring;
  return rampAt(low === high ? 0.5 : (value - low) / (high - low), theme);
};
