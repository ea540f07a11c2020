/**
 * Finds the files behind an artifact URI of another store. Only folders that the user named, or that belong to the store,
 * are read: a store can claim any path of this machine as its own.
 */
import { existsSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import { isAbsolute, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isFolder } from "./store-files.ts";

/** A folder to read, a reason why there is none, or neither: nothing was logged. */
export type Location = { readonly folder: string } | { readonly why: string } | undefined;

export interface ArtifactFile {
  readonly path: string; // relative to the folder, with '/'
  readonly file: string;
  readonly size: number; // bytes
}

/** `<experiment>/<run>/artifacts/…` or `<experiment>/models/<model>/artifacts/…` at the end of a path. */
const TAIL = /[^/]+\/(?:[0-9a-f]{32}|models\/m-[0-9a-f]{32})\/artifacts(?:\/.*)?$/;

/** The path in a URI, and whether it is one of this machine. */
const pathIn = (uri: string): { path: string; proxied: boolean } | undefined => {
  const proxied = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/.exec(uri);
  if (proxied) return { path: decodeURIComponent(proxied[1] ?? ""), proxied: true };
  if (uri.startsWith("file://")) return { path: fileURLToPath(uri), proxied: false };
  if (uri.startsWith("file:")) return { path: uri.slice("file:".length), proxied: false };
  return /^[a-z][a-z0-9+.-]+:/i.test(uri) ? undefined : { path: uri, proxied: false };
};

const nearestExisting = (path: string): string => {
  let at = path;
  while (!existsSync(at)) at = join(at, "..");
  return at;
};

/** @returns where the files of a URI are, looking in `folders` only. */
export const createLocator = (folders: readonly string[]) => {
  const roots = folders.map((folder) => realpathSync(folder));
  const isOurs = (path: string): boolean => {
    const real = realpathSync(path);
    return roots.some((root) => real === root || real.startsWith(root + sep));
  };

  return (uri: string): Location => {
    if (uri === "") return undefined;
    const found = pathIn(uri);
    if (!found) return { why: `they are at '${uri}', not on this machine` };
    const { path, proxied } = found;
    const tail = TAIL.exec(path.split(sep).join("/"))?.[0];
    const inFolders = (rest: string): string[] => roots.map((root) => join(root, rest));
    const candidates = [
      ...(isAbsolute(path) && !proxied ? [path] : inFolders(path)),
      ...(tail === undefined ? [] : inFolders(tail)),
    ];
    const folder = candidates.find((candidate) => isFolder(candidate) && isOurs(candidate));
    if (folder !== undefined) return { folder };
    if (proxied)
      return roots.length > 1
        ? undefined
        : { why: `the folder that served '${uri}' is not known: name it with --artifacts` };
    if (!isAbsolute(path) || isOurs(nearestExisting(path))) return undefined;
    const place = tail === undefined ? path : path.slice(0, path.lastIndexOf(tail) + tail.indexOf("/"));
    return {
      why: `'${place}' is ${existsSync(path) ? "outside of the store" : "not on this machine"}: name the folder of the artifacts with --artifacts`,
    };
  };
};

/** All plain files below a folder. Links and devices are told to `onSkipped` and left out. */
export const walkFiles = function* (
  folder: string,
  onSkipped: (path: string, why: string) => void,
  prefix = "",
): Generator<ArtifactFile> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const [path, file] = [`${prefix}${entry.name}`, join(folder, entry.name)];
    if (entry.isDirectory()) yield* walkFiles(file, onSkipped, `${path}/`);
    else if (entry.isFile()) yield { path, file, size: lstatSync(file).size };
    else onSkipped(path, entry.isSymbolicLink() ? "it is a link; links are not followed" : "it is no plain file");
  }
};
