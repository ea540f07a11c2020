/** Points of charts: thinned as JSON, or every one of them as a streamed CSV file. */
import type { FastifyInstance } from "fastify";
import { getRunsSeries, getSeries, SERIES_CSV_PATH } from "../../../shared/api/outpost/series.ts";
import type { CsvPage, SeriesCsv } from "../../domain/views/series-csv.ts";
import type { RunsSeriesQuery, SeriesQuery } from "../../domain/views/series.ts";
import type { Views } from "../../domain/views/views.ts";
import { sendPieces } from "../mlflow/send-pieces.ts";
import { attachment } from "../mlflow/artifact-types.ts";
import { JsonText, reads, type Route } from "../route.ts";

/** Runs a read of the reader threads by its name: JSON text or its bytes. */
export type LongRead = (name: "series" | "runsSeries" | "seriesCsv", query: unknown) => Promise<string | Uint8Array>;

/** Series as JSON. Without `longRead` long histories are read here. */
export const seriesRoutes = (views: Views, longRead?: LongRead): Route[] => [
  reads(getSeries, async (query: SeriesQuery) =>
    longRead && views.isLongSeries(query) ? new JsonText(await longRead("series", query)) : views.series(query),
  ),
  reads(getRunsSeries, async (query: RunsSeriesQuery) =>
    longRead && views.isLongRunsSeries(query)
      ? new JsonText(await longRead("runsSeries", query))
      : views.runsSeries(query),
  ),
];

const decoder = new TextDecoder();

/** Mounts the CSV export: pages come from the reader threads, so that a training script's log calls never wait for it. */
export const mountSeriesCsv = (
  app: FastifyInstance,
  { csv, longRead, onError }: { csv: SeriesCsv; longRead?: LongRead; onError: (error: unknown) => void },
): void => {
  app.get(SERIES_CSV_PATH, { exposeHeadRoute: false }, (request, reply) => {
    const url = request.raw.url ?? "";
    const search = new URLSearchParams(url.includes("?") ? url.slice(url.indexOf("?")) : "");
    const query = {
      run_ids: [...new Set(search.getAll("run_ids"))],
      metric_keys: [...new Set(search.getAll("metric_keys"))],
    };
    const name = csv.nameOf(query);
    const read = async (page: Parameters<SeriesCsv["page"]>[0]): Promise<CsvPage> => {
      if (!longRead) return csv.page(page);
      const text = await longRead("seriesCsv", page);
      return JSON.parse(typeof text === "string" ? text : decoder.decode(text)) as CsvPage;
    };
    async function* bytes(): AsyncGenerator<Buffer<ArrayBuffer>> {
      for await (const piece of csv.pieces(query, read)) yield Buffer.from(piece);
    }
    void reply.headers({ "content-type": "text/csv; charset=utf-8", "content-disposition": attachment(name) });
    return sendPieces(reply, bytes(), onError);
  });
};
