/** What a filter says, free of spelling: prefixes and attribute aliases are resolved, keys and values unquoted. */

export type Kind = "metric" | "param" | "tag" | "attribute" | "dataset";

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type Comparator = Comparison | "LIKE" | "ILIKE" | "IN" | "NOT IN" | "IS NULL" | "IS NOT NULL";

export interface Field {
  readonly kind: Kind;
  readonly key: string;
}

/** A bigint where the number is an integer beyond 2^53. */
export type Numeric = number | bigint;

export type Clause =
  | { readonly type: "number"; readonly field: Field; readonly comparator: Comparison; readonly value: Numeric }
  | {
      readonly type: "text";
      readonly field: Field;
      readonly comparator: Comparison | "LIKE" | "ILIKE";
      readonly value: string;
    }
  | {
      readonly type: "list";
      readonly field: Field;
      readonly comparator: "IN" | "NOT IN";
      readonly values: readonly string[];
    }
  | { readonly type: "presence"; readonly field: Field; readonly comparator: "IS NULL" | "IS NOT NULL" };

export type Filter =
  | Clause
  | { readonly type: "and" | "or"; readonly terms: readonly Filter[] }
  | { readonly type: "not"; readonly term: Filter };

/** The filter without conditions: everything matches. */
export const matchAll: Filter = { type: "and", terms: [] };

export interface Order {
  readonly field: Field;
  readonly ascending: boolean;
}

/** The conditions that must all hold, where the filter is a conjunction at its top; else the filter itself. */
export const conjuncts = (filter: Filter): readonly Filter[] =>
  "terms" in filter && filter.type === "and" ? filter.terms.flatMap(conjuncts) : [filter];

/** Every clause of a filter in reading order. */
export const clausesOf = (filter: Filter): readonly Clause[] => {
  if ("terms" in filter) return filter.terms.flatMap(clausesOf);
  return "term" in filter ? clausesOf(filter.term) : [filter];
};
