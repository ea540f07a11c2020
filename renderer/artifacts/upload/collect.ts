/** Files from a drop or a picker, with their paths below the folder that was dropped. */

export interface Picked {
  readonly path: string; // relative, as the folder that was chosen holds it
  readonly file: File;
}

/** Of a picker: a chosen folder names each file's path, a single file only its name. */
export const pickedFrom = (files: Iterable<File>): Picked[] =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives its entries in portions of about a hundred, and an empty one at the end. */
const entriesIn = async (entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
  const reader = entry.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
};

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

const walk = async (entry: FileSystemEntry, above: string, into: Picked[]): Promise<void> => {
  const path = above === "" ? entry.name : `${above}/${entry.name}`;
  if (isFile(entry)) into.push({ path, file: await fileOf(entry) });
  else if (isFolder(entry)) for (const child of await entriesIn(entry)) await walk(child, path, into);
};

/** Everything in a drop, folders with all that is in them. Its entries must be asked for before anything is awaited. */
export const droppedFrom = async (transfer: DataTransfer): Promise<Picked[]> => {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const loose = pickedFrom(transfer.files);
  if (entries.length === 0) return loose;
  const picked: Picked[] = [];
  for (const entry of entries) await walk(entry, "", picked);
  return picked;
};
