import type { Call } from "../../shared/api/client.ts";
import { listRuns } from "../../shared/api/outpost/runs.ts";
import { createCellReader, type ColumnRef } from "./columns.ts";
import type { LoadedRun } from "./items.ts";

/** What decides which rows come, in which order and with which values. */
export interface RunQuery {
  readonly experimentId: string;
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly viewType: "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
  readonly columns: readonly ColumnRef[];
  /** Only the top of the tree, the children of a run, or the runs of a group. */
  readonly roots?: boolean;
  readonly parentRunId?: string;
  readonly group?: string;
}

const MAX_PAGE = 1000;

const keysOf = (columns: readonly ColumnRef[], kind: ColumnRef["kind"]): string[] =>
  columns.filter((column) => column.kind === kind).map((column) => column.key);

/** Runs page by page, by keyset. A new query starts over and cancels the old; its rows stay until the new ones are there. */
export class RunPager {
  rows = $state.raw<readonly LoadedRun[]>([]);
  error = $state.raw<Error>();
  loading = $state(false);
  complete = $state(false);
  #token: string | undefined;
  #controller: AbortController | undefined;
  #query: RunQuery | undefined;
  readonly #call: Call;
  readonly #size: number;

  /** `size`: rows of the first page; the next ones are larger. */
  constructor(call: Call, size: number) {
    this.#call = call;
    this.#size = size;
  }

  load = (query: RunQuery): Promise<boolean> => {
    this.#query = query;
    return this.#fetch(this.#size, undefined, (rows) => rows);
  };

  /** Loads the next page, if there is one and none is on its way. */
  more = async (): Promise<void> => {
    if (this.loading || this.complete || this.error) return;
    const size = Math.min(MAX_PAGE, Math.max(500, this.rows.length));
    await this.#fetch(size, this.#token, (rows) => [...this.rows, ...rows]);
  };

  /** Reads again what is there, as far as one page goes. */
  refresh = (): Promise<boolean> =>
    this.#fetch(Math.min(MAX_PAGE, Math.max(this.#size, this.rows.length)), undefined, (rows) => rows);

  stop = (): void => this.#controller?.abort();

  clear(): void {
    this.stop();
    this.#query = undefined;
    this.rows = [];
    this.error = undefined;
    this.loading = false;
    this.complete = true;
  }

  /** Whether rows came: false when it failed or something newer took its place. */
  async #fetch(
    size: number,
    token: string | undefined,
    merge: (rows: LoadedRun[]) => readonly LoadedRun[],
  ): Promise<boolean> {
    const query = this.#query;
    if (!query) return false;
    this.#controller?.abort();
    const { signal } = (this.#controller = new AbortController());
    this.loading = true;
    try {
      const page = await this.#call(
        listRuns,
        {
          experiment_id: query.experimentId,
          filter: query.filter,
          max_results: size,
          view_type: query.viewType,
          order_by: [...query.orderBy],
          metrics: keysOf(query.columns, "metric"),
          params: keysOf(query.columns, "param"),
          tags: keysOf(query.columns, "tag"),
          ...(query.roots && { roots: true }),
          ...(query.parentRunId !== undefined && { parent_run_id: query.parentRunId }),
          ...(query.group !== undefined && { group: query.group }),
          ...(token !== undefined && { page_token: token }),
        },
        signal,
      );
      if (signal.aborted) return false;
      const read = createCellReader(query.columns);
      this.rows = merge(page.runs.map((run) => ({ run, read })));
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
