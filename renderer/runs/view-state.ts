/** The run table's state in the page's address: what Back, a shared link and a saved view bring again. */
import { AGGREGATES, type Aggregate } from "../../shared/api/outpost/run-groups.ts";
import { columnById, type ColumnRef } from "./columns.ts";

/** The address's query as far as it is read here. */
export interface Query {
  readonly get: (name: string) => string;
  readonly all: (name: string) => string[];
  readonly has: (name: string) => boolean;
}

export interface RunView {
  readonly filter: string;
  readonly sort: readonly string[];
  readonly deleted: boolean;
  readonly columns: readonly ColumnRef[] | undefined; // undefined: the defaults
  readonly left: ReadonlySet<string>; // ids of columns that stay in view
  readonly group: readonly string[];
  readonly aggregate: Aggregate;
  readonly flat: boolean; // children beside their parents instead of below them
  readonly pins: readonly string[];
  readonly baseline: string;
  readonly differing: boolean; // only columns whose values differ
  readonly charts: boolean;
}

/** The fields that make up a view, as the address names them. */
export const VIEW_FIELDS = [
  "view", // a saved one, which the others may have changed since
  "filter",
  "sort",
  "cols",
  "left",
  "group",
  "agg",
  "flat",
  "pins",
  "baseline",
  "differing",
  "charts",
] as const;

const MAX_PINS = 10;
const MAX_GROUPS = 3;
const isRunId = (text: string): boolean => /^[\w-]{1,64}$/.test(text);
const isAggregate = (text: string): text is Aggregate => Object.hasOwn(AGGREGATES, text);

export const readView = (query: Query): RunView => {
  const aggregate = query.get("agg");
  const baseline = query.get("baseline");
  return {
    filter: query.get("filter"),
    sort: query.all("sort").filter((text) => text !== ""),
    deleted: query.get("stage") === "deleted",
    columns: query.has("cols") ? query.all("cols").flatMap((id) => columnById(id) ?? []) : undefined,
    left: new Set(query.all("left")),
    group: query.all("group").slice(0, MAX_GROUPS),
    aggregate: isAggregate(aggregate) ? aggregate : "mean",
    flat: query.has("flat"),
    pins: [...new Set(query.all("pins").filter(isRunId))].slice(0, MAX_PINS),
    baseline: isRunId(baseline) ? baseline : "",
    differing: query.has("differing"),
    charts: query.has("charts"),
  };
};

/** Runs on top: the baseline first, then what was pinned. */
export const topRuns = ({ pins, baseline }: Pick<RunView, "pins" | "baseline">): string[] =>
  baseline === "" ? [...pins] : [baseline, ...pins.filter((id) => id !== baseline)];

/** The order after a click on a header: first what one usually wants on top, then turned; with `add` behind the others. */
export const nextSort = (sort: readonly string[], order: string, descendsFirst: boolean, add: boolean): string[] => {
  const now = sort.find((text) => text.startsWith(`${order} `));
  const next = `${order} ${(now ? now.endsWith(" ASC") : descendsFirst) ? "DESC" : "ASC"}`;
  if (!add) return [next];
  return now ? sort.map((text) => (text === now ? next : text)) : [...sort, next];
};

/** How a column is sorted, and at which place among several. */
export const sortOf = (
  sort: readonly string[],
  order: string | undefined,
): { direction: "ascending" | "descending"; place: number } | undefined => {
  const place = order === undefined ? -1 : sort.findIndex((text) => text.startsWith(`${order} `));
  if (place < 0) return undefined;
  return { direction: sort[place]?.endsWith(" DESC") ? "descending" : "ascending", place };
};

const KEY = "outpost.run-view.";

/** The last view of an experiment, for when its address says none. */
export const rememberView = (experimentId: string, query: Query): void => {
  const kept = new URLSearchParams();
  for (const field of VIEW_FIELDS) for (const value of query.all(field)) kept.append(field, value);
  try {
    localStorage.setItem(KEY + experimentId, kept.toString());
  } catch {
    // a full or forbidden storage: the view is not remembered, which harms nothing
  }
};

export const lastView = (experimentId: string): Record<string, string[]> => {
  const kept = new URLSearchParams(localStorage.getItem(KEY + experimentId) ?? "");
  return Object.fromEntries(
    VIEW_FIELDS.flatMap((field) => (kept.has(field) ? [[field, kept.getAll(field)] as const] : [])),
  );
};
