/** How a value compares with the baseline's, in signs and words: colour says nothing here. */
import type { MetricValue } from "../../shared/api/outpost/words.ts";
import { formatPercent, formatValue } from "../lib/format.ts";

/** Less than this rounds to nothing. */
const LEAST_SHARE = 0.0005;

const signed = (text: string, isNegative: boolean): string => `${isNegative ? "" : "+"}${text.replace("-", "−")}`;

/** "+0.02 (+6.8%)"; "±0" where they are the same; undefined where there is nothing to compare. */
export const deltaOf = (
  value: MetricValue | null | undefined,
  base: MetricValue | null | undefined,
): string | undefined => {
  if (value === null || value === undefined || base === null || base === undefined) return undefined;
  if (value === base) return "±0";
  if (typeof value !== "number" || typeof base !== "number") return "≠";
  const delta = value - base;
  const absolute = signed(formatValue(delta), delta < 0);
  if (base === 0 || !Number.isFinite(delta)) return absolute;
  const share = delta / Math.abs(base);
  if (Math.abs(share) < LEAST_SHARE) return `${absolute} (≈${formatPercent(0)})`;
  const percent = Math.abs(share) >= 100 ? `×${formatValue(value / base)}` : signed(formatPercent(share), share < 0);
  return `${absolute} (${percent})`;
};
