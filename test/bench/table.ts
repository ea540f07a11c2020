/** Medians of what was measured, against the goals, as a table. */
import type { Line, Measurement, Row } from "./row.ts";
import type { Kind } from "./targets.ts";

/** Measurements of a row by server, one for each round. */
export type Results = ReadonlyMap<Kind, readonly Measurement[]>;

const DEFAULT_FACTOR = 5;

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
};

/** The number that a line shows for a server; undefined where it was not measured. */
export const valueOf = (line: Line, results: Results, kind: Kind): number | undefined => {
  const numbers = (results.get(kind) ?? [])
    .map(({ values }) => values[line.key])
    .filter((value): value is number => value !== undefined && !Number.isNaN(value));
  if (numbers.length === 0) return undefined;
  return line.over === "max" ? Math.max(...numbers) : median(numbers);
};

/** How many times faster `a` is than `b`. */
const speedup = (line: Line, a: number, b: number): number => (line.better === "higher" ? a / b : b / a);

const written = (value: number | undefined): string => {
  if (value === undefined) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
};

export interface Verdict {
  readonly cells: readonly string[];
  readonly met: boolean;
}

/** One line of the table: numbers, ratios, and whether Outpost is as fast as it has to be. */
export const verdictOf = (line: Line, results: Results): Verdict | undefined => {
  const [mlflow, limit, outpost] = (["mlflow", "limit", "outpost"] as const).map((kind) =>
    valueOf(line, results, kind),
  );
  if (outpost === undefined) return undefined;
  const factor = line.factor ?? DEFAULT_FACTOR;
  const toMlflow = mlflow === undefined ? undefined : speedup(line, outpost, mlflow);
  const toLimit = limit === undefined ? undefined : speedup(line, outpost, limit);
  const goalMet = line.goal?.met(outpost, limit) ?? true;
  const fastEnough = factor === 0 || toMlflow === undefined || toMlflow >= factor;
  const wanted = [...(line.goal ? [line.goal.text] : []), ...(factor === 0 ? [] : [`≥ ${String(factor)}× mlflow`])];
  const times = (ratio: number | undefined): string => (ratio === undefined ? "–" : `${written(ratio)}×`);
  return {
    cells: [
      line.label,
      written(mlflow),
      written(limit),
      written(outpost),
      times(toMlflow),
      times(toLimit),
      wanted.join(", ") || "–",
      goalMet && fastEnough ? "yes" : "NO",
    ],
    met: goalMet && fastEnough,
  };
};

const HEAD = ["workload", "mlflow server", "limit", "outpost", "outpost/mlflow", "outpost/limit", "goal", "met"];

/** The whole table in Markdown, columns aligned, and how many of its lines are met. */
export const tableOf = (measured: readonly { readonly row: Row; readonly results: Results }[]) => {
  const verdicts = measured
    .flatMap(({ row, results }) => row.lines.map((line) => verdictOf(line, results)))
    .filter((verdict) => verdict !== undefined);
  const rows = [HEAD, ...verdicts.map(({ cells }) => cells)];
  const widths = HEAD.map((_title, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)));
  const draw = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return {
    text: [draw(HEAD), rule, ...rows.slice(1).map(draw)].join("\n"),
    met: verdicts.filter(({ met }) => met).length,
    of: verdicts.length,
  };
};
