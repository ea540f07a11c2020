/** Files that are known as one flat list, seen as a tree: what the server answers for a root, computed here. */
import type { ExistingArtifact } from "../../shared/api/outpost/artifacts.ts";
import { foldersAbove } from "./paths.ts";
import type { FileEntry } from "./source.ts";

interface ListedFile {
  readonly path: string;
  readonly size: number; // bytes
  readonly sha256: string;
}

/** What is right below a folder: folders with the sums of what they hold, then files, each by name. */
export const entriesIn = (files: readonly ListedFile[], folder: string): FileEntry[] => {
  const prefix = folder === "" ? "" : `${folder}/`;
  const entries = new Map<string, FileEntry>();
  for (const { path, size, sha256 } of files) {
    if (!path.startsWith(prefix)) continue;
    const slash = path.indexOf("/", prefix.length);
    const at = slash < 0 ? path : path.slice(0, slash);
    const known = entries.get(at);
    entries.set(at, {
      path: at,
      is_dir: slash >= 0,
      size: size + (known?.size ?? 0),
      files: 1 + (known?.files ?? 0),
      sha256: slash < 0 ? sha256 : null,
    });
  }
  return [...entries.values()].toSorted((a, b) =>
    a.is_dir === b.is_dir ? (a.path < b.path ? -1 : 1) : a.is_dir ? -1 : 1,
  );
};

/** What stands at paths where an upload wants to put files: a file, a folder, or a file where a folder has to be. */
export const existingIn = (files: readonly ListedFile[], paths: readonly string[]): ExistingArtifact[] => {
  const taken = new Set(files.map(({ path }) => path));
  const folders = new Set(files.flatMap(({ path }) => foldersAbove(path)));
  return paths.flatMap((path): ExistingArtifact[] => {
    if (taken.has(path)) return [{ path, in_the_way: path, kind: "file" }];
    if (folders.has(path)) return [{ path, in_the_way: path, kind: "folder" }];
    const above = foldersAbove(path).find((folder) => taken.has(folder));
    return above === undefined ? [] : [{ path, in_the_way: above, kind: "file_above" }];
  });
};
