/** CSV (RFC 4180) that a spreadsheet opens without running anything. */

/** A text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises. */
export const csvText = (text: string): string => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);

/** The same for a text that may be a number: a plain one, negative or not, stays a number. */
export const csvValue = (text: string): string =>
  /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? text : csvText(text);

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** Cells of a line, without its end; cells as they shall stand in it. */
export const csvCells = (cells: readonly (string | number)[]): string =>
  cells.map((cell) => quoted(`${cell}`)).join(",");

/** One line with its end. */
export const csvLine = (cells: readonly (string | number)[]): string => `${csvCells(cells)}\r\n`;
