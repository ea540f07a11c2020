/** Where an axis has its numbers. */
import { formatDuration, formatValue } from "../lib/format.ts";
import { getLocale } from "../i18n/compiled/runtime.js";
import type { Axis } from "./line.ts";
import type { Range, Tick } from "./scale.ts";

const NICE = [1, 2, 5, 10];
const SECOND = 1000;
const [MINUTE, HOUR, DAY] = [60 * SECOND, 3600 * SECOND, 86_400 * SECOND];
const TIMES = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 180, 365].map((n) => n * DAY),
];

/** The smallest of 1, 2, 5 × 10ⁿ that is not below `least`. */
const niceStep = (least: number): number => {
  const power = 10 ** Math.floor(Math.log10(least));
  return (NICE.find((n) => n * power >= least * (1 - 1e-9)) ?? 10) * power;
};

const multiples = (range: Range, step: number): number[] => {
  const first = Math.ceil(range[0] / step - 1e-9);
  const last = Math.floor(range[1] / step + 1e-9);
  return Array.from({ length: Math.min(100, Math.max(0, last - first + 1)) }, (_unused, i) => (first + i) * step);
};

/** As many digits as tell neighbours apart. */
const digitsFor = (step: number): number => Math.min(20, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));

const numberLabel = (value: number, step: number): string => {
  const size = Math.abs(value);
  const far = size >= 1e7 || (value !== 0 && size < 1e-4);
  if (far) {
    const digits = Math.max(0, Math.min(15, Math.floor(Math.log10(size)) + digitsFor(step)));
    return new Intl.NumberFormat(getLocale(), { notation: "scientific", maximumFractionDigits: digits })
      .format(value)
      .replace("E", "e");
  }
  return new Intl.NumberFormat(getLocale(), { maximumFractionDigits: digitsFor(step), useGrouping: "min2" }).format(
    value,
  );
};

/** Ticks of a linear axis, about `count` of them; only whole ones where nothing lies between. */
export const linearTicks = (
  range: Range,
  count: number,
  { whole = false, format }: { whole?: boolean; format?: ((value: number) => string) | undefined } = {},
): Tick[] => {
  const wanted = niceStep((range[1] - range[0]) / Math.max(1, count));
  const step = whole ? Math.max(1, wanted) : wanted;
  return multiples(range, step).map((value) => {
    const exact = Math.abs(value) < step / 1e6 ? 0 : Number(value.toPrecision(15));
    return { value: exact, label: format?.(exact) ?? numberLabel(exact, step) };
  });
};

/** Ticks of a logarithmic axis: powers of ten, and 2 and 5 times them where there is room. */
export const logTicks = (range: Range, count: number, format?: (value: number) => string): Tick[] => {
  const [low, high] = range.map(Math.log10) as [number, number];
  const decades = high - low;
  if (decades < 0.7) return linearTicks(range, count, { format }).filter(({ value }) => value > 0);
  const every = Math.max(1, Math.ceil(decades / Math.max(1, count)));
  const between = decades * 3 <= count + 1 ? [1, 2, 5] : [1];
  const powers = Array.from({ length: Math.ceil(high) - Math.floor(low) + 1 }, (_unused, i) => Math.floor(low) + i);
  return powers
    .filter((power) => power % every === 0)
    .flatMap((power) => between.map((n) => Number((n * 10 ** power).toPrecision(3))))
    .filter((value) => value >= range[0] * (1 - 1e-9) && value <= range[1] * (1 + 1e-9))
    .map((value) => ({ value, label: format?.(value) ?? formatValue(value) }));
};

const clock = (value: number, step: number): string => {
  const date = new Date(value);
  if (step >= DAY) return new Intl.DateTimeFormat(getLocale(), { month: "short", day: "numeric" }).format(date);
  if (date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0 && step >= MINUTE)
    return new Intl.DateTimeFormat(getLocale(), { month: "short", day: "numeric" }).format(date);
  return new Intl.DateTimeFormat(getLocale(), {
    hour: "2-digit",
    minute: "2-digit",
    ...(step < MINUTE && { second: "2-digit" }),
    hourCycle: "h23",
  }).format(date);
};

/** Ticks of a time axis: on seconds, minutes, hours and days; clock times stand on the local day's. */
export const timeTicks = (range: Range, count: number, kind: "time" | "relative"): Tick[] => {
  const least = (range[1] - range[0]) / Math.max(1, count);
  const step = TIMES.find((n) => n >= least) ?? niceStep(least);
  const shift = kind === "time" ? new Date(range[0]).getTimezoneOffset() * MINUTE : 0;
  return multiples([range[0] - shift, range[1] - shift], step).map((value) => ({
    value: value + shift,
    label: kind === "time" ? clock(value + shift, step) : durationLabel(value),
  }));
};

const durationLabel = (ms: number): string =>
  ms === 0 ? "0" : ms < 0 ? `−${formatDuration(-ms)}` : formatDuration(ms);

/** A place on the axis in words that leave nothing out. */
export const formatX = (x: number, { kind }: Axis): string => {
  if (kind === "time")
    return new Intl.DateTimeFormat(getLocale(), { dateStyle: "medium", timeStyle: "medium" }).format(x);
  return kind === "relative" ? durationLabel(x) : String(x);
};

/** Ticks of the horizontal axis. */
export const xTicks = (range: Range, count: number, axis: Axis, log: boolean): Tick[] => {
  if (axis.kind === "time") return timeTicks(range, count, "time");
  const format = axis.kind === "relative" ? durationLabel : undefined;
  if (log) return logTicks(range, count, format);
  if (axis.kind === "relative") return timeTicks(range, count, "relative");
  return linearTicks(range, count, { whole: axis.kind === "step" });
};
