/** What a chart can be taken away as. */
import { toasts } from "../lib/toasts.svelte.ts";
import { m } from "../i18n/messages.ts";
import { computeFrame, type Look } from "./frame.ts";
import type { Line } from "./line.ts";
import { download, fileName, saveBlob, toCsv, toPng } from "./save.ts";
import { plotSize, toSvg } from "./svg.ts";
import { axisName, countWords } from "./words.ts";

const FIGURE = { width: 960, height: 480 };

/** The chart as it is looked at now, large enough for a page. */
const figureOf = (metric: string, title: string, lines: readonly Line[], look: Look): string => {
  const frame = computeFrame(lines, look, plotSize(FIGURE));
  return toSvg(frame, { ...FIGURE, title, xTitle: axisName(look.axis), note: countWords(frame.counts) });
};

export interface Exported {
  readonly metric: string;
  readonly title: string;
  readonly lines: readonly Line[];
  readonly look: Look;
}

export const exportSvg = ({ metric, title, lines, look }: Exported): void =>
  saveBlob(new Blob([figureOf(metric, title, lines, look)], { type: "image/svg+xml" }), fileName(title, "svg"));

export const exportPng = async ({ metric, title, lines, look }: Exported): Promise<void> => {
  try {
    saveBlob(await toPng(figureOf(metric, title, lines, look)), fileName(title, "png"));
  } catch (error) {
    toasts.fail(m.charts_export_png(), error);
  }
};

export const exportShown = ({ metric, title, lines, look }: Exported): void =>
  saveBlob(
    new Blob([toCsv(computeFrame(lines, look, plotSize(FIGURE)), metric)], { type: "text/csv" }),
    fileName(title, "csv"),
  );

/** Every raw point, streamed by the server under a name of its own. */
export const exportRaw = (address: string): void => download(address);
