/**
 * How lines are told apart: colour, dash and marker change at different paces, so that 64 lines differ pairwise and any
 * eight neighbours do so without colour.
 */
export interface LineStyle {
  readonly colour: number; // 1 to 8: the token `--series-n`
  readonly dash: readonly number[];
  readonly marker: Marker;
}

export const MARKERS = ["circle", "square", "triangle", "diamond", "cross", "plus", "star", "down"] as const;
export type Marker = (typeof MARKERS)[number];

/** More lines than these would vanish under their markers: then only colour and dash tell them apart, and the one in focus has its marker. */
const MOST_MARKED = 20;

/** Whether lines are drawn with the markers that tell them apart; a single line needs none. */
export const areMarked = (lines: number): boolean => lines > 1 && lines <= MOST_MARKED;

const COLOURS = 8;
const DASHES = [[], [7, 3], [2, 3], [10, 3, 2, 3]] as const;

/** The style of the n-th line, from 0. */
export const styleOf = (n: number): LineStyle => {
  const round = Math.floor(n / COLOURS);
  return {
    colour: (n % COLOURS) + 1,
    dash: DASHES[(n + Math.floor(round / MARKERS.length)) % DASHES.length] ?? [],
    marker: MARKERS[(n + round) % MARKERS.length] ?? "circle",
  };
};

const star = (r: number): string =>
  Array.from({ length: 10 }, (_unused, i) => {
    const radius = i % 2 === 0 ? r : r * 0.45;
    const angle = (i * Math.PI) / 5 - Math.PI / 2;
    return `${i === 0 ? "M" : "L"}${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`;
  }).join("") + "Z";

/** A marker around 0,0 as an SVG path, for the page, the canvas (`Path2D`) and the SVG file alike. */
export const markerPath = (marker: Marker, r = 3.5): string => {
  const d = r * 0.9;
  switch (marker) {
    case "circle":
      return `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`;
    case "square":
      return `M${-d} ${-d}H${d}V${d}H${-d}Z`;
    case "triangle":
      return `M0 ${-r}L${r} ${d}H${-r}Z`;
    case "down":
      return `M0 ${r}L${r} ${-d}H${-r}Z`;
    case "diamond":
      return `M0 ${-r - 0.5}L${r + 0.5} 0L0 ${r + 0.5}L${-r - 0.5} 0Z`;
    case "cross":
      return `M${-d} ${-d}L${d} ${d}M${d} ${-d}L${-d} ${d}`;
    case "plus":
      return `M0 ${-r}V${r}M${-r} 0H${r}`;
    case "star":
      return star(r + 0.5);
  }
};
