import type { Call } from "../../shared/api/client.ts";
import { type FoundRun, searchRuns } from "../../shared/api/outpost/find.ts";
import type { SearchColumn } from "./columns.ts";

export interface FoundQuery {
  readonly filter: string;
  readonly orderBy: string;
  readonly columns: readonly SearchColumn[];
}

const PAGE = 100;
const MAX_PAGE = 1000;

const keysOf = (columns: readonly SearchColumn[], kind: SearchColumn["kind"]): string[] =>
  columns.filter((column) => column.kind === kind).map(({ key }) => key);

/** Runs of all experiments, page by page. A new query starts over and cancels the old. */
export class FoundRuns {
  rows = $state.raw<readonly FoundRun[]>([]);
  columns = $state.raw<readonly SearchColumn[]>([]);
  error = $state.raw<Error>();
  loading = $state(true);
  complete = $state(false);
  outdated = $state(false);
  #token: string | undefined;
  #query: FoundQuery | undefined;
  #controller: AbortController | undefined;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  load = (query: FoundQuery): Promise<void> => {
    this.#query = query;
    return this.#fetch(PAGE, undefined);
  };
  more = (): Promise<void> => this.#fetch(PAGE, this.#token);
  /** As many rows as there are, anew. */
  refresh = (): Promise<void> => this.#fetch(Math.min(MAX_PAGE, Math.max(PAGE, this.rows.length)), undefined);
  /** Something changed: one page follows by itself, more say so. */
  follow = (): void => {
    if (this.rows.length <= PAGE) void this.refresh();
    else this.outdated = true;
  };
  stop = (): void => this.#controller?.abort();

  async #fetch(size: number, token: string | undefined): Promise<void> {
    const query = this.#query;
    if (!query) return;
    this.#controller?.abort();
    const controller = (this.#controller = new AbortController());
    this.loading = true;
    try {
      const page = await this.#call(
        searchRuns,
        {
          filter: query.filter,
          max_results: size,
          ...(query.orderBy !== "" && { order_by: [query.orderBy] }),
          ...(token !== undefined && { page_token: token }),
          metrics: keysOf(query.columns, "metric"),
          params: keysOf(query.columns, "param"),
          tags: keysOf(query.columns, "tag"),
        },
        controller.signal,
      );
      this.rows = token === undefined ? page.runs : [...this.rows, ...page.runs];
      this.columns = query.columns;
      this.#token = page.next_page_token;
      this.complete = page.next_page_token === undefined;
      this.error = undefined;
      this.outdated = false;
    } catch (error) {
      if (controller.signal.aborted) return;
      this.error = error instanceof Error ? error : new Error(String(error));
    }
    if (!controller.signal.aborted) this.loading = false;
  }
}
