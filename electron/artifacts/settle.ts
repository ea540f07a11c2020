/** Gives blobs whose bytes are in the journal their files, many at once: one sync of a folder serves all new names in it. */
import { join } from "node:path";
import { toDiskError, type Disk } from "./disk.ts";
import { inLanes } from "./lanes.ts";

/** Bytes of blobs that are kept elsewhere until their file is on disk. */
export interface ByteJournal {
  readonly has: (sha256: string) => boolean;
  readonly find: (sha256: string) => Buffer | undefined;
}

export interface Settled {
  /** Those whose file and its name are on disk. */
  readonly done: readonly string[];
  /** What went wrong first with any of the others. */
  readonly failure: Error | undefined;
}

export interface SettleDeps {
  readonly disk: Disk;
  readonly journal: ByteJournal;
  readonly folderOf: (sha256: string) => string;
  /** Resolves when a folder of blobs is there, its own name on disk. */
  readonly ready: (folder: string) => Promise<void>;
  readonly syncFolder: (folder: string) => Promise<void>;
  readonly newFile: () => string; // a path in staging that nobody has
}

/** At most so many files at once: of the four threads that Node has for files, uploads and downloads want some. */
const LANES = 3;

export const createSettle = ({ disk, journal, folderOf, ready, syncFolder, newFile }: SettleDeps) => {
  const place = async (sha256: string, bytes: Buffer): Promise<void> => {
    const folder = folderOf(sha256);
    const target = join(folder, sha256);
    if (disk.stat(target)?.size === bytes.length) return; // put there before a crash: synced before it got its name
    const file = newFile();
    try {
      const fd = await disk.createBeside(file);
      try {
        await disk.write(fd, bytes);
        await disk.sync(fd);
      } finally {
        disk.close(fd);
      }
      await ready(folder);
      disk.rename(file, target);
    } catch (error) {
      if (disk.stat(file)) disk.remove(file);
      throw error;
    }
  };

  /** Never throws; what could not be placed stays in the journal. The caller holds the blobs. */
  return async (digests: Iterable<string>): Promise<Settled> => {
    let failure: Error | undefined;
    const guarded = async (step: () => Promise<void>): Promise<boolean> => {
      try {
        await step();
        return true;
      } catch (error) {
        const told = toDiskError(error);
        failure ??= told instanceof Error ? told : new Error(String(told));
        return false;
      }
    };
    const placed = new Map<string, string[]>(); // by folder
    await inLanes(LANES, digests, async (sha256) => {
      const bytes = journal.find(sha256);
      if (bytes === undefined || !(await guarded(() => place(sha256, bytes)))) return;
      const folder = folderOf(sha256);
      placed.set(folder, [...(placed.get(folder) ?? []), sha256]);
    });
    const done: string[] = [];
    await inLanes(LANES, placed, async ([folder, names]) => {
      if (await guarded(() => syncFolder(folder))) done.push(...names);
    });
    return { done, failure };
  };
};
