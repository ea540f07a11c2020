/** The rows of the comparison's table: for each key what each run has, whether runs differ, which is best. */
import type { Comparison, ComparedRun } from "../../../shared/api/outpost/compare.ts";
import type { MetricValue } from "../../../shared/api/outpost/words.ts";
import { numberIn } from "../dimensions.ts";

export type Kind = "attribute" | "param" | "metric" | "tag";

/** What a run has for a key. `same` is equal for equal values; undefined where the run has nothing. */
export interface Cell {
  readonly same: number | string | undefined;
  readonly text: string;
  readonly number?: number;
}

export interface DiffRow {
  readonly id: string;
  readonly kind: Kind;
  readonly key: string;
  readonly cell: (run: number) => Cell;
}

const NOTHING: Cell = { same: undefined, text: "" };

const metricCell = (value: MetricValue | null): Cell => {
  if (value === null) return NOTHING;
  return typeof value === "number" ? { same: value, text: String(value), number: value } : { same: value, text: value };
};

/** Texts that the reader's language decides on. */
export interface AttributeTexts {
  readonly status: (run: ComparedRun) => string;
  readonly time: (ms: number) => string;
  readonly duration: (ms: number) => string;
}

const durationOf = (run: ComparedRun): number | null =>
  run.start_time === null || run.end_time === null ? null : Math.max(0, run.end_time - run.start_time);

const attributeRows = (runs: readonly ComparedRun[], texts: AttributeTexts): DiffRow[] => {
  const row = (key: string, read: (run: ComparedRun) => Cell): DiffRow => {
    const cells = runs.map(read);
    return { id: `attribute:${key}`, kind: "attribute", key, cell: (run) => cells[run] ?? NOTHING };
  };
  const time = (value: number | null): Cell => (value === null ? NOTHING : { same: value, text: texts.time(value) });
  return [
    row("run_id", ({ run_id }) => ({ same: run_id, text: run_id })),
    row("experiment", (run) => ({ same: run.experiment_id, text: run.experiment_name })),
    row("status", (run) => ({ same: run.status, text: texts.status(run) })),
    row("user", ({ user_id }) => (user_id === "" ? NOTHING : { same: user_id, text: user_id })),
    row("start", ({ start_time }) => time(start_time)),
    row("end", ({ end_time }) => time(end_time)),
    row("duration", (run) => {
      const ms = durationOf(run);
      return ms === null ? NOTHING : { same: ms, text: texts.duration(ms), number: ms };
    }),
  ];
};

/** Every row, attributes first. Cells are made as they are looked at: there may be millions. */
export const rowsOf = (comparison: Comparison, texts: AttributeTexts): DiffRow[] => {
  const textRows = (kind: "param" | "tag", rows: Comparison["params"]): DiffRow[] =>
    rows.map(({ key, texts: values, at }) => ({
      id: `${kind}:${key}`,
      kind,
      key,
      cell: (run) => {
        const place = at[run] ?? -1;
        const text = values[place];
        if (text === undefined) return NOTHING;
        const number = kind === "param" ? numberIn(text) : undefined;
        return number === undefined ? { same: place, text } : { same: place, text, number };
      },
    }));
  return [
    ...attributeRows(comparison.runs, texts),
    ...textRows("param", comparison.params),
    ...comparison.metrics.map(({ key, values }): DiffRow => ({
      id: `metric:${key}`,
      kind: "metric",
      key,
      cell: (run) => metricCell(values[run] ?? null),
    })),
    ...textRows("tag", comparison.tags),
  ];
};

/** Whether the runs do not all have the same value; having none is a value too. */
export const rowDiffers = (row: DiffRow, runs: readonly number[]): boolean => {
  const [first, ...others] = runs;
  if (first === undefined) return false;
  const { same } = row.cell(first);
  return others.some((run) => row.cell(run).same !== same);
};

const LOWER =
  /(?:^|[^a-z])(?:loss|err(?:or)?s?|m[as]e|rmse|mape|perplexity|ppl|nll|wer|cer|fid|latency|time|duration|cost)(?:[^a-z]|$)/i;
/** What names suggest: of a loss the lowest is best, of anything else the highest. */
export const usualGoal = (key: string): "min" | "max" =>
  LOWER.test(key.replace(/([a-z])([A-Z])/g, "$1_$2")) ? "min" : "max";

/** The best value among the runs; undefined where fewer than two differ. */
export const bestOf = (row: DiffRow, runs: readonly number[], goal: "min" | "max"): number | undefined => {
  let low = Infinity;
  let high = -Infinity;
  for (const run of runs) {
    const { number } = row.cell(run);
    if (number === undefined) continue;
    low = Math.min(low, number);
    high = Math.max(high, number);
  }
  return low < high ? (goal === "min" ? low : high) : undefined;
};

export interface Delta {
  readonly by: number;
  /** Relative to the baseline's size; undefined for a baseline of 0. */
  readonly ratio: number | undefined;
}

/** How far a value is from the baseline's. */
export const deltaOf = (cell: Cell, base: Cell): Delta | undefined => {
  if (cell.number === undefined || base.number === undefined || cell.number === base.number) return undefined;
  const by = cell.number - base.number;
  return { by, ratio: base.number === 0 ? undefined : by / Math.abs(base.number) };
};

export interface RowFilter {
  readonly onlyDiffering: boolean;
  readonly search: string;
}

const foundIn = (row: DiffRow, runs: readonly number[], search: string): boolean => {
  if (row.key.toLowerCase().includes(search)) return true;
  return runs.some((run) => row.cell(run).text.toLowerCase().includes(search));
};

/** Rows that say again what stands above each column, or tell any two runs apart. */
const SAID_ALREADY = ["attribute:run_id", "tag:mlflow.runName"];

/** The rows to show of all. */
export const filterRows = (
  rows: readonly DiffRow[],
  runs: readonly number[],
  { onlyDiffering, search }: RowFilter,
): DiffRow[] => {
  const wanted = search.trim().toLowerCase();
  return rows.filter(
    (row) =>
      (!onlyDiffering || (!SAID_ALREADY.includes(row.id) && rowDiffers(row, runs))) &&
      (wanted === "" || foundIn(row, runs, wanted)),
  );
};
