/**
 * What the interface reads: the projections of `store/views`, with unknown ids named, page sizes kept in bounds and
 * page tokens made and read. Changes nothing.
 */
import type { ArtifactListing } from "../../../shared/api/outpost/artifacts.ts";
import type { Columns, Experiment, ExperimentRow } from "../../../shared/api/outpost/experiments.ts";
import type { LatestMetric, MetricRange, Run, RunRow } from "../../../shared/api/outpost/runs.ts";
import type { Status } from "../../../shared/api/outpost/status.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Filter } from "../../../shared/search/ast.ts";
import type { ArtifactViews } from "../../store/views/artifacts.ts";
import type { ChangeViews } from "../../store/views/changes.ts";
import type { ExperimentViews } from "../../store/views/experiments.ts";
import type { RunPageViews } from "../../store/views/run-page.ts";
import type { RunColumnViews } from "../../store/views/run-columns.ts";
import type { RunColumns, RunViews } from "../../store/views/runs.ts";
import type { SeriesViews } from "../../store/views/series.ts";
import { bounded, found } from "./bounds.ts";
import { readToken, writeToken } from "./page-token.ts";
import { childrenOf, parseExperimentNumber as experimentIdOf, type RunScopeInput, toRunMatch } from "./run-scope.ts";
import { createSeriesView } from "./series.ts";

/** Which runs, in which order: MLflow's words. */
export interface RunQuery {
  readonly experimentIds: readonly number[];
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly viewType: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
  readonly maxResults: number;
  readonly pageToken: string | undefined;
  readonly also?: Filter | undefined;
  readonly roots?: boolean | undefined;
}
/** Finds run rows by their integer ids. @throws DomainError `invalid` naming the place in the filter. */
export type RunSearch = (query: RunQuery) => {
  readonly ids: readonly number[];
  readonly nextPageToken: string | undefined;
};

export interface ViewsDeps {
  readonly experiments: ExperimentViews;
  readonly runs: RunViews;
  readonly runPage: RunPageViews;
  readonly runColumns: RunColumnViews;
  readonly series: SeriesViews;
  readonly artifacts: ArtifactViews;
  readonly changes: ChangeViews;
  readonly searchRuns: RunSearch;
  /** Where this host answers: known once it listens. */
  readonly self: () => Pick<Status, "tracking_uri" | "version" | "data_folder">;
}

export interface Page {
  readonly search?: string | undefined;
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
}

/** A page of an experiment's runs: all that match, those of a group, the children of a run, or the top of the tree. */
export interface RunListInput extends RunScopeInput {
  readonly order_by?: readonly string[] | undefined;
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
  readonly parent_run_id?: string | undefined;
  readonly roots?: boolean | undefined;
}
export type Views = ReturnType<typeof createViews>;

const PAGE = 100;
const MAX_PAGE = 1000;
const MAX_COLUMNS = 200;

const listPath = (path: string | undefined): string => {
  const parts = (path ?? "").split("/").filter((part) => part !== "");
  if (parts.some((part) => part === "." || part === ".."))
    throw new DomainError("invalid", `Invalid artifact path '${path}': it must not contain '.' or '..'.`);
  return parts.join("/");
};

const createListViews = (deps: ViewsDeps) => ({
  experiments: (query: Page): { experiments: ExperimentRow[]; total: number; next_page_token?: string } => {
    const limit = bounded(query.max_results, PAGE, MAX_PAGE);
    const after = readToken(query.page_token, ["number", "number"] as const);
    const page = deps.experiments.list(
      query.search ?? "",
      limit,
      after && { last_activity: after[0], experiment_id: after[1] },
    );
    const last = page.experiments.at(-1);
    if (!last || page.experiments.length < limit) return page;
    return { ...page, next_page_token: writeToken([last.last_activity, Number(last.experiment_id)]) };
  },

  runs: (query: RunListInput, columns: RunColumns) => {
    const asked = columns.metrics.length + columns.params.length + columns.tags.length;
    if (asked > MAX_COLUMNS)
      throw new DomainError("invalid", `${asked} columns were asked for: at most ${MAX_COLUMNS} fit a page.`);
    const { experimentId, also, ...match } = toRunMatch(query);
    const parent = query.parent_run_id;
    const { ids, nextPageToken } = deps.searchRuns({
      ...match,
      experimentIds: [experimentId],
      also: parent === undefined ? also : childrenOf(parent),
      roots: query.roots,
      orderBy: query.order_by ?? [],
      maxResults: bounded(query.max_results, PAGE, MAX_PAGE),
      pageToken: query.page_token,
    });
    const runs: RunRow[] = deps.runs.rows(ids, columns);
    return nextPageToken === undefined ? { runs } : { runs, next_page_token: nextPageToken };
  },

  recentRuns: (query: Page) => deps.runs.newest(bounded(query.max_results, 10, PAGE)),
});

const createObjectViews = (deps: ViewsDeps) => {
  const idsOf = (runId: string) => found(deps.runs.idsOf(runId), `Run '${runId}'`);
  return {
    status: (): Status => ({ ...deps.self(), rev: deps.changes.rev(), ...deps.changes.counts() }),
    experiment: (id: string): Experiment => found(deps.experiments.get(experimentIdOf(id)), `Experiment ${id}`),
    columns: (id: string): Columns => deps.experiments.keys(experimentIdOf(id)),
    findColumns: (id: string, search: string) => deps.runColumns.find(experimentIdOf(id), search),
    suggestColumns: (id: string) => deps.runColumns.suggest(experimentIdOf(id)),
    run: (runId: string): Run => found(deps.runs.get(runId), `Run '${runId}'`),
    runMetrics: (runId: string): { metrics: LatestMetric[] } => ({
      metrics: deps.runs.latestMetrics(idsOf(runId).run),
    }),
    neighbours: (runId: string) => deps.runPage.neighbours(idsOf(runId).run),
    metricRanges: (runId: string): { metrics: MetricRange[] } => ({
      metrics: deps.runPage.metricRanges(idsOf(runId).run),
    }),

    ...createSeriesView(deps),

    runArtifacts: (runId: string, path: string | undefined): ArtifactListing => {
      const root = `${idsOf(runId).home}/${runId}/artifacts`;
      return { root, entries: deps.artifacts.list(root, listPath(path)) };
    },
    loggedModelArtifacts: (modelId: string, path: string | undefined): ArtifactListing => {
      const root = found(deps.artifacts.rootOfLoggedModel(modelId), `Logged model '${modelId}'`);
      return { root, entries: deps.artifacts.list(root, listPath(path)) };
    },
    /** By an artifact root, parsed by the caller. */
    artifactsAt: (root: string, path: string | undefined): ArtifactListing => ({
      root,
      entries: deps.artifacts.list(root, listPath(path)),
    }),
    changesAfter: deps.changes.after,
    rev: deps.changes.rev,
  };
};

export const createViews = (deps: ViewsDeps) => ({ ...createListViews(deps), ...createObjectViews(deps) });
