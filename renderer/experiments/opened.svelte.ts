const KEY = "outpost.experiment-folders";
const MOST = 500;

const read = (): string[] => {
  try {
    const paths: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(paths) ? paths.filter((path) => typeof path === "string") : [];
  } catch {
    return []; // not ours: every folder is open again
  }
};

/** Folders of the experiment tree that were closed, remembered in this browser; the others are open. */
export class Opened {
  #closed = $state.raw<ReadonlySet<string>>(new Set(read()));

  isOpen = (path: string): boolean => !this.#closed.has(path);

  set = (paths: readonly string[], open: boolean): void => {
    const next = new Set(this.#closed);
    for (const path of paths)
      if (open) next.delete(path);
      else next.add(path);
    this.#closed = next;
    localStorage.setItem(KEY, JSON.stringify([...next].slice(-MOST)));
  };
}
