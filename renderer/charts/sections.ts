/** Which charts stand where: searched, grouped by the prefix of their keys, in the chosen order. */
import { byName } from "../lib/format.ts";

interface Keyed {
  readonly key: string;
}
export interface Section<T extends Keyed> {
  readonly name: string; // "" for keys without a prefix
  readonly charts: readonly T[];
}

/** What a search box means: words that all must occur, or `/…/`, a regular expression. Case does not count. */
export type KeySearch = { readonly matches: (key: string) => boolean } | { readonly problem: string };

export const parseSearch = (text: string): KeySearch => {
  const pattern = /^\/(.+?)\/?$/.exec(text.trim())?.[1];
  if (pattern === undefined) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    return {
      matches: (key) => {
        const lower = key.toLowerCase();
        return words.every((word) => lower.includes(word));
      },
    };
  }
  try {
    const expression = new RegExp(pattern, "iu");
    return { matches: (key) => expression.test(key) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};

/** What stands before a key's last slash. */
export const prefixOf = (key: string): string => (key.includes("/") ? key.slice(0, key.lastIndexOf("/")) : "");

/** Keys in the order that somebody gave them; the others follow by name. */
export const ordered = <T extends Keyed>(charts: readonly T[], order: readonly string[]): T[] => {
  const places = new Map(order.map((key, i) => [key, i]));
  return charts.toSorted((a, b) => (places.get(a.key) ?? Infinity) - (places.get(b.key) ?? Infinity) || byName(a, b));
};

/** So few charts need no sections. */
const FEW = 6;

/** Sections by name, the one without a prefix first. */
export const toSections = <T extends Keyed>(
  charts: readonly T[],
  order: Readonly<Record<string, readonly string[]>>,
  nameOf: (key: string) => string = prefixOf,
): Section<T>[] => {
  const flat = charts.length <= FEW && new Set(charts.map(({ key }) => nameOf(key))).size > charts.length / 2;
  const groups = Map.groupBy(charts, ({ key }) => (flat ? "" : nameOf(key)));
  return [...groups]
    .map(([name, group]) => ({ name, key: name, charts: ordered(group, order[name] ?? []) }))
    .toSorted((a, b) => Number(a.name !== "") - Number(b.name !== "") || byName(a, b));
};

/** An order in which `key` has moved one place earlier or later among `keys`. */
export const moved = (keys: readonly string[], key: string, by: 1 | -1): string[] => {
  const at = keys.indexOf(key);
  const to = at + by;
  if (at < 0 || to < 0 || to >= keys.length) return [...keys];
  const next = keys.filter((other) => other !== key);
  next.splice(to, 0, key);
  return next;
};
