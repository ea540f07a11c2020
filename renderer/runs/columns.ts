import type { Columns } from "../../shared/api/outpost/experiments.ts";
import type { RunRow } from "../../shared/api/outpost/runs.ts";
import { byName } from "../lib/format.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";

export type ColumnKind = "attribute" | "metric" | "param" | "tag";

/** A column by what it shows; `id` is how the page's address names it: `metric/loss`. */
export interface ColumnRef {
  readonly id: string;
  readonly kind: ColumnKind;
  readonly key: string;
  readonly title: string;
  /** How MLflow's order_by names it; undefined where it cannot sort. */
  readonly orderBy: string | undefined;
}

const ATTRIBUTES: Record<string, { title: string; orderBy: string | undefined }> = {
  status: { title: "Status", orderBy: "attributes.status" },
  start_time: { title: "Started", orderBy: "attributes.start_time" },
  duration: { title: "Duration", orderBy: undefined },
  user_id: { title: "User", orderBy: "attributes.user_id" },
  run_id: { title: "Run ID", orderBy: "attributes.run_id" },
};
export const ATTRIBUTE_KEYS = Object.keys(ATTRIBUTES);

const MAX_METRICS = 6;
const MAX_PARAMS = 8;

/** MLflow's grammar: keys that are no plain words stand in backticks or, where they hold one, in double quotes. */
const quoted = (key: string): string =>
  /^[A-Za-z_]\w*$/.test(key) ? key : key.includes("`") ? `"${key}"` : `\`${key}\``;

export const columnOf = (kind: ColumnKind, key: string): ColumnRef => ({
  id: `${kind}/${key}`,
  kind,
  key,
  title: kind === "attribute" ? (ATTRIBUTES[key]?.title ?? key) : key,
  orderBy: kind === "attribute" ? ATTRIBUTES[key]?.orderBy : `${kind}s.${quoted(key)}`,
});

/** MLflow's order where none is asked for. */
export const DEFAULT_ORDER = "attributes.start_time DESC";
export const NAME_ORDER = "attributes.run_name";

const isKind = (text: string | undefined): text is ColumnKind =>
  text === "attribute" || text === "metric" || text === "param" || text === "tag";

export const columnById = (id: string): ColumnRef | undefined => {
  const slash = id.indexOf("/");
  const kind = id.slice(0, slash);
  return slash > 0 && isKind(kind) ? columnOf(kind, id.slice(slash + 1)) : undefined;
};

/** What is shown before anyone chooses: how a run went, its first metrics, and the params that differ. */
export const defaultColumns = (columns: Columns): ColumnRef[] => {
  const own = columns.metrics.filter(({ key }) => !key.startsWith("system/")).toSorted(byName);
  const metrics = [...own.filter(({ differs }) => differs), ...own.filter(({ differs }) => !differs)];
  return [
    ...["status", "start_time", "duration"].map((key) => columnOf("attribute", key)),
    ...metrics.slice(0, MAX_METRICS).map(({ key }) => columnOf("metric", key)),
    ...columns.params
      .filter(({ differs }) => differs)
      .toSorted(byName)
      .slice(0, MAX_PARAMS)
      .map(({ key }) => columnOf("param", key)),
  ];
};

const ORDER: readonly ColumnKind[] = ["attribute", "metric", "param", "tag"];

/** Columns of a kind stand together, under one heading. */
export const arrange = (columns: readonly ColumnRef[]): ColumnRef[] =>
  ORDER.flatMap((kind) => columns.filter((c) => c.kind === kind));

/** Reads a row's cell of a column; the row's values stand in the order of `columns`. */
export const createCellReader = (columns: readonly ColumnRef[]) => {
  const places = new Map<string, number>();
  for (const kind of ["metric", "param", "tag"] as const)
    columns.filter((c) => c.kind === kind).forEach((column, i) => places.set(column.id, i));
  return (row: RunRow, column: ColumnRef): MetricValue | string | null => {
    const at = places.get(column.id) ?? -1;
    if (column.kind === "metric") return row.metrics[at] ?? null;
    return (column.kind === "param" ? row.params[at] : row.tags[at]) ?? null;
  };
};
