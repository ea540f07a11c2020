/** CSV (RFC 4180) that a spreadsheet opens without running anything. */

/** A text that a spreadsheet would take for a formula gets an apostrophe; plain numbers stay numbers. */
export const csvText = (text: string): string =>
  /^[=+\-@\t\r]/.test(text) && !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? `'${text}` : text;

const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** One line with its end; cells as they shall stand in it. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join(",")}\r\n`;
