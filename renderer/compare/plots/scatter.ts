/** One point a run, by any two dimensions. */
import {
  CategoryScale,
  Chart,
  LinearScale,
  LogarithmicScale,
  PointElement,
  ScatterController,
  Tooltip,
} from "chart.js";
import type { Dimension } from "../dimensions.ts";
import { scaleFor, type ScaleOptions } from "./chart-base.ts";
import { token } from "./colours.ts";

Chart.register(ScatterController, PointElement, LinearScale, LogarithmicScale, CategoryScale, Tooltip);

export interface Dot {
  readonly run: number;
  readonly x: number;
  readonly y: number;
}

/** The categories of a dimension without numbers, in the order in which people count. */
const labelsOf = ({ numbers, texts }: Dimension, runs: readonly number[]): string[] | undefined => {
  if (numbers) return undefined;
  const found = runs.map((run) => texts[run]).filter((text) => text !== undefined && text !== null);
  return [...new Set(found)].sort(new Intl.Collator("en", { numeric: true }).compare);
};

/** The runs that have both values, from left to right; on a logarithmic axis what is not above 0 has no place. */
export const dotsOf = (
  { x, y, logX, logY }: { x: Dimension; y: Dimension; logX: boolean; logY: boolean },
  runs: readonly number[],
): Dot[] => {
  const place = (dimension: Dimension, log: boolean): ((run: number) => number | undefined) => {
    const labels = labelsOf(dimension, runs);
    return (run) => {
      if (labels) {
        const text = dimension.texts[run] ?? null;
        return text === null ? undefined : labels.indexOf(text);
      }
      const value = dimension.numbers?.[run] ?? null;
      return value === null || (log && value <= 0) ? undefined : value;
    };
  };
  const [xOf, yOf] = [place(x, logX), place(y, logY)];
  return runs
    .flatMap((run): Dot[] => {
      const [px, py] = [xOf(run), yOf(run)];
      return px === undefined || py === undefined ? [] : [{ run, x: px, y: py }];
    })
    .sort((a, b) => a.x - b.x || a.y - b.y);
};

export interface ScatterView {
  readonly dots: readonly Dot[];
  readonly x: Dimension;
  readonly y: Dimension;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly runs: readonly number[];
  readonly colour: (run: number) => string;
}

/** A scatter plot on `canvas`; `onhover` hears which run the pointer is at. */
export const createScatter = (canvas: HTMLCanvasElement, onhover: (run: number | undefined) => void) => {
  let view: ScatterView | undefined;
  let hovered: number | undefined;
  const chart = new Chart<"scatter", Dot[]>(canvas, {
    type: "scatter",
    data: { datasets: [{ data: [] }] },
    options: {
      animation: false,
      parsing: false,
      maintainAspectRatio: false,
      interaction: { mode: "nearest", intersect: false },
      plugins: { tooltip: { enabled: false } },
      onHover: (event, elements) => {
        const [nearest] = elements;
        const near = nearest && Math.hypot((event.x ?? 0) - nearest.element.x, (event.y ?? 0) - nearest.element.y) < 18;
        onhover(near ? view?.dots[nearest.index]?.run : undefined);
      },
    },
  });
  const paint = (): void => {
    const [dataset] = chart.data.datasets;
    if (!view || !dataset) return;
    const { dots, colour } = view;
    dataset.data = [...dots];
    dataset.pointBackgroundColor = dots.map(({ run }) => colour(run));
    dataset.pointBorderColor = dots.map(({ run }) => (run === hovered ? token("--text") : token("--surface")));
    dataset.pointBorderWidth = dots.map(({ run }) => (run === hovered ? 2.5 : 1));
    dataset.pointRadius = dots.map(({ run }) => (run === hovered ? 8 : 5));
    dataset.pointHoverRadius = dataset.pointRadius;
    chart.update("none");
  };
  return {
    show: (next: ScatterView): void => {
      view = next;
      // Chart.js types scales by their kind, which is only known here.
      const scales: Record<string, ScaleOptions> = {
        x: scaleFor(next.x, next.logX, labelsOf(next.x, next.runs)),
        y: scaleFor(next.y, next.logY, labelsOf(next.y, next.runs)),
      };
      chart.options.scales = scales;
      paint();
    },
    hover: (run: number | undefined): void => {
      if (run === hovered) return;
      hovered = run;
      paint();
    },
    destroy: (): void => chart.destroy(),
  };
};
