import type { Comparison } from "../../../shared/search/ast.ts";
import { DomainError } from "../../../shared/errors.ts";
import { type Sql, sql } from "./sql.ts";

/** SQLite's SQLITE_LIMIT_LIKE_PATTERN_LENGTH. */
const MAX_PATTERN_BYTES = 50_000;

const checked = (pattern: string): string => {
  if (Buffer.byteLength(pattern) > MAX_PATTERN_BYTES)
    throw new DomainError("invalid", "The pattern of a LIKE is too long; shorten it");
  return pattern;
};

/** MLflow's LIKE tells cases apart, SQLite's does not, but its GLOB does: the same pattern in GLOB's words. */
const toGlob = (pattern: string): string =>
  checked(pattern.replace(/[*?[%_]/g, (char) => (char === "%" ? "*" : char === "_" ? "?" : `[${char}]`)));

const COMPARISONS: Readonly<Record<Comparison, Sql>> = {
  "=": sql`=`,
  "!=": sql`<>`,
  "<": sql`<`,
  "<=": sql`<=`,
  ">": sql`>`,
  ">=": sql`>=`,
};
export const comparison = (operator: Comparison): Sql => COMPARISONS[operator];

/** `column` compared with a text. ILIKE folds ASCII letters only, as `lower()` does for MLflow on SQLite. */
export const compareText = (column: Sql, operator: Comparison | "LIKE" | "ILIKE", value: string): Sql => {
  if (operator === "LIKE") return sql`${column} GLOB ${toGlob(value)}`;
  if (operator === "ILIKE") return sql`${column} LIKE ${checked(value)}`;
  return sql`${column} ${comparison(operator)} ${value}`;
};

/** Characters of a value that its index entry holds: `substr(value, 1, 64)`. */
export const HEAD_LENGTH = 64;
export const headOf = (value: string): string => [...value.slice(0, 2 * HEAD_LENGTH)].slice(0, HEAD_LENGTH).join("");

/** What every match of a LIKE begins with; "" where that says nothing. */
export const prefixOf = (pattern: string): string => headOf(/^[^%_]*/.exec(pattern)?.[0] ?? "");

/** The first text after all that begin with `prefix`, in SQLite's byte order; undefined where there is none. */
export const afterPrefix = (prefix: string): string | undefined => {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point >= 0x10ffff) continue;
    const next = point === 0xd7ff ? 0xe000 : point + 1; // surrogates are no characters
    return points.join("") + String.fromCodePoint(next);
  }
  return undefined;
};
