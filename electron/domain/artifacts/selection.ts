/** Which files a choice of paths means, each once, and which folder they have in common. */
import { below } from "../../../shared/artifact-path.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { ArtifactRow } from "../../store/artifacts.ts";
import type { ZipFiles } from "./zip.ts";

export interface Selection {
  readonly root: string; // parsed
  readonly paths: readonly string[]; // parsed, below the root; none, or "", for all
}

interface Files {
  readonly find: (path: string) => ArtifactRow | undefined;
  readonly filesBelow: (folder: string) => Iterable<ArtifactRow>;
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
const isBelow = (path: string, folder: string): boolean => folder === "" || path.startsWith(`${folder}/`);

/** The deepest folder that holds all of the paths. */
export const commonFolder = (paths: readonly string[]): string => {
  let folder = folderOf(paths[0] ?? "");
  while (folder !== "" && !paths.every((path) => isBelow(path, folder))) folder = folderOf(folder);
  return folder;
};

/** Without what lies in a chosen folder anyway. */
export const withoutNested = (paths: readonly string[]): string[] => {
  const sorted = [...new Set(paths)].toSorted((a, b) => a.length - b.length);
  const kept = new Set<string>();
  for (const path of sorted) {
    let above = path;
    while (above !== "" && !kept.has((above = folderOf(above))));
    if (!kept.has(above)) kept.add(path);
  }
  return [...kept];
};

const filesAt = function* ({ find, filesBelow }: Files, path: string): Generator<ArtifactRow> {
  const file = find(path);
  if (file) {
    yield file;
    return;
  }
  let any = false;
  for (const row of filesBelow(path)) {
    any = true;
    yield row;
  }
  if (!any) throw new DomainError("not_found", `There is no file and no folder '${path}'`);
};

/** The files of a selection. @throws DomainError `not_found`, while they are read, naming a path that is not there. */
export const rowsOf = (files: Files, { root, paths }: Selection): ZipFiles => {
  const all = paths.length === 0 || paths.includes("");
  const chosen = withoutNested((all ? [""] : paths).map((path) => below(root, path)));
  const read = function* (): Generator<ArtifactRow> {
    for (const path of chosen) yield* filesAt(files, path);
  };
  return { rows: read(), folder: all ? root : commonFolder(chosen) };
};
