/** How the volumes of a bundle are called: `<name>.tar.001`, `.002`, …, and `<name>.volumes.sha256` beside them. */
import { basename, dirname, join } from "node:path";

export const MOST_VOLUMES = 999;

export const volumePath = (outFile: string, number: number): string => `${outFile}.${String(number).padStart(3, "0")}`;

/** The list of the volumes' digests, in the form of `sha256sum -c`. */
export const sumsPath = (outFile: string): string =>
  join(dirname(outFile), `${basename(outFile).replace(/\.tar(?:\.sealed)?$/, "")}.volumes.sha256`);

/** The archive's path and the number of a volume; undefined for another file. */
export const parseVolume = (path: string): { readonly outFile: string; readonly number: number } | undefined => {
  const [, outFile, digits] = /^(.+)\.(\d{3})$/s.exec(path) ?? [];
  return outFile === undefined || digits === "000" ? undefined : { outFile, number: Number(digits) };
};

export const isSums = (path: string): boolean => path.endsWith(".volumes.sha256");
