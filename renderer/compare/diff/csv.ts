import { numberIn } from "../dimensions.ts";

/** Text that spreadsheets take as text: what would start a formula is told to be none. */
const field = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) && numberIn(text) === undefined ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Lines as RFC 4180 has them, with the mark that makes spreadsheets read UTF-8. */
export const toCsv = (lines: readonly (readonly string[])[]): string =>
  `\uFEFF${lines.map((line) => line.map(field).join(",")).join("\r\n")}\r\n`;
