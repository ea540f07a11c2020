import type { FileEntry } from "./source.ts";

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** All folders above a path, from the root: "a/b/c" → "a", "a/b". */
export const foldersAbove = (path: string): string[] => {
  const parts = path.split("/").filter(Boolean);
  return parts.slice(0, -1).map((_part, i) => parts.slice(0, i + 1).join("/"));
};

/** A path for a URL, its slashes kept. */
export const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** What a listing says about one path of it. */
export const entryOf = (entries: readonly FileEntry[], path: string): FileEntry | undefined =>
  entries.find((entry) => entry.path === path);

/** The file before (-1) or after (1) a file among its folder's entries; undefined at the ends. */
export const fileBeside = (entries: readonly FileEntry[], path: string, by: -1 | 1): FileEntry | undefined => {
  const files = entries.filter(({ is_dir }) => !is_dir);
  const at = files.findIndex((entry) => entry.path === path);
  return at < 0 ? undefined : files[at + by];
};
