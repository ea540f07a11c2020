/** Bundle files as people think of them: the volumes of one archive, and the list of their digests, are one bundle. */
import { MADE_PATH, type BundleFile } from "../../shared/api/outpost/bundles.ts";

export interface Archive {
  readonly place: BundleFile["place"];
  /** Without the number of a volume. */
  readonly name: string;
  /** By which all of it is opened; undefined while the first volume is not there. */
  readonly first: string | undefined;
  readonly files: readonly BundleFile[];
  readonly size: number;
  readonly modified_at: number;
}

const VOLUME = /^(.+)\.(\d{3})$/;
const SUMS = /^(.+)\.volumes\.sha256$/;

/** Which archive a file is of. */
const archiveOf = (name: string, names: ReadonlySet<string>): string => {
  const [, volumeOf] = VOLUME.exec(name) ?? [];
  if (volumeOf !== undefined) return volumeOf;
  const [, sumsOf] = SUMS.exec(name) ?? [];
  if (sumsOf === undefined) return name;
  return [`${sumsOf}.tar`, `${sumsOf}.tar.sealed`].find((one) => names.has(`${one}.001`)) ?? name;
};

const isSums = (name: string): boolean => SUMS.test(name);

/** In the order in which their newest files come. */
export const archivesOf = (files: readonly BundleFile[]): readonly Archive[] => {
  const names = new Set(files.map(({ name }) => name));
  const groups = Map.groupBy(files, ({ place, name }) => `${place}/${archiveOf(name, names)}`);
  return [...groups].map(([key, group]) => {
    const name = key.slice(key.indexOf("/") + 1);
    const sorted = group.toSorted(
      (a, b) => Number(isSums(a.name)) - Number(isSums(b.name)) || (a.name < b.name ? -1 : 1),
    );
    const first = sorted.find((file) => file.name === name || file.name === `${name}.001`);
    return {
      place: group[0]?.place ?? "made",
      name,
      first: first && !isSums(first.name) ? first.name : undefined,
      files: sorted,
      size: group.reduce((sum, { size }) => sum + size, 0),
      modified_at: Math.max(...group.map(({ modified_at }) => modified_at)),
    };
  });
};

/** Of files that were dropped together: the one by which the bundle is opened. */
export const openedBy = (names: readonly string[]): string | undefined =>
  names.find((name) => name.endsWith(".001")) ?? names.find((name) => !isSums(name) && !VOLUME.test(name));

export const isSealed = (name: string): boolean => /\.sealed(?:\.\d+)?$/.test(name);

/** As the server wants it: what a browser or a person put into the name goes. */
export const plainName = (name: string): string => name.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "_");

export const madeHref = (name: string): string => `${MADE_PATH}/${encodeURIComponent(name)}`;
