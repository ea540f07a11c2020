/** Writes keys and texts so that the parser reads back the same. */
import { KEYWORDS_BEHIND_DOT } from "./identifiers.ts";

/** A key behind its prefix: bare where it can be, else in backticks or, where it holds one, in double quotes. */
export const quoteKey = (key: string): string => {
  if (/^[A-Za-z_]\w*$/.test(key) && !KEYWORDS_BEHIND_DOT.has(key.toUpperCase())) return key;
  return key.includes("`") ? `"${key}"` : `\`${key}\``;
};

/** A text in quotes; undefined for the few that MLflow's grammar cannot say: with both quotes, or a backslash at its end. */
export const quoteText = (text: string): string | undefined => {
  if (!text.includes("'") && !text.endsWith("\\")) return `'${text}'`;
  return text.includes('"') || text.endsWith("\\") ? undefined : `"${text}"`;
};

/** The pattern of a LIKE that finds a text anywhere. `%` and `_` stand for themselves only as any character. */
export const likeAnywhere = (text: string): string => `%${text.replaceAll("'", "_")}%`;
