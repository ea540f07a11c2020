/** Charts as files. */
import { csvLine, csvText } from "../../shared/csv.ts";
import type { Frame } from "./frame.ts";
import { rowsOf } from "./readings.ts";

const timeOf = (timestamp: number | undefined): string => {
  const date = new Date(timestamp ?? NaN);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
};

/** The points shown as CSV, with the smoothed values where lines are smoothed. */
export const toCsv = (frame: Frame, metric: string): string => {
  const smoothed = frame.paths.some(({ raw }) => raw !== undefined);
  const head = [
    "run_id",
    "run_name",
    "metric",
    "step",
    "x",
    "timestamp",
    "time",
    "value",
    ...(smoothed ? ["smoothed"] : []),
  ];
  const lines = rowsOf(frame).map((row) => [
    csvText(row.line.id),
    csvText(row.line.label),
    csvText(metric),
    row.step,
    row.x,
    row.timestamp ?? "",
    timeOf(row.timestamp),
    row.value,
    ...(smoothed ? [row.smoothed ?? ""] : []),
  ]);
  return [head, ...lines].map(csvLine).join("");
};

/** A name that every file system takes. */
export const fileName = (name: string, ending: string): string =>
  `${name.replace(/[\\/:*?"<>|\u0000-\u001f\u202a-\u202e\u2066-\u2069]/g, "_").slice(0, 120) || "chart"}.${ending}`;

/** Hands a file to the browser's downloads. */
export const download = (href: string, name?: string): void => {
  const link = document.createElement("a");
  link.href = href;
  link.download = name ?? "";
  link.click();
};

export const saveBlob = (blob: Blob, name: string): void => {
  const address = URL.createObjectURL(blob);
  download(address, name);
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};

const SHARP = 2;

/** Draws an SVG document into a PNG, twice as sharp. @throws Error when the browser cannot. */
export const toPng = async (svg: string): Promise<Blob> => {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth * SHARP, image.naturalHeight * SHARP);
    const context = canvas.getContext("2d");
    if (!context) throw new Error("The browser gives no canvas to draw on.");
    context.scale(SHARP, SHARP);
    context.drawImage(image, 0, 0);
    return await canvas.convertToBlob({ type: "image/png" });
  } finally {
    URL.revokeObjectURL(address);
  }
};
