/** int64 columns in JavaScript: a number where it is exact, else a bigint, read without slowing every other column. */
import type { Int64 } from "../../shared/api/wire.ts";

/** SQL that yields a number, or the digits as text where a double could not hold them. */
export const exact = (column: string): string =>
  `CASE WHEN ${column} BETWEEN -9007199254740991 AND 9007199254740991 THEN ${column} ELSE CAST(${column} AS TEXT) END`;

/** Reads a column selected with `exact`. */
export const toInt64 = (column: number | string): Int64 => (typeof column === "number" ? column : BigInt(column));
