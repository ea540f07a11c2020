/** One page of a search: what it is asked for, and what every search does about its size and tokens. */
import { DomainError } from "../../../shared/errors.ts";
import { type Database, withDeadline } from "../database.ts";
import { BEGINNING, decodeToken, encodeToken, placeColumns, type Start, startToken } from "./page-token.ts";
import { behind, orderBy, type SortKey } from "./sort.ts";
import { all, type Runner, type Sql, sql } from "./sql.ts";

export interface PageRequest {
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

export interface SearchRequest extends PageRequest {
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
}

/** One page: row ids in order, and where the next page begins, if there is one. */
export interface Found {
  readonly ids: readonly number[];
  readonly nextPageToken: string | undefined;
}

/** A statement of a search fails after this long; a filter that needs more is too broad to be served. */
export const TIMEOUT_MS = 10_000;

/** Looks at the clock for every 64th row only: a call from SQLite into JavaScript costs more than most conditions. */
export const inTime = (id: Sql): Sql => sql`(${id} % 64 <> 0 OR deadline())`;

/** @throws DomainError `invalid` */
export const assertPageSize = (size: number, least: number, most: number): void => {
  if (!Number.isInteger(size) || size < least || size > most)
    throw new DomainError("invalid", `max_results must be from ${least} to ${most}, not ${size}`);
};

/** The table that ids are of: `FROM` and its id column. */
export interface Source {
  readonly from: Sql;
  readonly id: Sql;
}

/** Where the page begins. @throws DomainError `invalid` for a token of another search or none at all. */
export const startOf = (
  run: Runner,
  { from, id }: Source,
  keys: readonly SortKey[],
  digest: string,
  token: string | undefined,
): Start =>
  token === undefined || token === ""
    ? BEGINNING
    : decodeToken(token, digest, keys, (row, key) => {
        const text = run.row(sql`SELECT ${key.value} FROM ${from} WHERE ${id} = ${row}`)?.[0];
        return typeof text === "string" ? text : undefined;
      });

/** Cuts what was found, one row more than fits, to the page and names the next. */
export const toPage = (
  run: Runner,
  { from, id }: Source,
  keys: readonly SortKey[],
  digest: string,
  size: number,
  ids: readonly number[],
): Found => {
  const last = ids[size - 1];
  if (ids.length <= size || last === undefined) return { ids, nextPageToken: undefined };
  const columns = run.row(sql`SELECT ${placeColumns(keys)} FROM ${from} WHERE ${id} = ${last}`);
  if (!columns) throw new Error(`Row ${last} vanished within a search`);
  return { ids: ids.slice(0, size), nextPageToken: encodeToken(digest, keys, last, columns) };
};

/** A page of rows that are few enough to be sorted: experiments, models, versions. */
export interface Listing {
  readonly source: Source;
  readonly where: readonly Sql[];
  readonly keys: readonly SortKey[];
  readonly digest: string;
  /** Whether MLflow's own tokens of this search say more than a number of rows, so that none can go on here. */
  readonly ownTokensOnly?: boolean;
}

/**
 * Finds a page. A size of 0 or −1 gives none and a token to begin with: the registry's clients get that from MLflow
 * (0 only where there is something to come).
 */
export const findPage = (
  db: Database,
  run: Runner,
  { source, where, keys, digest, ownTokensOnly = false }: Listing,
  { maxResults, pageToken }: PageRequest,
): Found => {
  const { places, skip } = startOf(run, source, keys, digest, pageToken);
  if (skip > 0 && ownTokensOnly) throw new DomainError("invalid", "Invalid page token: it belongs to another search");
  const again = pageToken ?? startToken(digest);
  if (maxResults < 0) return { ids: [], nextPageToken: again };
  const conditions = [...where, ...(places ? [behind(keys, places)] : []), inTime(source.id)];
  const ids = withDeadline(db, TIMEOUT_MS, () =>
    run.ids(
      sql`SELECT ${source.id} FROM ${source.from} WHERE ${all(conditions)} ORDER BY ${orderBy(keys)} LIMIT ${skip + maxResults + 1}`,
    ),
  ).slice(skip);
  if (maxResults === 0) return { ids: [], nextPageToken: ids.length > 0 ? again : undefined };
  return toPage(run, source, keys, digest, maxResults, ids);
};
