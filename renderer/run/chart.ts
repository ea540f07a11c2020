/** Chart.js by parts, and what all our line charts share. */
import {
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartOptions,
} from "chart.js";
import type { Series } from "../../shared/api/outpost/series.ts";
import { formatDuration, formatValue } from "../lib/format.ts";

Chart.register(LineController, LineElement, PointElement, LinearScale, Tooltip, Filler);

export type XAxis = "step" | "time";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line of so few points shows each of them. */
const FEW = 40;

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The points of a series on its axis: steps, or ms since its first point. */
export const pointsOf = (series: Series, axis: XAxis): Point[] => {
  const start = series.timestamps[0] ?? 0;
  return series.values.map((y, i) => ({
    x: (axis === "step" ? series.steps[i] : (series.timestamps[i] ?? start) - start) ?? 0,
    y,
  }));
};

/** NaN and ±Infinity as marks on the chart's lower or upper edge. */
export const marksOf = (series: Series, axis: XAxis): (Point & { value: string })[] => {
  const start = series.timestamps[0] ?? series.marks[0]?.timestamp ?? 0;
  const low = Math.min(...series.values);
  const high = Math.max(...series.values);
  return series.marks.map((mark) => ({
    x: axis === "step" ? mark.step : mark.timestamp - start,
    y: Number.isFinite(low) ? (mark.value === "NaN" || formatValue(mark.value).startsWith("−") ? low : high) : 0,
    value: formatValue(mark.value),
  }));
};

const optionsFor = (axis: () => XAxis): ChartOptions<"line"> => ({
  animation: false,
  parsing: false,
  normalized: true,
  maintainAspectRatio: false,
  interaction: { mode: "nearest", axis: "x", intersect: false },
  elements: { point: { radius: 0, hoverRadius: 3, hitRadius: 6 }, line: { borderWidth: 1.5 } },
  scales: {
    x: {
      type: "linear",
      bounds: "data",
      grid: { color: token("--line"), drawTicks: false },
      border: { color: token("--line") },
      ticks: {
        color: token("--muted"),
        maxTicksLimit: 6,
        maxRotation: 0,
        padding: 4,
        font: { size: 11 },
        callback: (value) => {
          if (axis() === "time") return formatDuration(Number(value));
          return Number.isInteger(value) ? formatValue(Number(value)) : null; // there is no step 0.5
        },
      },
    },
    y: {
      type: "linear",
      grid: { color: token("--line"), drawTicks: false },
      border: { display: false },
      ticks: {
        color: token("--muted"),
        maxTicksLimit: 5,
        padding: 6,
        font: { size: 11 },
        callback: (value) => formatValue(Number(value)),
      },
    },
  },
  plugins: {
    tooltip: {
      displayColors: false,
      callbacks: {
        title: ([item]) =>
          item ? (axis() === "step" ? `step ${item.parsed.x}` : formatDuration(item.parsed.x ?? 0)) : "",
        label: (item) => (item.datasetIndex === 1 ? (item.raw as { value: string }).value : String(item.parsed.y)),
      },
    },
  },
});

/** A chart on `canvas`; `show` replaces its points. Colours are read when it is made. */
export const createLineChart = (canvas: HTMLCanvasElement) => {
  let axis: XAxis = "step";
  const chart = new Chart<"line", Point[]>(canvas, {
    type: "line",
    data: {
      datasets: [
        {
          data: [],
          borderColor: token("--series-1"),
          backgroundColor: token("--series-1"),
          pointRadius: ({ dataset }) => (dataset.data.length < FEW ? 2 : 0),
        },
        {
          data: [],
          showLine: false,
          pointStyle: "triangle",
          pointRadius: 4,
          pointBorderColor: token("--series-2"),
          pointBackgroundColor: token("--series-2"),
        },
      ],
    },
    options: optionsFor(() => axis),
  });
  return {
    show: (series: Series, next: XAxis): void => {
      axis = next;
      const [line, marks] = chart.data.datasets;
      if (!line || !marks) return;
      line.data = pointsOf(series, axis);
      marks.data = marksOf(series, axis);
      chart.update("none");
    },
    destroy: (): void => chart.destroy(),
  };
};
