/** What the compared runs have at a path. */
import type { FileRow } from "../../../shared/api/outpost/compare.ts";

export interface FileState {
  readonly path: string;
  readonly kind: "identical" | "versions" | "partial";
  /** Runs that have it. */
  readonly runs: number;
  readonly versions: number;
}

/** How the runs' files at a path compare; undefined where none of them has one. */
export const stateOf = (row: FileRow, runs: readonly number[]): FileState | undefined => {
  const places = runs.map((run) => row.at[run] ?? -1).filter((place) => place >= 0);
  if (places.length === 0) return undefined;
  const versions = new Set(places).size;
  const kind = places.length < runs.length ? "partial" : versions === 1 ? "identical" : "versions";
  return { path: row.path, kind, runs: places.length, versions };
};

export type Which = "all" | "differing" | "partial";

/** The paths to list. */
export const listFiles = (
  rows: readonly FileRow[],
  runs: readonly number[],
  { which, search }: { which: Which; search: string },
): FileState[] =>
  rows
    .filter(({ path }) => path.toLowerCase().includes(search.toLowerCase()))
    .map((row) => stateOf(row, runs))
    .filter((state) => state !== undefined)
    .filter(({ kind, versions }) => {
      if (which === "partial") return kind === "partial";
      return which === "all" || kind !== "identical" || versions > 1;
    });

/** The two runs to begin with: the baseline, or the first that has the file, and one whose file differs if there is one. */
export const usualPair = (
  row: FileRow,
  runs: readonly number[],
  baseline: number | undefined,
): { left: number; right: number } | undefined => {
  const having = runs.filter((run) => (row.at[run] ?? -1) >= 0);
  const left = baseline !== undefined && having.includes(baseline) ? baseline : having[0];
  if (left === undefined) return undefined;
  const others = runs.filter((run) => run !== left);
  const differing = others.find((run) => (row.at[run] ?? -1) >= 0 && row.at[run] !== row.at[left]);
  const right = differing ?? others.find((run) => having.includes(run)) ?? others[0];
  return right === undefined ? undefined : { left, right };
};
