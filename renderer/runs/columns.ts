import type { RunRow } from "../../shared/api/outpost/runs.ts";
import type { SuggestedColumns } from "../../shared/api/outpost/run-columns.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";
import { quoteKey } from "../../shared/search/quote.ts";
import { m } from "../i18n/messages.ts";

export type ColumnKind = "attribute" | "metric" | "param" | "tag";

/** A column by what it shows; `id` is how the page's address names it: `metric/loss`. */
export interface ColumnRef {
  readonly id: string;
  readonly kind: ColumnKind;
  readonly key: string;
  /** How MLflow's order_by names it; undefined where it cannot sort. */
  readonly orderBy: string | undefined;
}

const ATTRIBUTES: Record<string, { title: () => string; orderBy: string | undefined }> = {
  status: { title: m.common_status, orderBy: "attributes.status" },
  start_time: { title: m.common_started, orderBy: "attributes.start_time" },
  duration: { title: m.common_duration, orderBy: undefined },
  end_time: { title: m.runs_ended, orderBy: "attributes.end_time" },
  user_id: { title: m.common_user, orderBy: "attributes.user_id" },
  run_id: { title: m.runs_run_id, orderBy: "attributes.run_id" },
};
export const ATTRIBUTE_KEYS = Object.keys(ATTRIBUTES);

/** The word for columns of a kind. */
export const kindTitles: Record<ColumnKind, () => string> = {
  attribute: m.runs_attributes,
  metric: m.common_metrics,
  param: m.common_params,
  tag: m.common_tags,
};
/** The word for one column of a kind. */
export const kindNames: Record<ColumnKind, () => string> = {
  attribute: m.runs_attribute,
  metric: m.runs_metric,
  param: m.runs_param,
  tag: m.runs_tag,
};

export const columnOf = (kind: ColumnKind, key: string): ColumnRef => ({
  id: `${kind}/${key}`,
  kind,
  key,
  orderBy: kind === "attribute" ? ATTRIBUTES[key]?.orderBy : `${kind}s.${quoteKey(key)}`,
});

/** What its header says, in the language of the page; keys are data. */
export const titleOf = ({ kind, key }: Pick<ColumnRef, "kind" | "key">): string =>
  kind === "attribute" ? (ATTRIBUTES[key]?.title() ?? key) : key;

/** MLflow's order where none is asked for. */
export const DEFAULT_ORDER = "attributes.start_time DESC";
export const NAME_ORDER = "attributes.run_name";

/** Columns that one page of rows can carry. */
export const MAX_COLUMNS = 200;

const isKind = (text: string | undefined): text is ColumnKind =>
  text === "attribute" || text === "metric" || text === "param" || text === "tag";

export const columnById = (id: string): ColumnRef | undefined => {
  const slash = id.indexOf("/");
  const kind = id.slice(0, slash);
  const key = id.slice(slash + 1);
  if (slash < 1 || key === "" || !isKind(kind)) return undefined;
  return kind === "attribute" && !ATTRIBUTES[key] ? undefined : columnOf(kind, key);
};

/** What is shown before anyone chooses: how a run went, the metrics that vary most, and the params that differ. */
export const defaultColumns = ({ metrics, params }: SuggestedColumns): ColumnRef[] => [
  ...["status", "start_time", "duration"].map((key) => columnOf("attribute", key)),
  ...metrics.map((key) => columnOf("metric", key)),
  ...params.map((key) => columnOf("param", key)),
];

/** A column that is ticked joins the last of its kind; one that is unticked leaves. */
export const toggleColumn = (columns: readonly ColumnRef[], column: ColumnRef): ColumnRef[] => {
  if (columns.some(({ id }) => id === column.id)) return columns.filter(({ id }) => id !== column.id);
  const last = columns.findLastIndex(({ kind }) => kind === column.kind);
  return last < 0 ? [...columns, column] : columns.toSpliced(last + 1, 0, column);
};

/** Moves the column at `from` so that it stands at `to`. */
export const moveColumn = (columns: readonly ColumnRef[], from: number, to: number): ColumnRef[] => {
  const column = columns[from];
  if (!column || to < 0 || to >= columns.length) return [...columns];
  return columns.toSpliced(from, 1).toSpliced(to, 0, column);
};

export type Cell = MetricValue | string | null;

/** Reads a row's cell of a column; the row's values stand in the order of `columns`. Undefined: not asked for. */
export const createCellReader = (columns: readonly ColumnRef[]) => {
  const places = new Map<string, number>();
  for (const kind of ["metric", "param", "tag"] as const)
    columns.filter((c) => c.kind === kind).forEach((column, i) => places.set(column.id, i));
  return (row: Pick<RunRow, "metrics" | "params" | "tags">, column: ColumnRef): Cell | undefined => {
    const at = places.get(column.id);
    if (at === undefined) return undefined;
    if (column.kind === "metric") return row.metrics[at] ?? null;
    return (column.kind === "param" ? row.params[at] : row.tags[at]) ?? null;
  };
};
export type CellReader = ReturnType<typeof createCellReader>;
