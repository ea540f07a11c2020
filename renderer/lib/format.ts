import type { MetricValue } from "../../shared/api/outpost/words.ts";
import { m } from "../i18n/messages.ts";
import { getLocale } from "../i18n/compiled/runtime.js";

/** Formatters of the language that is shown, made once for each. */
const made = new Map<string, ReturnType<typeof makeFormatters>>();
const makeFormatters = (locale: string) => ({
  compact: new Intl.NumberFormat(locale, { maximumSignificantDigits: 5, useGrouping: false }),
  exponent: new Intl.NumberFormat(locale, { maximumSignificantDigits: 4, notation: "scientific" }),
  grouped: new Intl.NumberFormat(locale),
  percent: new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 }),
  dateTime: new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" }),
  relative: new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }),
  collator: new Intl.Collator(locale, { numeric: true }),
});
const formatters = (): ReturnType<typeof makeFormatters> => {
  const locale = getLocale();
  const known = made.get(locale) ?? makeFormatters(locale);
  made.set(locale, known);
  return known;
};

/** A metric's value in about five digits; the exact one belongs into the title. */
export const formatValue = (value: MetricValue): string => {
  if (typeof value === "string") return value === "Infinity" ? "∞" : value === "-Infinity" ? "−∞" : value;
  if (Math.abs(value) === Number.MAX_VALUE) return value > 0 ? "∞" : "−∞"; // how clients send Infinity
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e7)) return formatters().exponent.format(value).replace("E", "e");
  return formatters().compact.format(value);
};

/** Orders names as people count: `layer_2` before `layer_10`. */
export const byName = (a: { readonly key: string }, b: { readonly key: string }): number =>
  formatters().collator.compare(a.key, b.key);

export const formatCount = (n: number): string => formatters().grouped.format(n);

/** 0.257 → "25.7%". */
export const formatPercent = (share: number): string => formatters().percent.format(share);

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 1,234 → "1.2 kB". Decimal units, as file managers and disks use. */
export const formatBytes = (bytes: number): string => {
  let size = bytes;
  let step = 0;
  while (size >= 1000 && step < UNITS.length - 1) {
    size /= 1000;
    step += 1;
  }
  return `${step === 0 ? size : size.toFixed(size < 10 ? 1 : 0)} ${UNITS[step]}`;
};

const units = new Map<string, Intl.NumberFormat>();
const unit = (value: number, name: string, digits = 0): string => {
  const key = `${getLocale()} ${name} ${digits}`;
  const known =
    units.get(key) ??
    new Intl.NumberFormat(getLocale(), {
      style: "unit",
      unit: name,
      unitDisplay: getLocale() === "en" ? "narrow" : "short", // "m" says nothing in Korean and Japanese
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  units.set(key, known);
  return known.format(value);
};

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? unit(large, largeUnit) : `${unit(large, largeUnit)} ${unit(small, smallUnit)}`;

/** Milliseconds as the two largest units that matter. */
export const formatDuration = (ms: number): string => {
  if (ms < 1000) return unit(Math.max(0, Math.round(ms)), "millisecond");
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return unit(ms / 1000, "second", ms < 10_000 ? 1 : 0);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "minute", seconds % 60, "second");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, "hour", minutes % 60, "minute");
  return pair(Math.floor(hours / 24), "day", hours % 24, "hour");
};

export const formatDateTime = (ms: number): string => formatters().dateTime.format(ms);

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
  if (!step) return m.common_just_now(); // seconds that count up draw the eye from what matters
  const [name, size] = step;
  return formatters().relative.format(-Math.round(elapsed / size), name);
};
