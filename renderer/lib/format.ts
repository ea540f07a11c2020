import type { MetricValue } from "../../shared/api/outpost/words.ts";

const compact = new Intl.NumberFormat("en", { maximumSignificantDigits: 5, useGrouping: false });
const exponent = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "scientific" });
const grouped = new Intl.NumberFormat("en");
const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

/** A metric's value in about five digits; the exact one belongs into the title. */
export const formatValue = (value: MetricValue): string => {
  if (typeof value === "string") return value === "Infinity" ? "∞" : value === "-Infinity" ? "−∞" : value;
  if (Math.abs(value) === Number.MAX_VALUE) return value > 0 ? "∞" : "−∞"; // how clients send Infinity
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e7)) return exponent.format(value).replace("E", "e");
  return compact.format(value);
};

const collator = new Intl.Collator("en", { numeric: true });
/** Orders names as people count: `layer_2` before `layer_10`. */
export const byName = (a: { readonly key: string }, b: { readonly key: string }): number =>
  collator.compare(a.key, b.key);

export const formatCount = (n: number): string => grouped.format(n);

export const plural = (n: number, one: string, many = `${one}s`): string => `${formatCount(n)} ${n === 1 ? one : many}`;

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 1,234 → "1.2 kB". Decimal units, as file managers and disks use. */
export const formatBytes = (bytes: number): string => {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${UNITS[unit]}`;
};

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;

/** Milliseconds as the two largest units that matter. */
export const formatDuration = (ms: number): string => {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, "h", minutes % 60, "min");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
};

export const formatDateTime = (ms: number): string => dateTime.format(ms);

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** "5 min. ago", seen from `now`. */
export const formatAgo = (ms: number, now: number): string => {
  const elapsed = now - ms;
  const step = STEPS.find(([, unitMs]) => Math.abs(elapsed) >= unitMs);
  if (!step) return "just now"; // seconds that count up draw the eye from what matters
  const [unit, size] = step;
  return relative.format(-Math.round(elapsed / size), unit);
};
