/**
 * The file operations that blobs are made of. Metadata calls are synchronous: on a local disk they touch the page cache
 * only and cost less than a trip to the thread pool; what waits for the disk (fsync, long writes) is asynchronous.
 */
import {
  constants,
  fsync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  open,
  openSync,
  closeSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
  write,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { DomainError } from "../../shared/errors.ts";
import { isNoRoom } from "../../shared/no-room.ts";

const writeAsync = promisify(write);
const readAsync = promisify(read);
const fsyncAsync = promisify(fsync);
const openAsync = promisify(open);

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "code" in error && typeof error.code === "string";

/** Whether the system says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
  isSystemError(error) && (error.code === "ENOENT" || error.code === "ENOTDIR");

const DISK_CODES = new Set(["EROFS", "EIO", "EFBIG", "EMFILE", "ENFILE", "EACCES", "EPERM"]);

/** Turns what the system says of a full, failing or read-only disk into the domain's words; passes on all else. */
export const toDiskError = (error: unknown): unknown => {
  const full = isNoRoom(error);
  if (!isSystemError(error) || !(full || DISK_CODES.has(error.code ?? ""))) return error;
  const message = full
    ? "The disk of the artifact folder is full: free some space, nothing was stored"
    : `The artifact folder cannot be written (${error.code}): check its disk and permissions, nothing was stored`;
  return new DomainError("exhausted", message, { cause: error });
};

export type Disk = typeof disk;

/** Creates a file that must not be there, and never follows a link. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Only Linux has it; elsewhere Node's constants lack it. */
const direct = (): number => {
  if ("O_DIRECT" in constants) return constants.O_DIRECT;
  throw new Error(`${process.platform} has no direct reads and writes`);
};

/** The real disk. A parameter of `createBlobs`, so that a test can let it fail at any step. */
export const disk = {
  /** Creates a file that must not exist yet, mode 0600, and returns its descriptor. */
  create: (path: string): number => openSync(path, NEW_FILE, 0o600),

  /** The same off this thread, for work that nobody waits for. */
  createBeside: (path: string): Promise<number> => openAsync(path, NEW_FILE, 0o600),

  /** The same for writes past the page cache. @throws where the platform or the file system has none. */
  createDirect: (path: string): number => openSync(path, NEW_FILE | direct(), 0o600),
  openDirect: (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | direct()),

  /** Opens to read and append, made where it is missing, mode 0600; never follows a link. */
  openPartial: (path: string): number =>
    openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600),

  /** Opens for reading; never follows a link. */
  open: (path: string): number => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW),

  writeNow: (fd: number, bytes: Uint8Array): void => {
    for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
  },

  write: async (fd: number, bytes: Uint8Array): Promise<void> => {
    for (let done = 0; done < bytes.length;)
      done += (await writeAsync(fd, bytes, done, bytes.length - done, null)).bytesWritten;
  },

  /** Bytes read, 0 at the end of the file. */
  read: async (fd: number, into: Uint8Array, at: number): Promise<number> =>
    (await readAsync(fd, into, 0, into.length, at)).bytesRead,

  readNow: (fd: number, into: Uint8Array): number => readSync(fd, into, 0, into.length, 0),

  truncate: (fd: number, size: number): void => ftruncateSync(fd, size),

  /** Resolves when the file's bytes are on disk. */
  sync: (fd: number): Promise<void> => fsyncAsync(fd),

  close: (fd: number): void => closeSync(fd),

  /** Resolves when the names in a folder are on disk. Windows cannot sync a folder and does not need to. */
  syncFolder: async (path: string): Promise<void> => {
    if (process.platform === "win32") return;
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await fsyncAsync(fd);
    } finally {
      closeSync(fd);
    }
  },

  rename: (from: string, to: string): void => renameSync(from, to),
  remove: (path: string): void => unlinkSync(path),
  removeTree: (path: string): void => rmSync(path, { recursive: true, force: true }),
  makeFolder: (path: string): void => void mkdirSync(path, { recursive: true, mode: 0o700 }),
  names: (path: string): string[] => readdirSync(path),

  /** Size in bytes and time of change (ms since epoch) of a regular file; undefined for none, a link or a folder. */
  stat: (path: string): { size: number; changedAt: number } | undefined => {
    try {
      const stat = lstatSync(path);
      return stat.isFile() ? { size: stat.size, changedAt: stat.mtimeMs } : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  isFolder: (path: string): boolean => lstatSync(path).isDirectory(),
  sizeOf: (fd: number): number => fstatSync(fd).size,
};

/**
 * The same disk, telling of each sync that the device failed: the system may have dropped what it had taken, so that a
 * later sync which succeeds proves nothing. A full disk is no such failure.
 */
export const watchSyncs = (disk: Disk, onFailure: (error: unknown) => void): Disk => {
  const watched = async (syncing: Promise<void>): Promise<void> => {
    try {
      await syncing;
    } catch (error) {
      if (isSystemError(error) && error.code === "EIO") onFailure(error);
      throw error;
    }
  };
  return {
    ...disk,
    sync: (fd) => watched(disk.sync(fd)),
    syncFolder: (path) => watched(disk.syncFolder(path)),
  };
};
