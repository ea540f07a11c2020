/**
 * The reads that take long, by name, as functions from plain data to JSON text. The same table serves the host's own
 * thread (short ones) and the reader threads (long ones), each over its own connection.
 */
import { createMetricReads, type LongRead, type MetricReads } from "../api/mlflow/metrics.ts";
import { createCompletion, type KeyQuery, type ValuesQuery } from "../domain/find/completion.ts";
import { createFind, type FindQuery } from "../domain/find/find.ts";
import { createSearchRuns, type RunsQuery } from "../domain/find/search-runs.ts";
import type { RunReads } from "../api/outpost/run-lists.ts";
import { createMetrics } from "../domain/tracking/metrics.ts";
import { createCompareView, type CompareQuery } from "../domain/views/compare.ts";
import { createSeriesCsv, type CsvPageQuery } from "../domain/views/series-csv.ts";
import { found } from "../domain/views/bounds.ts";
import { createSeriesView, type RunsSeriesQuery, type SeriesQuery } from "../domain/views/series.ts";
import { createRunGroupsView, type RunGroupsInput } from "../domain/views/run-groups.ts";
import type { RunScopeInput } from "../domain/views/run-scope.ts";
import type { Database } from "../store/database.ts";
import { createKeyStore } from "../store/keys.ts";
import { createMetricStore } from "../store/metrics.ts";
import { createRunStore } from "../store/runs.ts";
import { createFindView } from "../store/search-index/find.ts";
import { createRunSearch } from "../store/search/runs.ts";
import { createCompletionViews } from "../store/views/completion.ts";
import { createExperimentTreeViews } from "../store/views/experiment-tree.ts";
import { createExperimentViews } from "../store/views/experiments.ts";
import { createCompareViews } from "../store/views/compare.ts";
import { createRunPageViews } from "../store/views/run-page.ts";
import { createRunGroupViews } from "../store/views/run-groups.ts";
import { createRunViews } from "../store/views/runs.ts";
import { createSeriesRows } from "../store/views/series-rows.ts";
import { createSeriesViews } from "../store/views/series.ts";
import { createStorageViews } from "../store/views/storage.ts";
import type { ReadText } from "./protocol.ts";

/** Every read, over one connection. */
export const createReads = (db: Database) => {
  const keys = createKeyStore(db);
  const [runs, metrics] = [createRunStore(db, keys), createMetricStore(db, keys)];
  let compare: ReturnType<typeof createCompareView> | undefined; // statements are prepared on first use
  const comparing = () => (compare ??= createCompareView(createCompareViews(db)));
  const runViews = createRunViews(db);
  const charts = createSeriesView({ runs: runViews, series: createSeriesViews(db) });
  const csv = createSeriesCsv({ runs: runViews, rows: createSeriesRows(db) });
  const runPage = createRunPageViews(db);
  let groups: ReturnType<typeof createRunGroupsView> | undefined;
  const grouping = () => (groups ??= createRunGroupsView(createRunGroupViews(db)));
  return {
    ...createMetricReads(createMetrics(runs, metrics)),
    /** Lowest, highest and number of points of each metric of a run. */
    metricRanges: ({ run_id }: { run_id: string }): string =>
      JSON.stringify({ metrics: runPage.metricRanges(found(runViews.idsOf(run_id), `Run '${run_id}'`).run) }),
    /** Count and digest of a run's points. */
    metricDigest: ({ run }: { run: number }): string => JSON.stringify(metrics.digest(run)),
    /** A chart's points. */
    series: (query: SeriesQuery): string => JSON.stringify(charts.series(query)),
    /** Runs side by side. */
    compareRuns: (query: CompareQuery): string => JSON.stringify(comparing().compareRuns(query)),
    compareFiles: (query: CompareQuery): string => JSON.stringify(comparing().compareFiles(query)),
    /** One metric of many runs. */
    runsSeries: (query: RunsSeriesQuery): string => JSON.stringify(charts.runsSeries(query)),
    /** A page of raw points as CSV. */
    seriesCsv: (query: CsvPageQuery): string => JSON.stringify(csv.page(query)),
    /** Groups of an experiment's runs. */
    runGroups: (query: RunGroupsInput): string => JSON.stringify(grouping().groups(query)),
    /** How many runs match. */
    runCount: (query: RunScopeInput): string => JSON.stringify(grouping().count(query)),
    ...createFindReads(db),
    /** Sizes of what is kept. */
    sizes: (): string => JSON.stringify(createStorageViews(db).sizes()),
  };
};

/** What finds and completes. Statements are prepared on first use: most readers never find anything. */
const createFindReads = (db: Database) => {
  const once = <T>(make: () => T): (() => T) => {
    let made: { readonly value: T } | undefined;
    return () => (made ??= { value: make() }).value;
  };
  const find = once(() => createFind(createFindView(db)));
  const completion = once(() => createCompletion(createCompletionViews(db)));
  const trees = once(() => createExperimentTreeViews(db));
  const searchRuns = once(() =>
    createSearchRuns({
      experiments: createExperimentViews(db),
      runs: createRunViews(db),
      search: createRunSearch(db).search,
    }),
  );
  return {
    find: ({ behind, ...query }: FindQuery & { readonly behind: number }): string =>
      JSON.stringify({ rows: find()(query), behind }),
    listKeys: (query: KeyQuery): string => JSON.stringify(completion().keys(query)),
    listValues: (query: ValuesQuery): string => JSON.stringify(completion().values(query)),
    searchRuns: (query: RunsQuery): string => JSON.stringify(searchRuns()(query)),
    experimentTree: (_query: object): string => JSON.stringify(trees().tree()),
    experimentSizes: (_query: object): string => JSON.stringify(trees().sizes()),
    experimentOverview: ({ experiment }: { readonly experiment: number }): string =>
      JSON.stringify(trees().overview(experiment)),
  };
};

export type Reads = ReturnType<typeof createReads>;
export type FindReads = ReturnType<typeof createFindReads>;

/** What the host needs of the reader threads. */
export interface ReaderThreads {
  readonly run: (name: string, args: unknown) => Promise<ReadText>;
  readonly warm: () => void;
}

/** Points that the host's own thread may read while writes wait: about a millisecond. */
const SHORT_PAGE = 1000;

/** Runs short reads at once and sends long ones to the reader threads, where there are any. */
export const createLongRead = (reads: MetricReads, threads: ReaderThreads | undefined): LongRead => {
  const isShort = (name: keyof MetricReads, maxResults: number | undefined): boolean =>
    name === "metricHistory" && maxResults !== undefined && maxResults <= SHORT_PAGE;
  return (name, input) =>
    threads && !isShort(name, input.max_results) ? threads.run(name, input) : reads[name](input as never);
};

/** Where finding and completing happens: in the reader threads, where there are any. */
export const createFindReader = (reads: FindReads, threads: ReaderThreads | undefined) => {
  const elsewhere =
    <K extends keyof FindReads>(name: K) =>
    (query: Parameters<FindReads[K]>[0]): Promise<ReadText> =>
      threads ? threads.run(name, query) : new Promise((resolve) => resolve(reads[name](query as never)));
  return {
    find: elsewhere("find"),
    listKeys: elsewhere("listKeys"),
    listValues: elsewhere("listValues"),
    searchRuns: elsewhere("searchRuns"),
    experimentTree: elsewhere("experimentTree"),
    experimentSizes: elsewhere("experimentSizes"),
    experimentOverview: elsewhere("experimentOverview"),
  };
};

/** Reads that look at every matching run: in a thread, where there is one. */
export const createRunReads = (reads: Reads, threads: ReaderThreads | undefined): RunReads => ({
  groups: async (query) => threads?.run("runGroups", query) ?? reads.runGroups(query),
  count: async (query) => threads?.run("runCount", query) ?? reads.runCount(query),
});
