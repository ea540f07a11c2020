/** Boxes with whiskers over groups of runs. */
import { BoxAndWiskers, BoxPlotController } from "@sgratzl/chartjs-chart-boxplot";
import { CategoryScale, Chart, LinearScale, LogarithmicScale, Tooltip, type ChartConfiguration } from "chart.js";
import { type Dimension, numberText } from "../dimensions.ts";
import { scaleFor } from "./chart-base.ts";
import { token } from "./colours.ts";
import { summaryOf } from "./quantiles.ts";

Chart.register(BoxPlotController, BoxAndWiskers, CategoryScale, LinearScale, LogarithmicScale, Tooltip);

export interface BoxView {
  readonly of: Dimension;
  readonly log: boolean;
  readonly labels: readonly string[];
  readonly numbers: readonly (readonly number[])[];
  /** What the groups are of. */
  readonly title: string;
}

const rangeText = (view: BoxView, group: number): string => {
  const numbers = view.numbers[group] ?? [];
  if (numbers.length === 0) return "";
  const { min, max, median, count } = summaryOf(numbers);
  const write = (value: number): string => numberText(view.of, value);
  return `${write(min)} – ${write(median)} – ${write(max)} (${count})`;
};

/** Whiskers reach to the lowest and the highest value; every run is a dot in its box. */
const configOf = (view: BoxView): ChartConfiguration<"boxplot", number[][]> => ({
  type: "boxplot",
  data: {
    labels: [...view.labels],
    datasets: [
      {
        data: view.numbers.map((numbers) => [...numbers]),
        borderColor: token("--series-1"),
        backgroundColor: token("--selected"),
        medianColor: token("--text"),
        meanRadius: 0,
        borderWidth: 1.5,
        itemRadius: 3,
        itemBackgroundColor: token("--series-1"),
        itemBorderColor: token("--surface"),
        maxBarThickness: 90,
      },
    ],
  },
  options: {
    animation: false,
    maintainAspectRatio: false,
    coef: 0,
    minStats: "min",
    maxStats: "max",
    scales: {
      x: scaleFor({ id: "", kind: "param", key: view.title, texts: [] }, false, view.labels),
      y: { ...scaleFor(view.of, view.log, undefined), beginAtZero: false, grace: "5%" },
    },
    plugins: {
      tooltip: { displayColors: false, callbacks: { label: ({ dataIndex }) => rangeText(view, dataIndex) } },
    },
  },
});

/** A box plot on `canvas`. It is made anew for each view: boxes keep the colours that they were made with. */
export const createBoxes = (canvas: HTMLCanvasElement) => {
  let chart: Chart<"boxplot", number[][]> | undefined;
  const destroy = (): void => chart?.destroy();
  const show = (view: BoxView): void => {
    destroy();
    chart = new Chart(canvas, configOf(view));
  };
  return { show, destroy };
};
