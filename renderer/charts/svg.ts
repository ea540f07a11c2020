/** A chart as an SVG file: the same frame as on the canvas, as vectors, in print colours whatever the page shows. */
import type { Frame, Path, Point } from "./frame.ts";
import { shareOf } from "./scale.ts";
import { areMarked, markerPath, styleOf } from "./style.ts";

/** The light theme's: a figure goes into a paper or a slide. */
const INK = { ground: "#ffffff", text: "#1b1d21", muted: "#5a5f68", line: "#e3e3df" };
const SERIES = ["#2b50c8", "#b3261e", "#17703f", "#a04e00", "#7b3fb5", "#007080", "#b0246f", "#5a5f68"];
const FEW = 40;

export interface Figure {
  readonly title: string;
  readonly xTitle: string;
  /** What is shown and what is not, below the plot. */
  readonly note: string;
  readonly width: number;
  readonly height: number;
}

const HEAD = 34;
const FOOT = 44;
const LEFT = 64;
const RIGHT = 16;
const LEGEND_ROW = 18;

const escape = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
    .replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
const round = (value: number): string => String(Math.round(value * 100) / 100);

interface Place {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

const pathData = (points: readonly Point[], { x, y }: Place): string => {
  let pen = "M";
  return points
    .map((point) => {
      if (Number.isNaN(point.y)) {
        pen = "M";
        return "";
      }
      const data = `${pen}${round(x(point.x))} ${round(y(point.y))}`;
      pen = "L";
      return data;
    })
    .join("");
};

const isLonely = (points: readonly Point[], i: number): boolean =>
  Number.isNaN(points[i - 1]?.y ?? NaN) && Number.isNaN(points[i + 1]?.y ?? NaN);

const linePath = (path: Path, place: Place, lines: number): string => {
  const { colour, dash, marker } = styleOf(path.line.style);
  const ink = SERIES[colour - 1] ?? INK.text;
  const [many, isMarked] = [lines > 1, areMarked(lines)];
  const dashes = many && dash.length > 0 ? ` stroke-dasharray="${dash.join(" ")}"` : "";
  const raw = path.raw
    ? `<path d="${pathData(path.raw, place)}" fill="none" stroke="${ink}" stroke-opacity="0.3" stroke-width="1"/>`
    : "";
  const every = Math.max(1, Math.floor(path.points.length / 8));
  const dots = path.points
    .filter((point, i, points) => {
      if (Number.isNaN(point.y)) return false;
      if (many && !isMarked) return isLonely(points, i);
      return path.points.length <= FEW || (many && i % every === (path.line.style * 3) % every);
    })
    .map(
      ({ x, y }) =>
        `<path transform="translate(${round(place.x(x))} ${round(place.y(y))})" d="${markerPath(isMarked ? marker : "circle", isMarked ? 3.5 : 2)}"/>`,
    )
    .join("");
  return `<g data-line="${escape(path.line.label)}">${raw}<path d="${pathData(path.points, place)}" fill="none" stroke="${ink}" stroke-width="1.6" stroke-linejoin="round"${dashes}/><g fill="${ink}" stroke="${ink}">${dots}</g></g>`;
};

const marksOf = (path: Path, place: Place, [top, bottom]: readonly [number, number]): string =>
  path.marks
    .map(
      ({ x, edge, value }) =>
        `<path transform="translate(${round(place.x(x))} ${edge === "low" ? bottom - 6 : top + 6})" d="${markerPath(edge === "low" ? "triangle" : "down", 4)}"><title>${escape(String(value))}</title></path>`,
    )
    .join("");

const legendOf = ({ paths }: Frame, top: number, columns: number): string =>
  paths
    .map(({ line }, i) => {
      const { colour, dash, marker } = styleOf(line.style);
      const ink = SERIES[colour - 1] ?? INK.text;
      const [x, y] = [LEFT + (i % columns) * 200, top + Math.floor(i / columns) * LEGEND_ROW];
      const name = line.label.length > 26 ? `${line.label.slice(0, 25)}…` : line.label;
      return `<g transform="translate(${x} ${y})"><path d="M0 0H24" stroke="${ink}" stroke-width="1.6" stroke-dasharray="${dash.join(" ")}"/><path transform="translate(12 0)" d="${markerPath(marker)}" fill="${ink}" stroke="${ink}"/><text x="30" y="4">${escape(name)}</text></g>`;
    })
    .join("");

/** The plot's size in a figure: what a frame for it has to be made for. */
export const plotSize = ({ width, height }: Pick<Figure, "width" | "height">): { width: number; height: number } => ({
  width: width - LEFT - RIGHT,
  height: height - HEAD - FOOT,
});

/** A whole SVG document. */
export const toSvg = (frame: Frame, { title, xTitle, note, width, height }: Figure): string => {
  const [top, bottom, right] = [HEAD, height - FOOT, width - RIGHT];
  const place: Place = {
    x: (value) => LEFT + shareOf(value, [frame.x.min, frame.x.max], frame.x.log) * (right - LEFT),
    y: (value) => bottom - shareOf(value, [frame.y.min, frame.y.max], frame.y.log) * (bottom - top),
  };
  const many = frame.paths.length > 1;
  const columns = Math.max(1, Math.floor((right - LEFT) / 200));
  const legendHeight = many ? Math.ceil(frame.paths.length / columns) * LEGEND_ROW + 6 : 0;
  const yAxis = frame.y.ticks.map(({ value, label }) => {
    const y = round(place.y(value));
    return `<path d="M${LEFT} ${y}H${right}" stroke="${INK.line}"/><text x="${LEFT - 8}" y="${y}" dy="4" text-anchor="end">${escape(label)}</text>`;
  });
  const xAxis = frame.x.ticks.map(({ value, label }) => {
    const x = round(place.x(value));
    return `<path d="M${x} ${top}V${bottom}" stroke="${INK.line}"/><text x="${x}" y="${bottom + 16}" text-anchor="middle">${escape(label)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height + legendHeight}" viewBox="0 0 ${width} ${height + legendHeight}" font-family="system-ui, 'Noto Sans', 'Noto Sans CJK KR', 'Noto Sans CJK JP', sans-serif" font-size="11" fill="${INK.muted}">
<title>${escape(title)}</title><desc>${escape(note)}</desc>
<rect width="100%" height="100%" fill="${INK.ground}"/>
<text x="${LEFT}" y="21" font-size="14" font-weight="600" fill="${INK.text}">${escape(title)}</text>
${yAxis.join("")}${xAxis.join("")}<path d="M${LEFT} ${bottom}H${right}" stroke="${INK.muted}"/>
<clipPath id="plot"><rect x="${LEFT - 4}" y="${top - 4}" width="${right - LEFT + 8}" height="${bottom - top + 8}"/></clipPath>
<g clip-path="url(#plot)">${frame.paths.map((path) => linePath(path, place, frame.paths.length)).join("")}<g fill="${INK.text}">${frame.paths.map((path) => marksOf(path, place, [top, bottom])).join("")}</g></g>
<text x="${(LEFT + right) / 2}" y="${bottom + 34}" text-anchor="middle">${escape(xTitle)}</text>
<text x="${right}" y="${bottom + 34}" text-anchor="end" font-size="10">${escape(note)}</text>
${many ? legendOf(frame, height + 4, columns) : ""}</svg>
`;
};
