/** Keyset pages of the MLflow API (opaque tokens) and offset pages of REST (headers). */
import { isRecord } from "./body.ts";
import { type Answer, crash, json } from "./http.ts";
import type { Call } from "./routes.ts";

type Key = string | number;
interface Cursor {
  readonly key: Key;
  readonly id: number;
}

const compareKeys = (a: Key, b: Key): number => (a < b ? -1 : a > b ? 1 : 0);

const readCursor = (token: string): Cursor | null => {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (!isRecord(value)) return null;
    const { key, id } = value;
    return (typeof key === "string" || typeof key === "number") && typeof id === "number" ? { key, id } : null;
  } catch {
    return null; // not one of ours: the caller decides what that means
  }
};

export interface Sort<T> {
  readonly key: (item: T) => Key;
  readonly descending: boolean;
}

/** One page after the token's row; rows of equal key go by id in the same direction. @throws Refusal for a bad token */
export const keysetPage = <T extends { readonly id: number }>(
  call: Call,
  items: Iterable<T>,
  sort: Sort<T>,
  page: { readonly max: number | undefined; readonly fallback: number; readonly token: string | undefined },
): { readonly rows: readonly T[]; readonly next: string | null } => {
  const direction = sort.descending ? -1 : 1;
  const order = (a: Cursor, b: Cursor): number => direction * (compareKeys(a.key, b.key) || a.id - b.id);
  const cursorOf = (item: T): Cursor => ({ key: sort.key(item), id: item.id });
  const after = page.token ? readCursor(page.token) : null;
  if (page.token && !after && call.state.options.badPageTokenIs500) throw crash();
  const sorted = [...items]
    .map((item) => ({ item, at: cursorOf(item) }))
    .filter(({ at }) => !after || order(at, after) > 0)
    .sort((a, b) => order(a.at, b.at));
  const size = Math.min(Math.max(page.max ?? page.fallback, 1), 1000);
  const rows = sorted.slice(0, size);
  const last = rows.at(-1);
  const next = last && sorted.length > size ? Buffer.from(JSON.stringify(last.at)).toString("base64url") : null;
  return { rows: rows.map(({ item }) => item), next };
};

const whole = (text: string | null, fallback: number): number => {
  const value = Number(text ?? fallback);
  return Number.isInteger(value) && value > 0 ? value : fallback;
};

/** A REST list: the page asked for, with GitLab's headers; totals are left out above 10,000 rows. */
export const offsetPage = <T>(call: Call, address: string, items: readonly T[], view: (item: T) => unknown): Answer => {
  const perPage = Math.min(whole(call.query.get("per_page"), 20), 100);
  const page = whole(call.query.get("page"), 1);
  const pages = Math.max(Math.ceil(items.length / perPage), 1);
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(call.query);
    for (const secret of ["private_token", "access_token"]) query.delete(secret);
    query.set("page", String(to));
    query.set("per_page", String(perPage));
    return `<${call.base}${address}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link(page - 1, "prev")] : []),
    ...(page < pages ? [link(page + 1, "next")] : []),
    link(1, "first"),
    ...(items.length > 10_000 ? [] : [link(pages, "last")]),
  ];
  const totals = items.length > 10_000 ? {} : { "x-total": String(items.length), "x-total-pages": String(pages) };
  return json(items.slice((page - 1) * perPage, page * perPage).map(view), 200, {
    "x-page": String(page),
    "x-per-page": String(perPage),
    "x-next-page": page < pages ? String(page + 1) : "",
    "x-prev-page": page > 1 ? String(page - 1) : "",
    link: links.join(", "),
    ...totals,
  });
};
