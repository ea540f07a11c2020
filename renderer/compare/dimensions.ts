/** What runs can be placed by: metrics, params and a few attributes, each as one column of numbers or of categories. */
import type { Comparison, TextRow } from "../../shared/api/outpost/compare.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";
import { m } from "../i18n/messages.ts";
import { formatDateTime, formatDuration, formatValue } from "../lib/format.ts";

/** A column over all runs, in the order of the comparison's runs. */
export interface Dimension {
  /** `m:loss`, `p:lr`, `a:duration`: what an address calls it. */
  readonly id: string;
  readonly kind: "metric" | "param" | "attribute";
  readonly key: string;
  /** Finite numbers, null where there is none; undefined for a column of categories. */
  readonly numbers?: readonly (number | null)[];
  /** What is written, null where a run has nothing. */
  readonly texts: readonly (string | null)[];
  readonly unit?: "ms" | "date";
}

const finite = (value: MetricValue | null): number | null =>
  typeof value === "number" && Math.abs(value) < Number.MAX_VALUE ? value : null;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A text that is a number, as scripts write params. */
export const numberIn = (text: string): number | undefined => {
  const trimmed = text.trim();
  const value = NUMBER.test(trimmed) ? Number(trimmed) : NaN;
  return Number.isFinite(value) ? value : undefined;
};

const ofParam = ({ key, texts, at }: TextRow): Dimension => {
  const written = at.map((place) => (place < 0 ? null : (texts[place] ?? null)));
  const numbers = texts.map(numberIn);
  const base = { id: `p:${key}`, kind: "param", key, texts: written } as const;
  if (numbers.length === 0 || numbers.includes(undefined)) return base;
  return { ...base, numbers: at.map((place) => numbers[place] ?? null) };
};

const attributes = ({ runs }: Comparison): Dimension[] => {
  const durations = runs.map(({ start_time: start, end_time: end }) =>
    start === null || end === null ? null : Math.max(0, end - start),
  );
  const starts = runs.map(({ start_time }) => start_time);
  const asText = (values: readonly (number | null)[]): (string | null)[] =>
    values.map((value) => (value === null ? null : String(value)));
  return [
    { id: "a:duration", kind: "attribute", key: "duration", unit: "ms", numbers: durations, texts: asText(durations) },
    { id: "a:start", kind: "attribute", key: "start", unit: "date", numbers: starts, texts: asText(starts) },
    { id: "a:status", kind: "attribute", key: "status", texts: runs.map(({ status }) => status) },
    { id: "a:experiment", kind: "attribute", key: "experiment", texts: runs.map((run) => run.experiment_name) },
  ];
};

/** Every column of a comparison: params, then metrics, then attributes. */
export const dimensionsOf = (comparison: Comparison): Dimension[] => [
  ...comparison.params.map(ofParam),
  ...comparison.metrics.map(({ key, values }): Dimension => ({
    id: `m:${key}`,
    kind: "metric",
    key,
    numbers: values.map(finite),
    texts: values.map((value) => (value === null ? null : String(value))),
  })),
  ...attributes(comparison),
];

/** Whether two runs at least are told apart by it. */
export const differs = (dimension: Dimension): boolean => new Set(dimension.texts).size > 1;

/** The params that differ, fewest values first, and the first metrics: what one would look at. */
export const usualDimensions = (dimensions: readonly Dimension[], most: number): Dimension[] => {
  const telling = dimensions.filter(differs);
  const params = telling.filter(({ kind }) => kind === "param");
  const metrics = telling.filter(({ kind, key }) => kind === "metric" && !key.startsWith("system/"));
  const forMetrics = Math.min(metrics.length, Math.max(2, most - params.length));
  const kept = [...params.slice(0, most - forMetrics), ...metrics.slice(0, forMetrics)];
  return kept.length >= 2 ? kept : telling.slice(0, most);
};

const ATTRIBUTES: Record<string, () => string> = {
  duration: m.common_duration,
  start: m.common_started,
  status: m.common_status,
  experiment: m.common_experiment,
};

/** Its name: keys are the user's own, attributes are ours. */
export const dimensionText = ({ kind, key }: Dimension): string =>
  kind === "attribute" ? (ATTRIBUTES[key]?.() ?? key) : key;

/** A number of it as people read it. */
export const numberText = ({ unit }: Dimension, value: number): string => {
  if (unit === "ms") return formatDuration(value);
  return unit === "date" ? formatDateTime(value) : formatValue(value);
};

/** What a run has. */
export const valueText = (dimension: Dimension, run: number): string => {
  const number = dimension.numbers?.[run] ?? null;
  if (number !== null) return numberText(dimension, number);
  return dimension.texts[run] ?? m.compare_no_value();
};
