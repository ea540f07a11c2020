import type { Call } from "../../shared/api/client.ts";
import { listRuns, type RunRow } from "../../shared/api/outpost/runs.ts";
import type { ColumnRef } from "./columns.ts";

/** What decides which rows come, in which order and with which values. */
export interface RunTableQuery {
  readonly experimentId: string;
  readonly filter: string;
  readonly orderBy: string;
  readonly viewType: "ACTIVE_ONLY" | "DELETED_ONLY";
  readonly columns: readonly ColumnRef[];
}

const FIRST_PAGE = 200;
const NEXT_PAGE = 500;
/** Up to this many rows follow changes by themselves; with more, the page says that there is something new. */
const MAX_FOLLOWED = 500;

const keysOf = (columns: readonly ColumnRef[], kind: ColumnRef["kind"]): string[] =>
  columns.filter((column) => column.kind === kind).map((column) => column.key);

/** The rows of the run table: pages by keyset, loaded as one scrolls. A new query starts over and cancels the old. */
export class RunTable {
  rows = $state.raw<readonly RunRow[]>([]);
  columns = $state.raw<readonly ColumnRef[]>([]);
  error = $state.raw<Error>();
  loading = $state(true);
  complete = $state(false);
  outdated = $state(false);
  /** Counts queries: with a new one the reader is at the top again. */
  query = $state(0);
  #token: string | undefined;
  #controller: AbortController | undefined;
  #query: RunTableQuery | undefined;
  #isNew = true;
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Loads the first page of `query`; the rows before stay until it is there. */
  load = (query: RunTableQuery): Promise<void> => {
    this.#query = query;
    this.#isNew = true;
    return this.#replace(FIRST_PAGE);
  };

  /** Loads the next page, if there is one and none is on its way. */
  more = async (): Promise<void> => {
    if (this.loading || this.complete || this.error) return;
    await this.#fetch(NEXT_PAGE, this.#token, (rows) => [...this.rows, ...rows]);
  };

  /** Something changed on the server: few rows are read again, many only on request. */
  follow = (): void => {
    if (this.loading) return;
    if (this.rows.length <= MAX_FOLLOWED) void this.refresh();
    else this.outdated = true;
  };

  refresh = (): Promise<void> => this.#replace(Math.min(1000, Math.max(FIRST_PAGE, this.rows.length)));

  stop = (): void => this.#controller?.abort();

  #replace(size: number): Promise<void> {
    return this.#fetch(size, undefined, (rows) => rows);
  }

  async #fetch(size: number, token: string | undefined, merge: (rows: RunRow[]) => readonly RunRow[]): Promise<void> {
    const query = this.#query;
    if (!query) return;
    this.#controller?.abort();
    const controller = (this.#controller = new AbortController());
    this.loading = true;
    try {
      const page = await this.#call(
        listRuns,
        {
          experiment_id: query.experimentId,
          filter: query.filter,
          max_results: size,
          view_type: query.viewType,
          ...(query.orderBy !== "" && { order_by: [query.orderBy] }),
          ...(token !== undefined && { page_token: token }),
          metrics: keysOf(query.columns, "metric"),
          params: keysOf(query.columns, "param"),
          tags: keysOf(query.columns, "tag"),
        },
        controller.signal,
      );
      if (this.#isNew) this.query += 1;
      this.#isNew = false;
      this.rows = merge(page.runs);
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
