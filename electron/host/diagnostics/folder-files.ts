/** The data folder's files by kind: how many, how large, how closed. Names that a person chose are only counted. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface FileFact {
  readonly path: string;
  readonly bytes: number;
  readonly mode: string;
  readonly modified: string;
}

export interface Heap {
  readonly files: number;
  readonly bytes: number;
}

export interface FolderFacts {
  readonly files: readonly FileFact[];
  /** Folders whose files are many. */
  readonly heaps: Readonly<Record<string, Heap>>;
  /** What is not Outpost's own. */
  readonly others: Heap;
}

/** Files whose names Outpost gives. */
const OWN = [
  /^outpost\.db(?:-wal|-shm|-journal)?$/,
  /^lock\.db(?:-wal|-shm|-journal)?$/,
  /^(?:config|policy)\.yaml$/,
  /^server\.json$/,
  /^logs\/outpost(?:\.\d+)?\.log$/,
  /^backups\/outpost-\d{8}T\d{9}Z-[a-z]+\d*\.db$/,
];
/** Folders of many files: blobs lie under their digests, which would tell what somebody has. */
const HEAPS = ["artifacts/blobs", "artifacts", "bundles"];

/** Walks the folder; links are not followed. */
export const folderFacts = (root: string): FolderFacts => {
  const files: FileFact[] = [];
  const heaps = new Map<string, Heap>();
  let others: Heap = { files: 0, bytes: 0 };
  const add = ({ files: count, bytes }: Heap, size: number): Heap => ({ files: count + 1, bytes: bytes + size });
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const full = join(entry.parentPath, entry.name);
    const path = full.slice(root.length + 1).replaceAll("\\", "/");
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (!stat) continue; // gone since it was listed
    const heap = HEAPS.find((folder) => path.startsWith(`${folder}/`));
    if (OWN.some((own) => own.test(path)))
      files.push({
        path,
        bytes: stat.size,
        mode: (stat.mode & 0o777).toString(8).padStart(4, "0"),
        modified: stat.mtime.toISOString(),
      });
    else if (heap !== undefined) heaps.set(heap, add(heaps.get(heap) ?? { files: 0, bytes: 0 }, stat.size));
    else others = add(others, stat.size);
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, heaps: Object.fromEntries(heaps), others };
};
