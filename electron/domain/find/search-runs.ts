/** Runs of all experiments, by the same filter and order as one experiment's. Reads only, over any connection. */
import type { FoundRun } from "../../../shared/api/outpost/find.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { ExperimentViews } from "../../store/views/experiments.ts";
import type { RunColumns, RunViews } from "../../store/views/runs.ts";
import { bounded } from "../views/bounds.ts";
import type { RunSearch } from "../views/views.ts";

export interface RunsQuery extends Partial<RunColumns> {
  readonly experiment_ids?: readonly string[] | undefined;
  readonly filter?: string | undefined;
  readonly order_by?: readonly string[] | undefined;
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
  readonly view_type?: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL" | undefined;
}

const PAGE = 100;
const MAX_PAGE = 1000;
const MAX_COLUMNS = 200;
/** SQLite takes some 32,000 values in one statement. */
const MAX_EXPERIMENTS = 30_000;

export interface SearchRunsDeps {
  readonly experiments: Pick<ExperimentViews, "activeNames">;
  readonly runs: Pick<RunViews, "rows">;
  readonly search: RunSearch;
}

const idsIn = (ids: readonly string[]): number[] =>
  ids.map((id) => {
    if (/^\d{1,15}$/.test(id)) return Number(id);
    throw new DomainError("invalid", `Invalid experiment ID '${id}': it is a number.`);
  });

export const createSearchRuns =
  ({ experiments, runs, search }: SearchRunsDeps) =>
  /** @throws DomainError `invalid` for a filter, order, page or token that cannot be, naming its place. */
  (query: RunsQuery): { runs: FoundRun[]; next_page_token?: string } => {
    const columns = { metrics: query.metrics ?? [], params: query.params ?? [], tags: query.tags ?? [] };
    const asked = columns.metrics.length + columns.params.length + columns.tags.length;
    if (asked > MAX_COLUMNS)
      throw new DomainError("invalid", `${asked} columns were asked for: at most ${MAX_COLUMNS} fit a page.`);
    const names = experiments.activeNames();
    const wanted = query.experiment_ids ? idsIn(query.experiment_ids) : [...names.keys()];
    if (wanted.length > MAX_EXPERIMENTS)
      throw new DomainError(
        "invalid",
        `${wanted.length} experiments are too many for one search: name at most ${MAX_EXPERIMENTS} in experiment_ids.`,
      );
    const { ids, nextPageToken } = search({
      experimentIds: wanted,
      filter: query.filter ?? "",
      orderBy: query.order_by ?? [],
      viewType: query.view_type ?? "ACTIVE_ONLY",
      maxResults: bounded(query.max_results, PAGE, MAX_PAGE),
      pageToken: query.page_token,
    });
    const rows = runs
      .rows(ids, columns)
      .map((row) => ({ ...row, experiment_name: names.get(Number(row.experiment_id)) ?? row.experiment_id }));
    return nextPageToken === undefined ? { runs: rows } : { runs: rows, next_page_token: nextPageToken };
  };
