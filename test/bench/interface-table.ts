/** The table that the bench of the interface prints. */

export interface Budget {
  readonly line: string;
  readonly most?: number;
  readonly note?: string;
}

/** Numbers by line and by who was measured. */
export const createNumbers = () => {
  const all = new Map<string, Map<string, number[]>>();
  return {
    add: (line: string, kind: string, value: number): void => {
      const byKind = all.get(line) ?? new Map<string, number[]>();
      all.set(line, byKind);
      byKind.set(kind, [...(byKind.get(kind) ?? []), value]);
    },
    /** Undefined where nothing was measured; NaN where it never came to be. */
    median: (line: string, kind: string): number | undefined => {
      const values = all
        .get(line)
        ?.get(kind)
        ?.toSorted((a, b) => a - b);
      return values?.[Math.floor(values.length / 2)];
    },
  };
};
export type Numbers = ReturnType<typeof createNumbers>;

/** By how much the second half of the readings lies above the first, each by its median; the first reading is warm-up. */
export const flatness = (readings: readonly number[]): number => {
  const rest = readings.slice(1);
  const middle = (part: readonly number[]): number =>
    part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? NaN;
  const half = Math.ceil(rest.length / 2);
  return middle(rest.slice(-half)) - middle(rest.slice(0, rest.length - half));
};

const written = (value: number | undefined): string => {
  if (value === undefined) return "–";
  if (Number.isNaN(value)) return "never";
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1);
};

const HEAD = ["what", "MLflow", "Outpost", "MLflow ÷ Outpost", "budget", "met"];

const cellsOf = ({ line, most, note }: Budget, numbers: Numbers): string[] => {
  const [mlflow, outpost] = [numbers.median(line, "mlflow"), numbers.median(line, "outpost")];
  const ratio = mlflow === undefined || outpost === undefined || line.includes("growth") ? NaN : mlflow / outpost;
  return [
    note === undefined ? line : `${line} (${note})`,
    written(mlflow),
    written(outpost),
    Number.isFinite(ratio) ? `${ratio.toFixed(1)}×` : "–",
    most === undefined ? "–" : `≤ ${most.toLocaleString("en-US")}`,
    most === undefined || outpost === undefined ? "–" : outpost <= most ? "yes" : "NO",
  ];
};

/** In Markdown, columns aligned; and how many of the budgets are met. */
export const interfaceTable = (budgets: readonly Budget[], numbers: Numbers) => {
  const lines = budgets.map((budget) => cellsOf(budget, numbers));
  const rows = [HEAD, ...lines];
  const widths = HEAD.map((_title, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)));
  const draw = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const verdicts = lines.map((cells) => cells.at(-1)).filter((verdict) => verdict !== "–");
  return {
    text: [draw(HEAD), rule, ...lines.map(draw)].join("\n"),
    met: verdicts.filter((verdict) => verdict === "yes").length,
    of: verdicts.length,
  };
};
