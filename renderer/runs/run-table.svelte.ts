import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { Call } from "../../shared/api/client.ts";
import { countRuns } from "../../shared/api/outpost/run-groups.ts";
import { GroupPager, type GroupQuery } from "./group-pager.svelte.ts";
import { buildItems, childrenPart, groupPart, type Item } from "./items.ts";
import { RunPager, type RunQuery } from "./run-pager.svelte.ts";

/** All that the table shows. */
export interface TableQuery extends GroupQuery {
  readonly tree: boolean;
  /** Runs on top, whatever the filter and the order. */
  readonly top: readonly string[];
}

const FIRST_PAGE = 200;
const PART_PAGE = 50;
/** Up to this many rows follow changes by themselves; with more, the page says that there is something new. */
const MAX_FOLLOWED = 500;
/** Parts that are open at once: more are closed from the oldest on. */
const MAX_PARTS = 200;

/** The run table: its runs or groups, the parts that were opened below them, and the runs on top. */
export class RunTable {
  outdated = $state(false);
  /** Counts queries: with a new one the reader is at the top again. */
  query = $state(0);
  /** How many runs match a filter, once that is known; undefined without one. */
  total = $state<number>();
  readonly runs: RunPager;
  readonly groups: GroupPager;
  readonly top: RunPager;
  readonly parts = new SvelteMap<string, RunPager>();
  readonly expanded = new SvelteSet<string>();
  #query = $state.raw<TableQuery>();
  #wanted = "";
  #counting: AbortController | undefined;
  readonly #call: Call;

  readonly items: readonly Item[] = $derived.by(() =>
    buildItems({
      pinned: this.top.rows,
      rows: this.runs.rows,
      groups: this.isGrouped ? this.groups.groups : undefined,
      parts: this.parts,
      expanded: this.expanded,
      tree: this.#query?.tree ?? false,
    }),
  );

  constructor(call: Call) {
    this.#call = call;
    this.runs = new RunPager(call, FIRST_PAGE);
    this.groups = new GroupPager(call);
    this.top = new RunPager(call, FIRST_PAGE);
  }

  get isGrouped(): boolean {
    return (this.#query?.by.length ?? 0) > 0;
  }
  get #main(): RunPager | GroupPager {
    return this.isGrouped ? this.groups : this.runs;
  }
  get loading(): boolean {
    return this.#main.loading || this.#query === undefined;
  }
  get error(): Error | undefined {
    return this.#main.error;
  }
  get complete(): boolean {
    return this.#main.complete;
  }
  /** Rows of the first level. */
  get length(): number {
    return this.isGrouped ? this.groups.groups.length : this.runs.rows.length;
  }

  /** Loads the first page of `query`; what is there stays until it has come. */
  load = async (query: TableQuery): Promise<void> => {
    const before = this.#query;
    this.#query = query;
    if (before?.by.join() !== query.by.join() || before.tree !== query.tree) this.#closeAll();
    void this.#loadTop(query);
    this.#count(query);
    for (const name of this.expanded) this.#loadPart(name);
    const loaded = query.by.length > 0 ? this.groups.load(query) : this.runs.load({ ...query, roots: query.tree });
    if (query.by.length > 0) this.runs.clear();
    else this.groups.clear();
    if (await loaded) this.#arrived(query);
  };

  more = (): Promise<void> => this.#main.more();

  /** Opens or closes a part. */
  toggle = (part: string, open = !this.expanded.has(part)): void => {
    if (!open) return void this.expanded.delete(part);
    this.expanded.add(part);
    const [oldest] = this.expanded;
    if (this.expanded.size > MAX_PARTS && oldest !== undefined) this.expanded.delete(oldest);
    this.#loadPart(part);
  };

  /** The next page of a part, or another try. */
  morePart = (part: string): void => {
    const pager = this.parts.get(part);
    if (pager?.error) this.#loadPart(part);
    else void pager?.more();
  };

  /** Something changed on the server: few rows are read again, many only on request. */
  follow = (): void => {
    if (this.loading) return;
    if (this.length <= MAX_FOLLOWED) void this.refresh();
    else this.outdated = true;
  };

  refresh = async (): Promise<void> => {
    if (!this.#query) return;
    this.#count(this.#query);
    void this.top.refresh();
    for (const name of this.expanded) void this.parts.get(name)?.refresh();
    if (await this.#main.refresh()) this.outdated = false;
  };

  stop = (): void => {
    for (const pager of [this.runs, this.groups, this.top, ...this.parts.values()]) pager.stop();
    this.#counting?.abort();
  };

  #closeAll(): void {
    this.expanded.clear();
    for (const pager of this.parts.values()) pager.stop();
    this.parts.clear();
  }

  /** Another order or filter means that the reader starts at the top; other columns do not. */
  #arrived({ filter, orderBy, viewType, by, tree }: TableQuery): void {
    const wanted = JSON.stringify([filter, orderBy, viewType, by, tree]);
    if (wanted !== this.#wanted) this.query += 1;
    this.#wanted = wanted;
    this.outdated = false;
  }

  async #loadTop(query: TableQuery): Promise<void> {
    if (query.top.length === 0) return this.top.clear();
    const ids = query.top.map((id) => `'${id}'`).join(", ");
    const { experimentId, columns } = query;
    await this.top.load({
      experimentId,
      columns,
      filter: `attributes.run_id IN (${ids})`,
      orderBy: [],
      viewType: query.viewType,
    });
    const place = (id: string): number => query.top.indexOf(id);
    this.top.rows = this.top.rows.toSorted((a, b) => place(a.run.run_id) - place(b.run.run_id));
  }

  #loadPart(name: string): void {
    const query = this.#query;
    const of = query && this.#partQuery(name, query);
    if (!of) return;
    const pager = this.parts.get(name) ?? new RunPager(this.#call, PART_PAGE);
    if (!this.parts.has(name)) this.parts.set(name, pager);
    void pager.load(of);
  }

  #partQuery(name: string, query: TableQuery): RunQuery | undefined {
    if (name.startsWith(childrenPart(""))) return { ...query, parentRunId: name.slice(childrenPart("").length) };
    const group = this.groups.groups.find(({ values }) => groupPart(values) === name);
    return group && { ...query, group: groupOf(query.by, group.values) };
  }

  #count({ experimentId, filter, viewType }: RunQuery): void {
    this.#counting?.abort();
    if (filter === "" && viewType === "ACTIVE_ONLY") return void (this.total = undefined); // the experiment's own count
    const { signal } = (this.#counting = new AbortController());
    this.#call(countRuns, { experiment_id: experimentId, filter, view_type: viewType }, signal).then(
      ({ count }) => {
        if (!signal.aborted) this.total = count;
      },
      () => {
        if (!signal.aborted) this.total = undefined; // the rows themselves say what is wrong
      },
    );
  }
}

/** A group as requests name it. */
const groupOf = (by: readonly string[], values: readonly (string | null)[]): string =>
  JSON.stringify(by.map((one, i) => [one, values[i] ?? null]));
