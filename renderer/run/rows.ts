import type { Series } from "../../shared/api/outpost/series.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";

/** A point as the table beside the chart shows it. */
export interface PointRow {
  readonly step: number;
  readonly value: MetricValue;
}

/** The last `most` points by step, those that a chart cannot draw among them. */
export const lastRows = (series: Series, most: number): PointRow[] => {
  const finite = series.values.map((value, i) => ({ step: series.steps[i] ?? 0, value }));
  return [...finite, ...series.marks].toSorted((a, b) => a.step - b.step).slice(-most);
};
