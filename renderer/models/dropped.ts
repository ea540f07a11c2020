/** Files that a person drops or chooses, with their paths inside the folders they came in. */
import { parseFilePath } from "../../shared/artifact-path.ts";

export interface Chosen {
  readonly path: string;
  readonly file: File;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A folder's entries; the browser gives them in portions. */
const childrenOf = async (entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> => {
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

const walk = async (entry: FileSystemEntry, folder: string): Promise<Chosen[]> => {
  const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
  if (isFile(entry)) return [{ path, file: await fileOf(entry) }];
  if (!isFolder(entry)) return [];
  const found: Chosen[] = [];
  for (const child of await childrenOf(entry)) found.push(...(await walk(child, path)));
  return found;
};

/** What was dropped, folders with all that lies in them. */
export const droppedFiles = async (transfer: DataTransfer): Promise<Chosen[]> => {
  // the list is emptied as soon as the event is over: both are read before the first wait
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry());
  const files = [...transfer.files];
  if (entries.every((entry) => entry === null)) return chosenFiles(files);
  const found = await Promise.all(entries.flatMap((entry) => (entry ? [walk(entry, "")] : [])));
  return found.flat();
};

/** What a file field holds; of a chosen folder with the paths in it. */
export const chosenFiles = (files: Iterable<File>): Chosen[] =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** The path that a file goes to. @throws DomainError `invalid` for a path that no artifact can have */
export const targetPath = (folder: string, path: string): string => {
  const inside = folder.trim().replace(/^\/+|\/+$/g, "");
  return parseFilePath(inside === "" ? path : `${inside}/${path}`);
};
