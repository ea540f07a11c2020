/** A file as its views get it. */
export interface PreviewFile {
  readonly root: string;
  readonly path: string;
  readonly size: number; // bytes
  readonly digest: string | null;
  readonly live: boolean; // it may grow: its run still runs
}
