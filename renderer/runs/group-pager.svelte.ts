import type { Call } from "../../shared/api/client.ts";
import { type Aggregate, listRunGroups, type RunGroup } from "../../shared/api/outpost/run-groups.ts";
import type { ColumnRef } from "./columns.ts";
import type { RunQuery } from "./run-pager.svelte.ts";

export interface GroupQuery extends RunQuery {
  readonly by: readonly string[];
  readonly aggregate: Aggregate;
}

const PAGE = 100;

/** Groups page by page, with figures for the metric columns that were asked for. */
export class GroupPager {
  groups = $state.raw<readonly RunGroup[]>([]);
  /** The columns whose figures the groups hold. */
  columns = $state.raw<readonly ColumnRef[]>([]);
  totalGroups = $state(0);
  totalRuns = $state(0);
  error = $state.raw<Error>();
  loading = $state(false);
  complete = $state(false);
  #token: string | undefined;
  #controller: AbortController | undefined;
  #query: GroupQuery | undefined;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  load = (query: GroupQuery): Promise<boolean> => {
    this.#query = query;
    return this.#fetch(undefined);
  };
  more = async (): Promise<void> => {
    if (!this.loading && !this.complete && !this.error) await this.#fetch(this.#token);
  };
  refresh = (): Promise<boolean> => this.#fetch(undefined);
  stop = (): void => this.#controller?.abort();

  clear(): void {
    this.stop();
    this.#query = undefined;
    this.groups = [];
    this.error = undefined;
    this.loading = false;
  }

  async #fetch(token: string | undefined): Promise<boolean> {
    const query = this.#query;
    if (!query) return false;
    this.#controller?.abort();
    const { signal } = (this.#controller = new AbortController());
    this.loading = true;
    const columns = query.columns.filter(({ kind }) => kind === "metric");
    try {
      const page = await this.#call(
        listRunGroups,
        {
          experiment_id: query.experimentId,
          by: [...query.by],
          filter: query.filter,
          view_type: query.viewType,
          metrics: columns.map(({ key }) => key),
          aggregate: query.aggregate,
          max_results: PAGE,
          ...(query.orderBy[0] !== undefined && { order_by: query.orderBy[0] }),
          ...(token !== undefined && { page_token: token }),
        },
        signal,
      );
      if (signal.aborted) return false;
      this.groups = token === undefined ? page.groups : [...this.groups, ...page.groups];
      this.columns = columns;
      this.totalGroups = page.total_groups;
      this.totalRuns = page.total_runs;
      this.#token = page.next_page_token;
      this.complete = page.next_page_token === undefined;
      this.error = undefined;
    } catch (error) {
      if (signal.aborted) return false;
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    this.loading = false;
    return this.error === undefined;
  }
}
