/** Every raw point of some metrics of some runs as CSV, page by page, so that a million of them need no memory. */
import { csvCells, csvText } from "../../../shared/csv.ts";
import { DomainError } from "../../../shared/errors.ts";
import { MAX_COMPARED } from "../../../shared/api/outpost/series.ts";
import type { RunViews } from "../../store/views/runs.ts";
import type { RowPosition, SeriesRow, SeriesRows } from "../../store/views/series-rows.ts";
import { found } from "./bounds.ts";

export interface CsvQuery {
  readonly run_ids: readonly string[];
  readonly metric_keys: readonly string[];
}
/** One metric of one run from a position on. */
export interface CsvPageQuery {
  readonly run_id: string;
  readonly metric_key: string;
  readonly position?: RowPosition | undefined;
}
export interface CsvPage {
  readonly text: string;
  readonly next?: RowPosition | undefined;
}

const PAGE = 10_000;
const MAX_KEYS = 100;
const HEAD = "run_id,run_name,metric,step,timestamp,time,value\r\n";

const timeOf = (timestamp: number | string): string => {
  const date = new Date(Number(timestamp));
  return Number.isNaN(date.getTime()) ? "" : date.toISOString(); // a timestamp may be any int64
};

export const createSeriesCsv = ({ runs, rows }: { readonly runs: RunViews; readonly rows: SeriesRows }) => {
  const lineOf =
    (prefix: string) =>
    ({ step, timestamp, value }: SeriesRow): string =>
      `${prefix},${step},${timestamp},${timeOf(timestamp)},${value}\r\n`;

  /** One page of one series. @throws DomainError `not_found` for an unknown run. */
  const page = ({ run_id, metric_key, position }: CsvPageQuery): CsvPage => {
    const { run, run_name } = found(runs.refOf(run_id), `Run '${run_id}'`);
    const { rows: found_, next } = rows(run, metric_key, position, PAGE);
    const prefix = csvCells([run_id, run_name, metric_key].map(csvText));
    return { text: found_.map(lineOf(prefix)).join(""), next };
  };

  /** The file's name. @throws DomainError `invalid` for nothing or too much, `not_found` for an unknown run. */
  const nameOf = ({ run_ids, metric_keys }: CsvQuery): string => {
    const [runId] = run_ids;
    if (runId === undefined || metric_keys.length === 0)
      throw new DomainError("invalid", "Missing value for required parameters 'run_ids' and 'metric_keys'.");
    if (run_ids.length > MAX_COMPARED || metric_keys.length > MAX_KEYS)
      throw new DomainError("invalid", `At most ${MAX_COMPARED} runs and ${MAX_KEYS} metrics fit one file.`);
    const refs = run_ids.map((id) => found(runs.refOf(id), `Run '${id}'`));
    const of = refs.length === 1 ? (refs[0]?.run_name ?? runId) : `${refs.length} runs`;
    const what = metric_keys.length === 1 ? (metric_keys[0] ?? "") : `${metric_keys.length} metrics`;
    return `${of} ${what}`.replace(/[\\/:*?"<>|\u0000-\u001f\u202a-\u202e\u2066-\u2069]/g, "_").slice(0, 150) + ".csv";
  };

  /** The whole file in pieces. `read` gives a page, from wherever pages are read. */
  async function* pieces(query: CsvQuery, read: (page: CsvPageQuery) => Promise<CsvPage>): AsyncGenerator<string> {
    yield HEAD;
    for (const run_id of query.run_ids)
      for (const metric_key of query.metric_keys) {
        let position: RowPosition | undefined;
        do {
          const { text, next } = await read({ run_id, metric_key, position });
          if (text !== "") yield text;
          position = next;
        } while (position);
      }
  }

  return { page, nameOf, pieces };
};
export type SeriesCsv = ReturnType<typeof createSeriesCsv>;
