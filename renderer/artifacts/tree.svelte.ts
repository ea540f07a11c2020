import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { entryOf, folderOf, foldersAbove } from "./paths.ts";
import { findByTyping, keyOf, parentOf, rowsOf, type FolderState, type TreeRow } from "./rows.ts";
import type { ArtifactSource } from "./source.ts";

const TYPING_MS = 700;

/** The state of an artifact tree: what is open, loaded, selected and where one is. Reads folders when they open. */
export class FileTree {
  readonly #sources: () => readonly ArtifactSource[];
  readonly #folders = new SvelteMap<string, FolderState>();
  readonly #open = new SvelteSet<string>();
  readonly #loads = new Map<string, AbortController>();
  readonly selected = new SvelteSet<string>();
  /** Key of the row that the keyboard is on. */
  active = $state("");
  #anchor = "";
  #typed = { text: "", at: -Infinity };

  readonly rows: readonly TreeRow[] = $derived.by(() =>
    rowsOf({
      sources: this.#sources(),
      folder: (key) => this.#folders.get(key),
      isOpen: (key) => this.#open.has(key),
    }),
  );
  readonly at: number = $derived(this.rows.findIndex(({ key }) => key === this.active));

  constructor(sources: () => readonly ArtifactSource[]) {
    this.#sources = sources;
  }

  folder = (source: ArtifactSource, path: string): FolderState | undefined => this.#folders.get(keyOf(source, path));

  /** Whether anything is there: undefined while it is not known. */
  get isEmpty(): boolean | undefined {
    const roots = this.#sources().map((source) => this.folder(source, "")?.entries);
    return roots.some((entries) => entries === undefined) ? undefined : roots.every((entries) => entries?.length === 0);
  }

  async #load(source: ArtifactSource, path: string): Promise<void> {
    const key = keyOf(source, path);
    this.#loads.get(key)?.abort();
    const controller = new AbortController();
    this.#loads.set(key, controller);
    try {
      const entries = await source.list(path, controller.signal);
      if (!controller.signal.aborted) this.#folders.set(key, { entries });
    } catch (error) {
      if (controller.signal.aborted) return;
      const known = this.#folders.get(key)?.entries;
      this.#folders.set(key, { entries: known, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  /** Reads every source's top, and again what is open: files came or went. */
  reload = (): void => {
    for (const source of this.#sources()) {
      void this.#load(source, "");
      for (const key of this.#folders.keys()) {
        const path = key.startsWith(`${source.id}:`) ? key.slice(source.id.length + 1) : "";
        if (path !== "") void this.#load(source, path);
      }
    }
  };

  /** Reads one folder again. */
  refresh = (source: ArtifactSource, path: string): Promise<void> => this.#load(source, path);

  stop(): void {
    for (const load of this.#loads.values()) load.abort();
  }

  open(source: ArtifactSource, path: string): void {
    const key = keyOf(source, path);
    this.#open.add(key);
    if (!this.#folders.get(key)?.entries) void this.#load(source, path);
  }

  close(row: TreeRow): void {
    this.#open.delete(row.key);
  }

  toggle(row: TreeRow): void {
    if (this.#open.has(row.key)) this.close(row);
    else this.open(row.source, row.path);
  }

  /** Opens the way to a path and goes there. */
  reveal(source: ArtifactSource, path: string): void {
    if (this.#sources().length > 1) this.open(source, "");
    for (const folder of foldersAbove(path)) this.open(source, folder);
    if (path !== "") this.active = keyOf(source, path);
  }

  entry(source: ArtifactSource, path: string) {
    return entryOf(this.folder(source, folderOf(path))?.entries ?? [], path);
  }

  goTo(index: number, extend = false): void {
    const row = this.rows[Math.max(0, Math.min(index, this.rows.length - 1))];
    if (!row) return;
    this.#typed = { text: "", at: -Infinity };
    if (extend) this.#extendTo(row);
    else this.#anchor = row.key;
    this.active = row.key;
  }

  #extendTo(row: TreeRow): void {
    if (this.#anchor === "") this.#anchor = this.active;
    const from = this.rows.findIndex(({ key }) => key === this.#anchor);
    const to = this.rows.indexOf(row);
    this.selected.clear();
    for (const between of this.rows.slice(Math.min(from, to), Math.max(from, to) + 1))
      if (isChoice(between)) this.selected.add(between.key);
  }

  /** One step to the right: opens a folder, then goes into it. */
  goIn(): void {
    const row = this.rows[this.at];
    if (row?.kind !== "folder") return;
    if (!row.isOpen) this.open(row.source, row.path);
    else this.goTo(this.at + 1);
  }

  /** One step to the left: closes a folder, else goes to the one around. */
  goOut(): void {
    const row = this.rows[this.at];
    if (row?.kind === "folder" && row.isOpen) return this.close(row);
    const parent = parentOf(this.rows, this.at);
    if (parent >= 0) this.goTo(parent);
  }

  type(letter: string): void {
    const now = performance.now();
    const text = now - this.#typed.at < TYPING_MS ? this.#typed.text + letter : letter;
    const found = findByTyping(this.rows, this.at, text);
    if (found >= 0) this.goTo(found);
    this.#typed = { text, at: now };
  }

  select(row: TreeRow, extend = false): void {
    this.#typed = { text: "", at: -Infinity };
    if (!isChoice(row)) return;
    if (extend) this.#extendTo(row);
    else if (!this.selected.delete(row.key)) this.selected.add(row.key);
    if (!extend) this.#anchor = row.key;
    this.active = row.key;
  }

  /** All that stand beside the active row. */
  selectSiblings(): void {
    const row = this.rows[this.at];
    if (!row) return;
    for (const other of this.rows)
      if (isChoice(other) && other.source.id === row.source.id && folderOf(other.path) === folderOf(row.path))
        this.selected.add(other.key);
  }

  /** The selected paths by source; a file in a selected folder goes with its folder. */
  get chosen(): { source: ArtifactSource; paths: string[] }[] {
    return this.#sources().flatMap((source) => {
      const prefix = `${source.id}:`;
      const paths = [...this.selected].filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
      const all = new Set(paths);
      const outer = paths.filter((path) => !foldersAbove(path).some((folder) => all.has(folder)));
      return outer.length === 0 ? [] : [{ source, paths: outer.toSorted() }];
    });
  }
}

const isChoice = (row: TreeRow): boolean => (row.kind === "file" || row.kind === "folder") && row.path !== "";
