/** How versions of a model differ: metrics, params, tags and files, a row each. */
import type { ModelVersion } from "../../shared/api/outpost/models.ts";
import type { MetricValue } from "../../shared/api/outpost/words.ts";

export interface Row<T> {
  readonly key: string;
  readonly values: readonly (T | undefined)[]; // one for each version
  readonly differs: boolean;
}

const rowsOf = <T>(
  of: readonly ReadonlyMap<string, T>[],
  same: (a: T | undefined, b: T | undefined) => boolean,
): Row<T>[] =>
  [...new Set(of.flatMap((one) => [...one.keys()]))]
    .toSorted((a, b) => a.localeCompare(b, undefined, { numeric: true }))
    .map((key) => {
      const values = of.map((one) => one.get(key));
      return { key, values, differs: values.some((value) => !same(value, values[0])) };
    });

const mapOf = (pairs: readonly { key: string; value: string }[]): Map<string, string> =>
  new Map(pairs.map(({ key, value }) => [key, value]));

export const metricRows = (versions: readonly ModelVersion[]): Row<MetricValue>[] =>
  rowsOf(
    versions.map(
      ({ metrics }) =>
        new Map(metrics.filter(({ key }) => !key.startsWith("system/")).map(({ key, value }) => [key, value])),
    ),
    Object.is,
  );
export const paramRows = (versions: readonly ModelVersion[]): Row<string>[] =>
  rowsOf(
    versions.map(({ params }) => mapOf(params)),
    Object.is,
  );
export const tagRows = (versions: readonly ModelVersion[]): Row<string>[] =>
  rowsOf(
    versions.map(({ tags }) => mapOf(tags)),
    Object.is,
  );

/** What a value gained on the first version's; undefined where one of them is no number. */
export const deltaOf = (first: MetricValue | undefined, value: MetricValue | undefined): number | undefined =>
  typeof first === "number" && typeof value === "number" ? value - first : undefined;

export type FileState = "identical" | "changed" | "partial";
export interface FileRow {
  readonly path: string;
  readonly digests: readonly (string | undefined)[];
  readonly sizes: readonly (number | undefined)[];
  readonly state: FileState; // partial: not in every version
  /** Its bytes lie under another path in a version that has nothing here. */
  readonly movedFrom: string | undefined;
}

/** Files by path and digest. */
export const fileRows = (versions: readonly Pick<ModelVersion, "files">[]): FileRow[] => {
  const maps = versions.map(({ files }) => new Map(files.map((file) => [file.path, file])));
  const byDigest = versions.map(({ files }) => new Map(files.map((file) => [file.sha256, file.path])));
  return [...new Set(maps.flatMap((one) => [...one.keys()]))].toSorted().map((path) => {
    const files = maps.map((one) => one.get(path));
    const digests = files.map((file) => file?.sha256);
    const isEverywhere = digests.every((digest) => digest !== undefined);
    const known = digests.find((digest) => digest !== undefined) ?? "";
    return {
      path,
      digests,
      sizes: files.map((file) => file?.size),
      state: !isEverywhere ? "partial" : digests.every((digest) => digest === digests[0]) ? "identical" : "changed",
      movedFrom: digests
        .map((digest, i) => (digest === undefined ? byDigest[i]?.get(known) : undefined))
        .find((other) => other !== undefined),
    };
  });
};

/**
 * The versions that an address of MLflow's own comparison means: `?name="<model, escaped>"&runs={"<run>":"<version>"}`.
 * Undefined for what names no model.
 */
export const readMlflowCompare = (search: URLSearchParams): { name: string; versions: string[] } | undefined => {
  const read = (text: string | null): unknown => {
    try {
      return JSON.parse(text ?? "null");
    } catch {
      return text;
    }
  };
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a name with a bare % in it
    }
  };
  const [name, runs] = [read(search.get("name")), read(search.get("runs"))];
  if (typeof name !== "string" || name === "") return undefined;
  const versions = typeof runs === "object" && runs !== null ? Object.values(runs) : [];
  return { name: decode(name), versions: versions.map(String).filter((version) => /^\d+$/.test(version)) };
};
