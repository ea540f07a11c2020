/** What the palette lists, by group: what was visited, pages and actions that fit the text, and the things found. */
import type { FindKind, FindRow } from "../../shared/api/outpost/find.ts";
import { quoteKey, quoteText } from "../../shared/search/quote.ts";
import { m } from "../i18n/messages.ts";
import { links } from "../lib/links.ts";
import type { Shortcut } from "../lib/shortcuts.svelte.ts";
import type { Visit } from "./recent.ts";

export type EntryKind = FindKind | "page" | "action" | "search";

export interface Entry {
  readonly id: string;
  readonly kind: EntryKind;
  readonly title: string;
  readonly detail?: string;
  readonly keys?: string;
  readonly status?: FindRow["status"];
  /** Where it leads; an action has `run` instead. */
  readonly href?: string;
  readonly run?: () => void;
}

export interface Group {
  readonly title: string;
  readonly entries: readonly Entry[];
}

const MAX_ACTIONS = 6;
const MAX_RECENT = 6;

const fold = (text: string): string => text.normalize("NFKC").toLowerCase();

/** Whether every word of the text stands in the title. */
export const fits = (title: string, text: string): boolean => {
  const folded = fold(title);
  return fold(text)
    .split(/\s+/)
    .every((word) => folded.includes(word));
};

/** Address of the search over all experiments. */
const searchHref = (fields: Readonly<Record<string, string>>): string => {
  const query = new URLSearchParams(fields).toString();
  return query === "" ? "#/search" : `#/search?${query}`;
};

const datasetHref = ({ title, digest, experiment_id }: FindRow): string => {
  const [name, hash] = [quoteText(title), quoteText(digest ?? "")];
  const filter = name && hash ? `datasets.name = ${name} AND datasets.digest = ${hash}` : "";
  return `${links.experiment(experiment_id ?? "0")}?${new URLSearchParams({ filter }).toString()}`;
};

/** The page of what was found. A key leads to the runs that have it, of all experiments. */
export const hrefOf = (row: FindRow): string => {
  switch (row.kind) {
    case "experiment":
      return links.experiment(row.id);
    case "run":
      return links.run(row.experiment_id ?? "0", row.id);
    case "registered_model":
      return links.model(row.id);
    case "model_version":
      return links.version(row.title, row.version ?? "");
    case "logged_model":
      return `${links.experiment(row.experiment_id ?? "0")}/models/${encodeURIComponent(row.id)}`;
    case "dataset":
      return datasetHref(row);
    case "metric":
      return searchHref({ cols: `metric/${row.id}`, sort: `metrics.${quoteKey(row.id)} DESC` });
    case "param":
      return searchHref({ cols: `param/${row.id}`, filter: `params.${quoteKey(row.id)} IS NOT NULL` });
    case "tag":
      return searchHref({ cols: `tag/${row.id}`, filter: `tags.${quoteKey(row.id)} IS NOT NULL` });
  }
};

const titleOf = (row: FindRow): string =>
  row.kind === "model_version" ? `${row.title} v${row.version} (${row.semver})` : row.title;

const detailOf = (row: FindRow): string => {
  const context = row.kind === "dataset" ? [row.digest, row.context] : [row.context];
  return [...context, row.excerpt].filter((part) => part !== null && part !== "").join(" · ");
};

const toEntry = (row: FindRow): Entry => ({
  id: `${row.kind}/${row.experiment_id ?? ""}/${row.id}`,
  kind: row.kind,
  title: titleOf(row),
  detail: detailOf(row),
  status: row.status,
  href: hrefOf(row),
});

const KIND_TITLES: Readonly<Record<FindKind, () => string>> = {
  experiment: m.palette_experiments,
  run: m.palette_runs,
  registered_model: m.palette_models,
  model_version: m.palette_versions,
  logged_model: m.palette_logged_models,
  dataset: m.palette_datasets,
  metric: m.palette_metrics,
  param: m.palette_params,
  tag: m.palette_tags,
};

/** Things found, by kind. */
export const foundGroups = (rows: readonly FindRow[]): Group[] =>
  [...Map.groupBy(rows, ({ kind }) => kind)].map(([kind, list]) => ({
    title: KIND_TITLES[kind](),
    entries: list.map(toEntry),
  }));

const isPage = ({ keys }: Shortcut): boolean => keys.startsWith("g ");

/** Pages first, then what can be done here; where one thing has two keys, once. */
export const actionGroups = (shortcuts: readonly Shortcut[], text: string): Group[] => {
  const offered = shortcuts.filter(({ hidden, text: title }) => !hidden && (text === "" || fits(title, text)));
  const entry = (shortcut: Shortcut): Entry => ({
    id: `action/${shortcut.text}`,
    kind: isPage(shortcut) ? "page" : "action",
    title: shortcut.text,
    keys: shortcut.keys,
    run: shortcut.run,
  });
  const unique = [...new Map(offered.map((shortcut) => [shortcut.text, shortcut])).values()];
  const limited = text === "" ? unique : unique.slice(0, MAX_ACTIONS);
  return [
    { title: m.palette_pages(), entries: limited.filter(isPage).map(entry) },
    { title: m.palette_actions(), entries: limited.filter((one) => !isPage(one)).map(entry) },
  ];
};

/** What is offered before anything is typed. */
export const recentGroup = (visits: readonly Visit[], here: string): Group => ({
  title: m.palette_recent(),
  entries: visits
    .filter(({ href }) => href !== `#${here}`)
    .slice(0, MAX_RECENT)
    .map(({ href, title, kind }) => ({ id: `recent/${href}`, kind, title, href })),
});

/** The last way out: the runs of all experiments whose names contain the text. */
export const searchGroup = (text: string): Group => ({
  title: m.palette_search(),
  entries: [{ id: "search", kind: "search", title: m.palette_search_runs({ text }), href: searchHref({ q: text }) }],
});

export const filled = (groups: readonly Group[]): Group[] => groups.filter(({ entries }) => entries.length > 0);
