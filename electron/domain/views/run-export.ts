/** Runs as a file: every run that matches or was named, page by page, so that it costs the same memory for any number. */
import type { ExportFormat, ExportRunsRequest } from "../../../shared/api/outpost/run-actions.ts";
import { csvLine, csvText, csvValue } from "../../../shared/csv.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { MetricPoint } from "../../store/metrics.ts";
import type { RunRow, RunStore } from "../../store/runs.ts";
import { toRunMatch } from "./run-scope.ts";
import type { RunSearch } from "./views.ts";

type Kind = "metrics" | "params" | "tags";

export interface RunExportDeps {
  readonly runs: RunStore;
  readonly search: RunSearch;
  /** Every key that an experiment's runs have, by name. */
  readonly keysOf: (experiment: number) => Readonly<Record<Kind, readonly string[]>>;
}

export interface RunExportInput extends ExportRunsRequest {
  readonly experiment_id: string;
}

const PAGE = 500;
const KINDS = ["metrics", "params", "tags"] as const;

/** A run with what was logged to it, values as they are written. */
interface Row {
  readonly run: RunRow;
  readonly values: Readonly<Record<Kind, ReadonlyMap<string, string | number>>>;
}

/** As MLflow's wire and Python write the three that JSON has no word for. */
const metricWord = ({ value }: MetricPoint): string | number =>
  typeof value === "number" && Number.isFinite(value) ? value : String(value);

const INFO = ["run_id", "experiment_id", "run_name", "status", "user_id", "start_time", "end_time", "lifecycle_stage"];
const iso = (time: unknown): string => {
  const ms = Number(time ?? 0);
  return ms === 0 || Math.abs(ms) > 8.64e15 ? "" : new Date(ms).toISOString();
};

const infoOf = ({ run }: Row): string[] => [
  run.run_id,
  String(run.experiment),
  run.name,
  run.status,
  run.user_id,
  iso(run.start_time),
  iso(run.end_time),
  run.lifecycle_stage,
];

/** Columns as `mlflow.search_runs` names them: `metrics.loss`, `params.lr`. */
const csvRow = (row: Row, keys: Readonly<Record<Kind, readonly string[]>>): string =>
  csvLine([
    ...infoOf(row).map(csvValue),
    ...KINDS.flatMap((kind) =>
      keys[kind].map((key) => {
        const value = row.values[kind].get(key);
        if (value === undefined) return "";
        return kind === "metrics" ? String(value) : csvValue(String(value));
      }),
    ),
  ]);

const jsonRow = (row: Row, asked: Partial<Record<Kind, readonly string[]>>): string => {
  const info = infoOf(row);
  const pick = (kind: Kind) => {
    const only = asked[kind] && new Set(asked[kind]);
    return Object.fromEntries([...row.values[kind]].filter(([key]) => !only || only.has(key)));
  };
  return JSON.stringify({
    ...Object.fromEntries(INFO.map((name, i) => [name, info[i]])),
    metrics: pick("metrics"),
    params: pick("params"),
    tags: pick("tags"),
  });
};

const mapOf = <T extends { key: string }, V>(list: readonly T[] | undefined, value: (item: T) => V): Map<string, V> =>
  new Map((list ?? []).map((item) => [item.key, value(item)]));

const textOf = ({ value }: { value: string }): string => value;

export const createRunExport = ({ runs, search, keysOf }: RunExportDeps) => {
  const hydrate = (rows: readonly RunRow[]): Row[] => {
    const ids = rows.map(({ id }) => id);
    const [metrics, params, tags] = [runs.latestMetricsOf(ids), runs.paramsOf(ids), runs.tagsOf(ids)];
    return rows.map((run) => ({
      run,
      values: {
        metrics: mapOf(metrics.get(run.id), metricWord),
        params: mapOf(params.get(run.id), textOf),
        tags: mapOf(tags.get(run.id), textOf),
      },
    }));
  };

  const named = function* (ids: readonly string[]): Generator<RunRow[]> {
    for (let i = 0; i < ids.length; i += PAGE)
      yield ids.slice(i, i + PAGE).map((id) => {
        const run = runs.byRunId(id);
        if (!run) throw new DomainError("not_found", `Run '${id}' was not found. It may have been deleted.`);
        return run;
      });
  };

  const matching = function* (input: RunExportInput): Generator<RunRow[]> {
    const { experimentId, ...match } = toRunMatch(input);
    for (let pageToken: string | undefined; ;) {
      const page = search({
        ...match,
        experimentIds: [experimentId],
        orderBy: input.order_by ?? [],
        maxResults: PAGE,
        pageToken,
      });
      yield runs.byIds(page.ids);
      if (page.nextPageToken === undefined) return;
      pageToken = page.nextPageToken;
    }
  };

  /** Looks for every named run, or for the first page, at once: what is wrong with a request shows before a file begins. */
  const pagesOf = (input: RunExportInput): Iterable<RunRow[]> => {
    if (input.run_ids) return [...named(input.run_ids)];
    const pages = matching(input);
    const first = pages.next();
    return first.done
      ? []
      : (function* () {
          yield first.value;
          yield* pages;
        })();
  };

  const writers: Record<ExportFormat, (input: RunExportInput, pages: Iterable<RunRow[]>) => Generator<string>> = {
    *csv(input, pages) {
      const all = keysOf(toRunMatch(input).experimentId);
      const keys = {
        metrics: input.metrics ?? all.metrics,
        params: input.params ?? all.params,
        tags: input.tags ?? all.tags,
      };
      yield csvLine([...INFO, ...KINDS.flatMap((kind) => keys[kind].map((key) => csvText(`${kind}.${key}`)))]);
      for (const page of pages)
        yield hydrate(page)
          .map((row) => csvRow(row, keys))
          .join("");
    },
    *json(input, pages) {
      let before = "[\n";
      for (const page of pages)
        for (const row of hydrate(page)) {
          yield before + jsonRow(row, input);
          before = ",\n";
        }
      yield before === "[\n" ? "[]\n" : "\n]\n";
    },
  };

  /** Pieces of the file. Others get their turn between two pages. @throws DomainError `invalid`, `not_found` */
  return async function* (input: RunExportInput): AsyncGenerator<string> {
    let written = 0;
    for (const piece of writers[input.format](input, pagesOf(input))) {
      yield piece;
      written += piece.length;
      if (written < 65_536) continue;
      written = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
};
export type RunExport = ReturnType<typeof createRunExport>;
