import type { MetricValue } from "../../shared/api/outpost/words.ts";

/** A double of MLflow's wire: three of them travel as words. */
export const toMetricValue = (value: number | string): MetricValue =>
  value === "NaN" || value === "Infinity" || value === "-Infinity" ? value : Number(value);
