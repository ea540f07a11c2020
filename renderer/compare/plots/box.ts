/** Boxes with whiskers over groups of runs. */
import { BoxAndWiskers, BoxPlotController } from "@sgratzl/chartjs-chart-boxplot";
import { CategoryScale, Chart, LinearScale, LogarithmicScale, Tooltip } from "chart.js";
import { type Dimension, numberText } from "../dimensions.ts";
import { scaleFor, type ScaleOptions } from "./chart-base.ts";
import { token } from "./colours.ts";

Chart.register(BoxPlotController, BoxAndWiskers, CategoryScale, LinearScale, LogarithmicScale, Tooltip);

export interface BoxView {
  readonly of: Dimension;
  readonly log: boolean;
  readonly labels: readonly string[];
  readonly numbers: readonly (readonly number[])[];
  /** What the groups are of. */
  readonly title: string;
}

/** A box plot on `canvas`; whiskers reach to the lowest and highest value, every run is a dot beside its box. */
export const createBoxes = (canvas: HTMLCanvasElement) => {
  let view: BoxView | undefined;
  const chart = new Chart<"boxplot", number[][]>(canvas, {
    type: "boxplot",
    data: { labels: [], datasets: [{ data: [] }] },
    options: {
      animation: false,
      maintainAspectRatio: false,
      minStats: "min",
      maxStats: "max",
      coef: 0,
      plugins: {
        tooltip: {
          displayColors: false,
          callbacks: {
            label: ({ dataIndex }) => {
              const sorted = view?.numbers[dataIndex]?.toSorted((a, b) => a - b) ?? [];
              const write = (value: number | undefined): string =>
                value === undefined || !view ? "" : numberText(view.of, value);
              return `${write(sorted[0])} – ${write(sorted.at(-1))} (${sorted.length})`;
            },
          },
        },
      },
    },
  });
  return {
    show: (next: BoxView): void => {
      view = next;
      const [dataset] = chart.data.datasets;
      if (!dataset) return;
      chart.data.labels = [...next.labels];
      dataset.data = next.numbers.map((numbers) => [...numbers]);
      dataset.borderColor = token("--series-1");
      dataset.backgroundColor = token("--selected");
      dataset.medianColor = token("--text");
      dataset.borderWidth = 1.5;
      dataset.itemRadius = 2.5;
      dataset.itemBackgroundColor = token("--series-1");
      dataset.itemBorderColor = token("--surface");
      const groups: Dimension = { id: "", kind: "param", key: next.title, texts: [] };
      const scales: Record<string, ScaleOptions> = {
        x: scaleFor(groups, false, next.labels),
        y: scaleFor(next.of, next.log, undefined),
      };
      chart.options.scales = scales;
      chart.update("none");
    },
    destroy: (): void => chart.destroy(),
  };
};
