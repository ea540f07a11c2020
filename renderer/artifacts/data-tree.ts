/** JSON and YAML as a tree of rows: what is open is followed by what is in it, in portions. */

export interface DataRow {
  readonly path: string; // JSON pointer; unique
  readonly label: string; // key or index
  readonly level: number;
  readonly value: unknown;
  readonly count: number | undefined; // children of an object or a list
  readonly isOpen: boolean;
  /** A row that stands for children not shown yet: how many. */
  readonly more?: number;
}

/** A number that a double cannot hold, as it was written. */
class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Parses JSON and keeps the digits of integers beyond 2^53. */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? new ExactNumber(context?.source ?? "")
      : value,
  );

export const PORTION = 200;

type Entries = readonly (readonly [string, unknown])[];

/** Children of a value with their labels; undefined for what has none. */
export const childrenOf = (value: unknown): Entries | undefined => {
  if (Array.isArray(value)) return value.map((item: unknown, i) => [String(i), item] as const);
  if (value instanceof ExactNumber || value instanceof Date || typeof value !== "object" || value === null)
    return undefined;
  if (value instanceof Map) return [...value].map(([key, item]: [unknown, unknown]) => [String(key), item] as const);
  return Object.entries(value);
};

const pointer = (path: string, label: string): string => `${path}/${label.replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The rows to show. `shown` says how many children of a node are, where it is more than the first portion. */
export const dataRows = (root: unknown, open: ReadonlySet<string>, shown: ReadonlyMap<string, number>): DataRow[] => {
  const rows: DataRow[] = [];
  const add = (value: unknown, path: string, level: number): void => {
    const children = childrenOf(value) ?? [];
    const most = shown.get(path) ?? PORTION;
    for (const [label, child] of children.slice(0, most)) {
      const at = pointer(path, label);
      const count = childrenOf(child)?.length;
      const isOpen = count !== undefined && count > 0 && open.has(at);
      rows.push({ path: at, label, level, value: child, count, isOpen });
      if (isOpen) add(child, at, level + 1);
    }
    if (children.length > most)
      rows.push({
        path: `${path}/…`,
        label: path,
        level,
        value: undefined,
        count: undefined,
        isOpen: false,
        more: children.length - most,
      });
  };
  add(root, "", 1);
  return rows;
};

/** A value as it is written in JSON. */
export const valueText = (value: unknown): string => {
  if (value instanceof ExactNumber) return value.text;
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" || value === null
    ? String(value)
    : "";
};

export interface Found {
  readonly path: string;
  readonly value: unknown;
  readonly count: number | undefined;
}

/** Where a word stands in keys or values: at most `limit` places, and whether there are more. */
export const findInData = (root: unknown, word: string, limit = 500): { found: Found[]; more: boolean } => {
  const wanted = word.toLowerCase();
  const found: Found[] = [];
  const walk = (value: unknown, path: string): boolean => {
    for (const [label, child] of childrenOf(value) ?? []) {
      const at = path === "" ? label : Array.isArray(value) ? `${path}[${label}]` : `${path}.${label}`;
      const count = childrenOf(child)?.length;
      const hit =
        label.toLowerCase().includes(wanted) ||
        (count === undefined && valueText(child).toLowerCase().includes(wanted));
      if (hit) {
        if (found.length >= limit) return false;
        found.push({ path: at, value: child, count });
      }
      if (count !== undefined && !walk(child, at)) return false;
    }
    return true;
  };
  return { more: !walk(root, ""), found };
};

/** What is open at first: the top level, as far as it is short. */
export const openAtFirst = (root: unknown): string[] =>
  (childrenOf(root) ?? []).length > 20
    ? []
    : (childrenOf(root) ?? [])
        .filter(([, child]) => (childrenOf(child)?.length ?? 99) <= 12)
        .map(([label]) => pointer("", label));
