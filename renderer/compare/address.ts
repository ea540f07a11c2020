/** The runs of a comparison as its address names them: `runs=["…","…"]` as MLflow writes it, or `runs=` repeated. */
import { MAX_COMPARED } from "../../shared/api/outpost/series.ts";

const idsIn = (text: string): string[] => {
  const trimmed = text.trim();
  if (!trimmed.startsWith("[")) return trimmed.split(",");
  try {
    const ids: unknown = JSON.parse(trimmed);
    return Array.isArray(ids) ? ids.filter((id) => typeof id === "string" || typeof id === "number").map(String) : [];
  } catch {
    return []; // not what any client writes; the page then asks for runs
  }
};

export interface Wanted {
  readonly ids: readonly string[];
  /** How many more were named than can be compared. */
  readonly tooMany: number;
}

/** Each run once, in the order given, as many as can be compared. */
export const wantedRuns = (values: readonly string[]): Wanted => {
  const all = [...new Set(values.flatMap(idsIn).map((id) => id.trim()))].filter((id) => id !== "");
  return { ids: all.slice(0, MAX_COMPARED), tooMany: Math.max(0, all.length - MAX_COMPARED) };
};

/** How an address writes a list. */
export const writeList = (ids: readonly string[]): string => (ids.length === 0 ? "" : JSON.stringify(ids));

/** `list` with the item at `from` moved to `to`. */
export const moved = <T>(list: readonly T[], from: number, to: number): T[] => {
  const next = list.toSpliced(from, 1);
  const item = list[from];
  return item === undefined ? next : next.toSpliced(Math.max(0, Math.min(to, next.length)), 0, item);
};
