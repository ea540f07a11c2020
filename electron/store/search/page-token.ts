/**
 * Page tokens: where the last row stood in the order, and which search it was. Nothing is kept on the server, rows may
 * come and go in between, and the last page costs what the first does.
 */
import { createHash } from "node:crypto";
import { DomainError } from "../../../shared/errors.ts";
import type { Place, SortKey } from "./sort.ts";
import { join, type Sql, sql, type Value } from "./sql.ts";

/** Texts longer than this stay out of tokens, which travel in URLs: the row is asked for its text again. */
const MAX_TEXT = 200;

type PlaceJson = number | readonly [value: string | number] | readonly [start: string, long: true];

interface TokenJson {
  readonly q: string;
  readonly id: number;
  readonly at: readonly PlaceJson[];
}

/** Names a search; `parts` is everything but the size of the page. */
export const searchDigest = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 12);

const cast = ({ value, type }: SortKey): Sql => {
  if (type === "integer") return sql`CAST(${value} AS TEXT)`; // may lie beyond 2^53
  return type === "real" ? value : sql`substr(${value}, 1, ${MAX_TEXT + 1})`;
};

/** Selects, of one row, what `encodePlaces` reads. */
export const placeColumns = (keys: readonly SortKey[]): Sql =>
  join(
    keys.flatMap((key) => [key.rank ?? sql`0`, cast(key)]),
    ", ",
  );

const toJson = (type: SortKey["type"], rank: number, value: unknown): PlaceJson => {
  if (rank > 0) return rank;
  if (type === "real") return [typeof value === "number" && Number.isFinite(value) ? value : String(value)];
  const text = String(value);
  return type === "text" && text.length > MAX_TEXT ? [text.slice(0, MAX_TEXT), true] : [text];
};

/** A token for the row with `id`, whose `placeColumns` are `columns`. */
export const encodeToken = (
  digest: string,
  keys: readonly SortKey[],
  id: number,
  columns: readonly unknown[],
): string => {
  const at = keys.map(({ type }, i) => toJson(type, Number(columns[2 * i]), columns[2 * i + 1]));
  const token: TokenJson = { q: digest, id, at };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
};

/** A token for the beginning of a search. */
export const startToken = (digest: string): string =>
  Buffer.from(JSON.stringify({ q: digest, id: 0, at: [] } satisfies TokenJson)).toString("base64url");

const refuse = (reason: string): never => {
  throw new DomainError("invalid", `Invalid page token: ${reason}. Begin again without page_token`);
};

const isPlaceJson = (place: unknown): place is PlaceJson =>
  place === 1 ||
  place === 2 ||
  (Array.isArray(place) &&
    (typeof place[0] === "string" || typeof place[0] === "number") &&
    (place.length === 1 || (place.length === 2 && place[1] === true && typeof place[0] === "string")));

const toToken = (json: unknown): TokenJson => {
  if (typeof json !== "object" || json === null || !("q" in json) || !("id" in json) || !("at" in json))
    return refuse("it was not made here");
  const { q, id, at } = json;
  const isToken = typeof q === "string" && typeof id === "number" && Number.isSafeInteger(id) && Array.isArray(at);
  return isToken && at.every(isPlaceJson) ? { q, id, at } : refuse("it was not made here");
};

/** MLflow's own tokens count rows; one of them goes on here when a server was swapped amid a listing. */
const MAX_OFFSET = 50_000;
const offsetOf = (json: unknown): number | undefined => {
  if (typeof json !== "object" || json === null || !("offset" in json)) return undefined;
  const { offset } = json;
  return typeof offset === "number" && Number.isInteger(offset) && offset > 0 && offset <= MAX_OFFSET
    ? offset
    : undefined;
};

const readJson = (token: string): unknown => {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return refuse("it was not made here");
  }
};

/** Reads the whole text of row `id` again; undefined when it is gone. */
export type TextOf = (id: number, key: SortKey) => string | undefined;

const toPlace = (key: SortKey, json: PlaceJson, id: number, textOf: TextOf): Place => {
  if (typeof json === "number") return key.rank ? { rank: json, value: null } : refuse("it does not fit this order");
  const [value, long] = json;
  if (key.type === "integer") {
    const integer = typeof value === "string" && /^-?\d{1,19}$/.test(value) ? BigInt(value) : refuse("not an integer");
    return { rank: 0, value: BigInt.asIntN(64, integer) === integer ? integer : refuse("not an integer") };
  }
  if (key.type === "real") {
    const real: Value = Number(value);
    return Number.isNaN(real) ? refuse("not a number") : { rank: 0, value: real };
  }
  const text = String(value);
  const whole = long ? textOf(id, key) : undefined;
  // A tag that changed meanwhile no longer says where the page ended; its old start still does, nearly.
  return { rank: 0, value: whole?.startsWith(text) ? whole : text };
};

/** Where a page begins: behind the row at `places`, then `skip` rows on. */
export interface Start {
  readonly places: readonly Place[] | undefined;
  readonly skip: number;
}

export const BEGINNING: Start = { places: undefined, skip: 0 };

/**
 * Where a token says that the page begins. @throws DomainError `invalid` for one not made here or made by another
 * search: clients send the same search for every page.
 */
export const decodeToken = (token: string, digest: string, keys: readonly SortKey[], textOf: TextOf): Start => {
  const json = readJson(token);
  const skip = offsetOf(json);
  if (skip !== undefined) return { places: undefined, skip };
  const { q, id, at } = toToken(json);
  if (q !== digest) refuse("it belongs to another search");
  if (at.length === 0) return BEGINNING;
  if (at.length !== keys.length) refuse("it does not fit this order");
  return { places: keys.map((key, i) => toPlace(key, at[i] ?? 2, id, textOf)), skip: 0 };
};
