/** Columns of the search: what the address names, what its filter compares and its order sorts by. */
import { clausesOf } from "../../shared/search/ast.ts";
import { parseFilter } from "../../shared/search/parse-filter.ts";
import { parseOrder } from "../../shared/search/parse-order.ts";
import { SearchError } from "../../shared/search/search-error.ts";
import { quoteKey } from "../../shared/search/quote.ts";

const KINDS = ["metric", "param", "tag"] as const;
export type SearchColumnKind = (typeof KINDS)[number];

export interface SearchColumn {
  readonly id: string; // `metric/loss`, as the address names it
  readonly kind: SearchColumnKind;
  readonly key: string;
  readonly orderBy: string;
}

const MAX_COLUMNS = 20;
const isKind = (kind: string): kind is SearchColumnKind => KINDS.some((one) => one === kind);

const columnOf = (kind: SearchColumnKind, key: string): SearchColumn => ({
  id: `${kind}/${key}`,
  kind,
  key,
  orderBy: `${kind}s.${quoteKey(key)}`,
});

const readable = <T>(read: () => readonly T[]): readonly T[] => {
  try {
    return read();
  } catch (error) {
    if (error instanceof SearchError) return [];
    throw error;
  }
};

/** Each once, metrics first. */
export const searchColumns = (ids: readonly string[], filter: string, orderBy: string): SearchColumn[] => {
  const fields = [
    ...readable(() => clausesOf(parseFilter("runs", filter)).map(({ field }) => field)),
    ...readable(() => parseOrder("runs", orderBy === "" ? [] : [orderBy]).map(({ field }) => field)),
  ].map(({ kind, key }) => `${kind}/${key}`);
  const columns = [...new Set([...ids, ...fields])].flatMap((id) => {
    const slash = id.indexOf("/");
    const kind = id.slice(0, slash);
    return slash > 0 && isKind(kind) ? [columnOf(kind, id.slice(slash + 1))] : [];
  });
  return KINDS.flatMap((kind) => columns.filter((column) => column.kind === kind)).slice(0, MAX_COLUMNS);
};
