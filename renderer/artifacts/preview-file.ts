/** A file as its views get it. */
export interface PreviewFile {
  readonly root: string;
  readonly path: string;
  readonly size: number; // bytes
  readonly digest: string | null;
  readonly live: boolean; // it may grow: its run still runs
}

/** Whether two listings speak of the very same bytes in the same place. */
export const isSameFile = (a: PreviewFile, b: PreviewFile): boolean =>
  a.digest !== null && a.digest === b.digest && a.root === b.root && a.path === b.path && a.live === b.live;
