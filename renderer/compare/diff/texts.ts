/** How the table writes its rows, cells and deltas in the reader's language. */
import type { ComparedRun } from "../../../shared/api/outpost/compare.ts";
import { m } from "../../i18n/messages.ts";
import { formatDateTime, formatDuration, formatPercent, formatValue } from "../../lib/format.ts";
import type { AttributeTexts, Cell, Delta, DiffRow, Kind } from "./rows.ts";

const STATUS: Record<ComparedRun["status"], () => string> = {
  RUNNING: m.common_status_running,
  SCHEDULED: m.common_status_scheduled,
  FINISHED: m.common_status_finished,
  FAILED: m.common_status_failed,
  KILLED: m.common_status_killed,
};

export const attributeTexts: AttributeTexts = {
  status: ({ status }) => STATUS[status](),
  time: formatDateTime,
  duration: formatDuration,
};

const ATTRIBUTES: Record<string, () => string> = {
  run_id: m.compare_run_id,
  experiment: m.common_experiment,
  status: m.common_status,
  user: m.common_user,
  start: m.common_started,
  end: m.compare_ended,
  duration: m.common_duration,
};

/** A row's name: keys are the user's own, attributes are ours. */
export const keyText = ({ kind, key }: DiffRow): string => (kind === "attribute" ? (ATTRIBUTES[key]?.() ?? key) : key);

const KINDS: Record<Kind, () => string> = {
  attribute: m.compare_attributes,
  param: m.common_params,
  metric: m.common_metrics,
  tag: m.common_tags,
};
export const kindText = (kind: Kind): string => KINDS[kind]();

/** A cell in short; the exact value belongs into its title. */
export const cellText = (row: DiffRow, cell: Cell): string =>
  row.kind === "metric" && cell.number !== undefined ? formatValue(cell.number) : cell.text;

/** "+0.02 (+3%)", "−5 s". */
export const deltaText = (row: DiffRow, { by, ratio }: Delta): string => {
  const sign = by > 0 ? "+" : "−";
  const size =
    row.id === "attribute:duration" ? formatDuration(Math.abs(by)) : formatValue(Number(Math.abs(by).toPrecision(3)));
  return `${sign}${size}${ratio === undefined ? "" : ` (${sign}${formatPercent(Math.abs(ratio))})`}`;
};
