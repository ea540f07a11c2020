/** Points of charts: thinned as JSON, or every one of them as a streamed CSV file. */
import type { FastifyInstance } from "fastify";
import { getRunsSeries, getSeries, SERIES_CSV_PATH } from "../../../shared/api/outpost/series.ts";
import type { CsvPage, SeriesCsv } from "../../domain/views/series-csv.ts";
import type { RunsSeriesQuery, SeriesAnswer, SeriesQuery } from "../../domain/views/series.ts";
import type { Views } from "../../domain/views/views.ts";
import { sendPieces } from "../mlflow/send-pieces.ts";
import { attachment } from "../mlflow/artifact-types.ts";
import { JsonText, reads, type Route } from "../route.ts";

/** Runs a read of the reader threads by its name: JSON text or its bytes. */
export type LongRead = (name: "series" | "runsSeries" | "seriesCsv", query: unknown) => Promise<string | Uint8Array>;

const decoder = new TextDecoder();
const textOf = (text: string | Uint8Array): string => (typeof text === "string" ? text : decoder.decode(text));
const answerOf = (text: string | Uint8Array): SeriesAnswer => JSON.parse(textOf(text)) as SeriesAnswer;

/** By two threads at once where it can be halved. */
const readLong = async (views: Views, longRead: LongRead, query: SeriesQuery): Promise<JsonText | SeriesAnswer> => {
  const halves = views.halvesOfSeries(query);
  if (!halves) return new JsonText(await longRead("series", query));
  const [first, second] = halves.queries;
  const answers = await Promise.all([longRead("series", first), longRead("series", second)]);
  return halves.join(answerOf(answers[0]), answerOf(answers[1]));
};

/** Series as JSON. Without `longRead` long histories are read here. */
export const seriesRoutes = (views: Views, longRead?: LongRead): Route[] => [
  reads(getSeries, async (query: SeriesQuery) =>
    longRead && views.isLongSeries(query) ? readLong(views, longRead, query) : views.series(query),
  ),
  reads(getRunsSeries, async (query: RunsSeriesQuery) =>
    longRead && views.isLongRunsSeries(query)
      ? new JsonText(await longRead("runsSeries", query))
      : views.runsSeries(query),
  ),
];

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
      return JSON.parse(textOf(await longRead("seriesCsv", page))) as CsvPage;
    };
    async function* bytes(): AsyncGenerator<Buffer<ArrayBuffer>> {
      for await (const piece of csv.pieces(query, read)) yield Buffer.from(piece);
    }
    void reply.headers({ "content-type": "text/csv; charset=utf-8", "content-disposition": attachment(name) });
    return sendPieces(reply, bytes(), onError);
  });
};
