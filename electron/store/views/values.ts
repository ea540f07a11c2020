import type { MetricValue } from "../../../shared/api/outpost/words.ts";

/** A stored metric value as it travels. MLflow's own clients send ±Infinity, which some backends keep as ±1.797e308. */
export const toMetricValue = (value: number, isNan: number): MetricValue => {
  if (isNan !== 0) return "NaN";
  if (value === Infinity) return "Infinity";
  return value === -Infinity ? "-Infinity" : value;
};

/** SQL's LIKE pattern for "contains", with `\` as the escape. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
