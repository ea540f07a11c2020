/**
 * Chart.js by parts, drawing frames. It draws axes and lines; markers, marks and single points are drawn here, since they
 * are few and Chart.js would make an element of every point for them. It listens to nothing: `LineChart.svelte` does.
 */
import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type ChartDataset,
  type ChartOptions,
  type Plugin,
} from "chart.js";
import type { Frame, Path, Point, Size } from "./frame.ts";
import type { Scale } from "./scale.ts";
import { areMarked, markerPath, styleOf } from "./style.ts";
import type { Area } from "./zoom.ts";

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

/** A line of so few points shows each of them. */
const FEW = 40;
/** Markers that tell lines apart stand about so far from each other. */
const PX_PER_MARKER = 90;
const FAINT = 0.25;
const DIMMED = 0.18;

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

type LineDataset = ChartDataset<"line", Point[]>;

/** What is emphasised: one line's id, or none. */
interface Drawing {
  frame: Frame | undefined;
  highlight: string | undefined;
}

const alphaOf = ({ line }: Path, highlight: string | undefined): number =>
  highlight === undefined || highlight === line.id ? 1 : DIMMED;

const withAlpha = (colour: string, alpha: number): string =>
  alpha === 1
    ? colour
    : /^#[\da-f]{6}$/i.test(colour)
      ? colour +
        Math.round(alpha * 255)
          .toString(16)
          .padStart(2, "0")
      : `color-mix(in srgb, ${colour} ${alpha * 100}%, transparent)`;

const isLonely = (points: readonly Point[], i: number): boolean =>
  !Number.isNaN(points[i]?.y) && Number.isNaN(points[i - 1]?.y ?? NaN) && Number.isNaN(points[i + 1]?.y ?? NaN);

/** Every so many-th point, so that markers of neighbouring lines do not lie upon each other. */
const markerIndexes = (points: readonly Point[], width: number, offset: number): number[] => {
  const count = Math.max(1, Math.round(width / PX_PER_MARKER));
  const every = Math.max(1, Math.floor(points.length / count));
  return points.flatMap((_point, i) => (i % every === offset % every ? [i] : []));
};

const drawPath = (chart: Chart, path: Path, { frame, highlight }: Drawing): void => {
  const { ctx, chartArea } = chart;
  const [x, y] = [chart.scales["x"], chart.scales["y"]];
  if (!x || !y || !frame) return;
  const { colour, marker } = styleOf(path.line.style);
  const many = frame.paths.length > 1;
  const isMarked = many && (areMarked(frame.paths.length) || highlight === path.line.id);
  const draw = (shape: Path2D, px: number, py: number, scale = 1): void => {
    ctx.save();
    ctx.translate(px, py);
    ctx.scale(scale, scale);
    ctx.fill(shape);
    ctx.stroke(shape);
    ctx.restore();
  };
  ctx.globalAlpha = alphaOf(path, highlight);
  ctx.fillStyle = ctx.strokeStyle = token(`--series-${colour}`);
  ctx.lineWidth = 1.2;
  const dot = new Path2D(markerPath("circle", 2));
  const shape = isMarked ? new Path2D(markerPath(marker)) : dot;
  const { points } = path;
  const inView = points.filter((point) => point.x >= frame.x.min && point.x <= frame.x.max).length;
  const marked = new Set(
    isMarked ? markerIndexes(points, chartArea.width * (points.length / Math.max(1, inView)), path.line.style * 3) : [],
  );
  points.forEach((point, i) => {
    if (point.x < frame.x.min || point.x > frame.x.max || Number.isNaN(point.y)) return;
    if (marked.has(i)) draw(shape, x.getPixelForValue(point.x), y.getPixelForValue(point.y));
    else if ((inView <= FEW && (!many || isMarked)) || isLonely(points, i))
      draw(dot, x.getPixelForValue(point.x), y.getPixelForValue(point.y));
  });
  const edge = { low: new Path2D(markerPath("triangle", 4)), high: new Path2D(markerPath("down", 4)) };
  if (!many) ctx.fillStyle = ctx.strokeStyle = token("--series-2");
  for (const mark of path.marks)
    if (mark.x >= frame.x.min && mark.x <= frame.x.max)
      draw(edge[mark.edge], x.getPixelForValue(mark.x), mark.edge === "low" ? chartArea.bottom - 6 : chartArea.top + 6);
  ctx.globalAlpha = 1;
};

/** Draws what Chart.js is not asked to. */
const ourDrawing = (drawing: Drawing): Plugin<"line"> => ({
  id: "outpost",
  afterDatasetsDraw: (chart) => {
    const { ctx, chartArea: area } = chart;
    ctx.save();
    ctx.beginPath();
    ctx.rect(area.left - 6, area.top - 6, area.width + 12, area.height + 12);
    ctx.clip();
    for (const path of drawing.frame?.paths ?? []) drawPath(chart, path, drawing);
    ctx.restore();
  },
});

const datasetsOf = ({ paths }: Frame, highlight: string | undefined): LineDataset[] =>
  paths.flatMap((path) => {
    const { colour, dash } = styleOf(path.line.style);
    const ink = token(`--series-${colour}`);
    const alpha = alphaOf(path, highlight);
    const own: LineDataset = {
      data: [...path.points],
      borderColor: withAlpha(ink, alpha),
      borderWidth: highlight === path.line.id ? 2.5 : 1.5,
      borderDash: paths.length > 1 ? [...dash] : [],
    };
    const raw = path.raw && { data: [...path.raw], borderColor: withAlpha(ink, alpha * FAINT), borderWidth: 1 };
    return raw ? [raw, own] : [own];
  });

const scaleOptions = (scale: Scale, isX: boolean) => ({
  type: scale.log ? ("logarithmic" as const) : ("linear" as const),
  bounds: "data" as const,
  min: scale.min,
  max: scale.max,
  grid: { color: token("--line"), drawTicks: false },
  border: { display: isX, color: token("--line") },
  afterBuildTicks: (axis: { ticks: { value: number }[] }) => {
    axis.ticks = scale.ticks.map(({ value }) => ({ value }));
  },
  ticks: {
    color: token("--muted"),
    autoSkip: isX,
    maxRotation: 0,
    padding: isX ? 4 : 6,
    font: { size: 11, family: getComputedStyle(document.body).fontFamily },
    callback: (value: number | string) => scale.ticks.find((tick) => tick.value === value)?.label ?? "",
  },
});

const BASE: ChartOptions<"line"> = {
  animation: false,
  parsing: false,
  normalized: true,
  maintainAspectRatio: false,
  responsive: false, // a frame is made for a size, and both change together
  events: [],
  layout: { padding: { top: 7, right: 8 } }, // room for marks on the edge
  elements: { point: { radius: 0 }, line: { borderWidth: 1.5 } },
};

export type LineChartHandle = ReturnType<typeof createLineChart>;

/** A chart on `canvas`. Colours are read from the tokens when it shows a frame: after a change of theme, show it again. */
export const createLineChart = (canvas: HTMLCanvasElement) => {
  const drawing: Drawing = { frame: undefined, highlight: undefined };
  const chart = new Chart<"line", Point[]>(canvas, {
    type: "line",
    data: { datasets: [] },
    options: BASE,
    plugins: [ourDrawing(drawing)],
  });
  const show = (frame: Frame, { width, height }: Size, highlight?: string): void => {
    if (chart.width !== width || chart.height !== height) chart.resize(width, height);
    drawing.frame = frame;
    drawing.highlight = highlight;
    chart.data.datasets = datasetsOf(frame, highlight);
    chart.options.scales = { x: scaleOptions(frame.x, true), y: scaleOptions(frame.y, false) };
    chart.update("none");
  };
  return {
    /** Draws a frame made for this size, with one line (by its id) before the others. */
    show,
    /** The plot without its axes, in CSS pixels of the canvas. */
    area: (): Area => {
      const { left, top, right, bottom } = chart.chartArea;
      return { left, top, right, bottom };
    },
    destroy: (): void => chart.destroy(),
  };
};
