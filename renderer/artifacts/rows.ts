/** The tree as the rows that are visible: folders that are open are followed by what is in them. */
import { nameOf } from "./paths.ts";
import type { ArtifactSource, FileEntry } from "./source.ts";

/** What is known of a folder's content. */
export interface FolderState {
  readonly entries?: readonly FileEntry[] | undefined;
  readonly error?: Error | undefined;
}

export interface TreeRow {
  readonly key: string;
  readonly source: ArtifactSource;
  readonly path: string;
  readonly name: string;
  readonly kind: "folder" | "file" | "loading" | "failed" | "empty";
  readonly level: number; // 1 at the top
  readonly size: number; // bytes; of a folder: all below
  readonly files: number;
  readonly digest: string | null; // shown where the source asks for it
  readonly setSize: number;
  readonly posInSet: number;
  readonly isOpen: boolean;
}

export interface TreeState {
  readonly sources: readonly ArtifactSource[];
  readonly folder: (key: string) => FolderState | undefined;
  readonly isOpen: (key: string) => boolean;
}

export const keyOf = (source: Pick<ArtifactSource, "id">, path: string): string => `${source.id}:${path}`;

const note = (source: ArtifactSource, path: string, kind: TreeRow["kind"], level: number): TreeRow => ({
  key: `${keyOf(source, path)} ${kind}`,
  source,
  path,
  name: "",
  kind,
  level,
  size: 0,
  files: 0,
  digest: null,
  setSize: 1,
  posInSet: 1,
  isOpen: false,
});

const addFolder = (rows: TreeRow[], state: TreeState, source: ArtifactSource, path: string, level: number): void => {
  const known = state.folder(keyOf(source, path));
  if (known?.error && !known.entries) return void rows.push(note(source, path, "failed", level));
  if (!known?.entries) return void rows.push(note(source, path, "loading", level));
  if (known.entries.length === 0) return void rows.push(note(source, path, "empty", level));
  const setSize = known.entries.length;
  for (const [i, entry] of known.entries.entries()) {
    const key = keyOf(source, entry.path);
    const isOpen = entry.is_dir && state.isOpen(key);
    rows.push({
      key,
      source,
      path: entry.path,
      name: nameOf(entry.path),
      kind: entry.is_dir ? "folder" : "file",
      level,
      size: entry.size,
      files: entry.files,
      digest: source.digests === true ? entry.sha256 : null,
      setSize,
      posInSet: i + 1,
      isOpen,
    });
    if (isOpen) addFolder(rows, state, source, entry.path, level + 1);
  }
};

/** The visible rows. One source shows its files at the top; several show a row each, named by their titles. */
export const rowsOf = (state: TreeState): TreeRow[] => {
  const rows: TreeRow[] = [];
  const [only] = state.sources;
  if (only && state.sources.length === 1) {
    addFolder(rows, state, only, "", 1);
    return rows;
  }
  for (const [i, source] of state.sources.entries()) {
    const key = keyOf(source, "");
    const entries = state.folder(key)?.entries ?? [];
    const isOpen = state.isOpen(key);
    rows.push({
      key,
      source,
      path: "",
      name: source.title,
      kind: "folder",
      level: 1,
      size: entries.reduce((sum, entry) => sum + entry.size, 0),
      files: entries.reduce((sum, entry) => sum + entry.files, 0),
      digest: null,
      setSize: state.sources.length,
      posInSet: i + 1,
      isOpen,
    });
    if (isOpen) addFolder(rows, state, source, "", 2);
  }
  return rows;
};

/** Index of the row above that holds a row; -1 at the top. */
export const parentOf = (rows: readonly TreeRow[], at: number): number => {
  const level = rows[at]?.level ?? 1;
  for (let i = at - 1; i >= 0; i -= 1) if ((rows[i]?.level ?? 0) < level) return i;
  return -1;
};

/** The next row from after `from` on, around the end, whose name starts with `typed`. */
export const findByTyping = (rows: readonly TreeRow[], from: number, typed: string): number => {
  const wanted = typed.toLocaleLowerCase();
  // A first letter goes on to the next such row; more letters narrow it down from where one is.
  const start = typed.length === 1 ? from + 1 : from;
  for (let i = 0; i < rows.length; i += 1) {
    const at = (Math.max(0, start) + i) % rows.length;
    if (rows[at]?.name.toLocaleLowerCase().startsWith(wanted)) return at;
  }
  return -1;
};
