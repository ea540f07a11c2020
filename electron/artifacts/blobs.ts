/**
 * Content-addressed files: `blobs/<first two digits>/<sha256>`. A file is visible under its digest only when its bytes are
 * on disk; it never changes afterwards. A short blob may spend its first moments in a journal instead of a file. What
 * refers to a blob is the store's business: this folder refuses names, paths and text of users altogether.
 */
import { join } from "node:path";
import { DomainError } from "../../shared/errors.ts";
import { disk as realDisk, toDiskError, type Disk } from "./disk.ts";
import { createFolderSync } from "./folder-sync.ts";
import { createBlobReader, SMALL_BYTES } from "./read.ts";
import { createSettle, type ByteJournal } from "./settle.ts";
import { createTurnstile } from "./turnstile.ts";
import { createStaging, type Body, type Expected, type Staged } from "./staging.ts";

/** A stored blob that garbage collection leaves alone until `release` is called. */
export interface HeldBlob {
  readonly sha256: string;
  readonly size: number; // bytes
  readonly release: () => void;
}

export interface BlobFile {
  readonly sha256: string;
  readonly size: number; // bytes
  readonly changedAt: number; // ms since epoch
}

export type Blobs = ReturnType<typeof createBlobs>;

export interface BlobsOptions {
  readonly root: string;
  readonly disk?: Disk;
  /** Where short blobs may wait for their file; without it none do. */
  readonly journal?: ByteJournal;
}

const noJournal: ByteJournal = { has: () => false, find: () => undefined };

/** A blob that something is under way with. */
interface Hold {
  count: number;
  /** Bytes that are nowhere on disk: whoever gives the blob its row puts them into the journal. */
  unsaved: Buffer | undefined;
}

type Known = (sha256: string) => boolean;
type HasRoom = (size: number) => boolean;

const DIGEST = /^[0-9a-f]{64}$/;

const openFolder = (disk: Disk, path: string): string => {
  disk.makeFolder(path);
  if (!disk.isFolder(path))
    throw new DomainError("invalid", `'${path}' must be a folder of its own, not a link: move it away and start again`);
  return path;
};

/** Opens (and creates) the blobs below `root` and removes what an interrupted upload left in staging. */
export const createBlobs = ({ root, disk = realDisk, journal = noJournal }: BlobsOptions) => {
  openFolder(disk, root);
  const blobsFolder = openFolder(disk, join(root, "blobs"));
  const stagingFolder = openFolder(disk, join(root, "staging"));
  for (const name of disk.names(stagingFolder)) disk.removeTree(join(stagingFolder, name));
  const staging = createStaging(stagingFolder, disk);
  const syncFolder = createFolderSync(disk.syncFolder);
  const inGroups = createTurnstile();
  const folders = new Set<string>();
  const holds = new Map<string, Hold>();
  const condemned = new Map<string, { gone: Promise<void>; done: () => void }>();

  const folderOf = (sha256: string): string => join(blobsFolder, sha256.slice(0, 2));
  const fileOf = (sha256: string): string => {
    if (!DIGEST.test(sha256)) throw new DomainError("corrupt", `'${sha256.slice(0, 80)}' is not a sha256 digest`);
    return join(folderOf(sha256), sha256);
  };
  const ready = async (folder: string): Promise<void> => {
    if (folders.has(folder)) return;
    openFolder(disk, folder);
    await syncFolder(blobsFolder);
    folders.add(folder);
  };

  const hold = (sha256: string): (() => void) => {
    const known = holds.get(sha256) ?? { count: 0, unsaved: undefined };
    holds.set(sha256, known);
    known.count += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      known.count -= 1;
      if (known.count === 0) holds.delete(sha256);
    };
  };
  const settle = createSettle({ disk, journal, folderOf, ready, syncFolder, newFile: staging.newFile });

  /** Gives staged bytes their name. A blob that is there already is kept and the new bytes are dropped. */
  const publish = async (staged: Staged, isKnown: Known): Promise<void> => {
    await condemned.get(staged.sha256)?.gone;
    const folder = folderOf(staged.sha256);
    const target = join(folder, staged.sha256);
    if (disk.stat(target)?.size === staged.size) {
      staging.discard(staged);
      if (!isKnown(staged.sha256)) await syncFolder(folder); // another upload's rename may not be on disk yet
      return;
    }
    const file = await staging.settle(staged);
    try {
      await ready(folder);
      disk.rename(file, target);
    } catch (error) {
      disk.remove(file);
      throw error;
    }
    await syncFolder(folder);
  };

  /** Lets a short body wait for its file in the journal, where it is already or where its row's write shall put it. */
  const postpone = async ({ sha256, size, content }: Staged, isKnown: Known, hasRoom: HasRoom): Promise<boolean> => {
    if (size > SMALL_BYTES || !("bytes" in content)) return false;
    await condemned.get(sha256)?.gone;
    if (journal.has(sha256)) return true;
    if ((isKnown(sha256) && disk.stat(fileOf(sha256))?.size === size) || !hasRoom(size)) return false;
    const held = holds.get(sha256);
    if (held) held.unsaved = content.bytes;
    return held !== undefined;
  };

  /**
   * Takes in a body and holds its blob. `isKnown` says whether a blob is listed in the store, so surely on disk or in the
   * journal; `hasRoom` whether the journal takes a short one, whose bytes are then `unsaved` until its row is written.
   * @throws DomainError `invalid` for a body that is cut off or not what was announced, `exhausted` for a full disk.
   */
  const receive = async (
    body: Body,
    expected: Expected,
    isKnown: Known,
    hasRoom: HasRoom = () => false,
  ): Promise<HeldBlob> => {
    let release: (() => void) | undefined;
    try {
      const staged = await staging.receive(body, expected);
      release = hold(staged.sha256);
      if (!(await postpone(staged, isKnown, hasRoom)))
        await ("bytes" in staged.content ? inGroups(() => publish(staged, isKnown)) : publish(staged, isKnown));
      return { sha256: staged.sha256, size: staged.size, release };
    } catch (error) {
      release?.();
      throw toDiskError(error);
    }
  };

  /** Takes over bytes that came another way, hashed: their file is closed and gets its name, or goes if the blob is there. */
  const adopt = async (staged: Staged): Promise<void> => {
    const release = hold(staged.sha256);
    try {
      await publish(staged, () => false);
    } catch (error) {
      throw toDiskError(error);
    } finally {
      release();
    }
  };
  /** Size of a blob's file; undefined without one (its bytes may still be in the journal). */
  const sizeOnDisk = (sha256: string): number | undefined => disk.stat(fileOf(sha256))?.size;

  /** Marks a blob as about to go: uploads of the same bytes wait until `destroy` or `spare` has been called. */
  const condemn = (sha256: string): void => {
    const { promise, resolve } = Promise.withResolvers<void>();
    condemned.set(sha256, { gone: promise, done: resolve });
  };
  const spare = (sha256: string): void => {
    condemned.get(sha256)?.done();
    condemned.delete(sha256);
  };
  /** Removes a blob's file; whether there was one. */
  const destroy = (sha256: string): boolean => {
    const file = fileOf(sha256);
    try {
      if (disk.stat(file) === undefined) return false;
      disk.remove(file);
      return true;
    } finally {
      spare(sha256);
    }
  };

  /** The blob files of one folder (`00` … `ff`); other names in it are not ours and are left alone. */
  const filesIn = (prefix: string): BlobFile[] => {
    const folder = join(blobsFolder, prefix);
    if (!disk.names(blobsFolder).includes(prefix)) return [];
    return disk.names(folder).flatMap((sha256) => {
      const stat = DIGEST.test(sha256) ? disk.stat(join(folder, sha256)) : undefined;
      return stat ? [{ sha256, ...stat }] : [];
    });
  };

  /** The file of a blob, which gets one now if it has none yet. The caller holds the blob. @throws what the disk threw. */
  const file = async ({ sha256 }: Pick<HeldBlob, "sha256">): Promise<string> => {
    if (journal.has(sha256)) {
      const { failure } = await settle([sha256]);
      if (failure) throw failure;
    }
    return fileOf(sha256);
  };

  return {
    receive,
    adopt,
    sizeOnDisk,
    hold,
    /** Bytes of a held blob that must go into the journal together with its row. */
    unsaved: (sha256: string): Buffer | undefined => holds.get(sha256)?.unsaved,
    settle,
    file,
    isHeld: (sha256: string): boolean => holds.has(sha256),
    condemn,
    spare,
    destroy,
    filesIn,
    fileOf,
    ...createBlobReader({ fileOf, disk, journal, directFiles: staging.directFiles }),
  };
};
