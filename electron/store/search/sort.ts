/**
 * Total orders as SQL: each key is a rank (value, NaN, missing: the last two come last whatever the direction) and a
 * value. From the same keys come ORDER BY, the columns of a page token, and the condition "behind the token's row".
 */
import { all, any, join, type Sql, sql, type Value } from "./sql.ts";

export interface SortKey {
  /** 0 = has a value, 1 = NaN, 2 = missing; left out where there is always a value. */
  readonly rank?: Sql;
  readonly value: Sql;
  readonly ascending: boolean;
  readonly type: "integer" | "real" | "text";
}

/** Where a row stands in one key. */
export interface Place {
  readonly rank: number;
  readonly value: Value;
}

/** NULLs come last either way; only NaN, which is stored as a number, needs its rank. */
export const orderBy = (keys: readonly SortKey[]): Sql =>
  join(
    keys.flatMap(({ rank, value, ascending, type }) => [
      ...(rank && type === "real" ? [rank] : []),
      ascending ? (rank ? sql`${value} NULLS LAST` : value) : sql`${value} DESC`,
    ]),
    ", ",
  );

const isAt = ({ rank, value }: SortKey, place: Place): Sql => {
  if (!rank) return sql`${value} = ${place.value}`;
  return place.rank === 0 ? sql`(${rank} = 0 AND ${value} = ${place.value})` : sql`${rank} = ${place.rank}`;
};

const isBehind = ({ rank, value, ascending }: SortKey, place: Place): Sql => {
  const beyond = ascending ? sql`${value} > ${place.value}` : sql`${value} < ${place.value}`;
  if (!rank) return beyond;
  return place.rank === 0 ? sql`(${rank} > 0 OR (${rank} = 0 AND ${beyond}))` : sql`${rank} > ${place.rank}`;
};

/** Rows behind the one at `places`. */
export const behind = (keys: readonly SortKey[], places: readonly Place[]): Sql =>
  any(
    keys.map((key, i) => {
      const place = places[i];
      if (!place) throw new Error("A place for every key");
      const same = keys.slice(0, i).map((earlier, j) => isAt(earlier, places[j] ?? place));
      return sql`(${all([...same, isBehind(key, place)])})`;
    }),
  );
