/** What the page may know of updates. */

export interface UpdateState {
  /** The version that runs. */
  readonly version: string;
  /** SHA-256 of the key that packages must be signed by; nothing where none is set. */
  readonly key: string | null;
  /** The folder that is looked at; nothing where none is set, and then nothing is ever asked for. */
  readonly feed: string | null;
  /** The newer version that the feed has. */
  readonly found: string | null;
  /** When the feed was last read, in milliseconds since 1970. */
  readonly checked: number | null;
  /** Why the last check, or reading the settings, did not work. */
  readonly problem: string | null;
  readonly work: UpdateWork | null;
}

/** What is under way; `total` is nothing where nobody said how much there is. */
export interface UpdateWork {
  readonly what: "checking" | "downloading" | "verifying";
  readonly name: string;
  readonly done: number;
  readonly total: number | null;
}
