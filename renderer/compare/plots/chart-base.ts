/** What the comparison's Chart.js plots share: axes in the page's colours, over numbers or categories. */
import type { ChartOptions } from "chart.js";
import { dimensionText, numberText, type Dimension } from "../dimensions.ts";
import { token } from "./colours.ts";

export type ScaleOptions = NonNullable<NonNullable<ChartOptions<"scatter">["scales"]>[string]>;

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** An axis for a dimension; `labels` are the categories where it has no numbers. */
export const scaleFor = (dimension: Dimension, log: boolean, labels: readonly string[] | undefined): ScaleOptions => ({
  type: dimension.numbers ? (log ? "logarithmic" : "linear") : "category",
  ...(labels && { labels: [...labels] }),
  offset: labels !== undefined,
  grid: { color: token("--line"), drawTicks: false },
  border: { color: token("--line") },
  title: { display: true, text: cut(dimensionText(dimension), 60), color: token("--text"), font: { size: 12 } },
  ticks: {
    color: token("--muted"),
    font: { size: 11 },
    padding: 6,
    maxRotation: 40,
    maxTicksLimit: 8,
    callback: (value: string | number) =>
      labels ? cut(labels[Number(value)] ?? "", 18) : numberText(dimension, Number(value)),
  },
});
