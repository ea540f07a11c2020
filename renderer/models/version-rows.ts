/** Searching and ordering the versions of a model. */
import type { VersionRow } from "../../shared/api/outpost/models.ts";
import { compareSemver } from "../../shared/semver/semver.ts";

export type VersionOrder = "version" | "semver" | "created";

const orders: Readonly<Record<VersionOrder, (a: VersionRow, b: VersionRow) => number>> = {
  version: (a, b) => Number(a.version) - Number(b.version),
  semver: (a, b) => compareSemver(a.semver, b.semver),
  created: (a, b) => a.creation_timestamp - b.creation_timestamp,
};

const textOf = (row: VersionRow): string =>
  [
    `v${row.version}`,
    row.semver,
    row.current_stage,
    row.description ?? "",
    row.run_name ?? "",
    ...row.aliases.map((alias) => `@${alias}`),
    ...row.tags.map(({ key, value }) => `${key}=${value}`),
  ]
    .join("\n")
    .toLowerCase();

/** Versions that contain each word of `search` somewhere, in an order. */
export const versionRows = (
  rows: readonly VersionRow[],
  search: string,
  order: VersionOrder,
  descending: boolean,
): VersionRow[] => {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => {
    const text = textOf(row);
    return words.every((word) => text.includes(word));
  });
  return found.toSorted((a, b) => (descending ? -1 : 1) * orders[order](a, b));
};
