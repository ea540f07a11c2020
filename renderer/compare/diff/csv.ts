import { csvLine, csvText } from "../../../shared/csv.ts";
import { numberIn } from "../dimensions.ts";

/** Lines of values, of which numbers stay numbers, with the mark that makes spreadsheets read UTF-8. */
export const toCsv = (lines: readonly (readonly string[])[]): string =>
  `\uFEFF${lines.map((line) => csvLine(line.map((cell) => (numberIn(cell) === undefined ? csvText(cell) : cell)))).join("")}`;
