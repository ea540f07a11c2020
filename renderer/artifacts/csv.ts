/** Tables of text: what a head of a CSV holds, and what can be said of a column. */
import Papa from "papaparse";

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly whole: boolean; // these are all rows of the file
}

export const MAX_ROWS = 1000;

/** Reads a head of a file. `cut`: there is more, so the last line may be half a line and is left out. */
export const parseTable = (text: string, cut: boolean, delimiter = ""): Table => {
  const { data } = Papa.parse<string[]>(text, { preview: MAX_ROWS + 2, delimiter, skipEmptyLines: "greedy" });
  const [columns = [], ...rest] = data;
  const complete = cut && data.length < MAX_ROWS + 2 ? rest.slice(0, -1) : rest;
  const rows = complete.slice(0, MAX_ROWS);
  return { columns, rows, whole: !cut && rest.length <= MAX_ROWS };
};

export type ColumnStats =
  | {
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly mean: number;
      readonly missing: number;
    }
  | { readonly kind: "text"; readonly distinct: number; readonly missing: number };

const MISSING = new Set(["", "na", "n/a", "nan", "null", "none", "-"]);
export const isMissing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === "string" && MISSING.has(value.trim().toLowerCase())) ||
  Number.isNaN(value);

const toNumber = (value: unknown): number => (typeof value === "string" && value.trim() === "" ? NaN : Number(value));

/** Numbers when all that is there are numbers, else how many different texts. */
export const statsOf = (values: readonly unknown[]): ColumnStats => {
  const present = values.filter((value) => !isMissing(value));
  const missing = values.length - present.length;
  const numbers = present.map(toNumber);
  if (present.length === 0 || numbers.some((n) => Number.isNaN(n)))
    return { kind: "text", distinct: new Set(present.map(String)).size, missing };
  const sum = numbers.reduce((total, n) => total + n, 0);
  const min = numbers.reduce((low, n) => Math.min(low, n));
  const max = numbers.reduce((high, n) => Math.max(high, n));
  return { kind: "number", min, max, mean: sum / numbers.length, missing };
};

/** Indexes of the rows by one column; numbers as numbers, what is missing last either way. */
export const orderBy = (values: readonly unknown[], descending: boolean): number[] => {
  const sign = descending ? -1 : 1;
  const numeric = statsOf(values).kind === "number";
  const collator = new Intl.Collator(undefined, { numeric: true });
  return values
    .map((_value, i) => i)
    .toSorted((a, b) => {
      const [x, y] = [values[a], values[b]];
      const [noX, noY] = [isMissing(x), isMissing(y)];
      if (noX || noY) return Number(noX) - Number(noY);
      return sign * (numeric ? toNumber(x) - toNumber(y) : collator.compare(String(x), String(y)));
    });
};
