/** Looks for secrets in folders: in every file's bytes, in what is packed in them, in every cell of every database. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, type Stats } from "node:fs";
import { join, relative } from "node:path";
import { leaksInDatabaseFile } from "./database.ts";
import { type Form, formIn, OVERLAP } from "./marks.ts";
import { unpacked } from "./unpack.ts";

export interface Scanned {
  readonly files: number;
  readonly bytes: number;
  readonly databases: number;
  /** Databases whose cells could not be read: damaged or locked by a test, so only their bytes were looked at. */
  readonly unread: number;
  /** `path: form` or `path: table.column: form`; never the secret itself. */
  readonly leaks: readonly string[];
}

const PART = 4 * 1024 * 1024;
const zeros = Buffer.alloc(PART);
/** Longer ones are looked at as they are only. */
const LONGEST_PACKED = 256 * 1024 * 1024;
const DEPTH = 3;

/** The form of a secret in these bytes, or in what is packed in them. */
export const formInBytes = (bytes: Buffer, depth = DEPTH): string | undefined => {
  for (let at = 0; at < bytes.length; at += PART) {
    const form = formIn(bytes.toString("latin1", at, Math.min(bytes.length, at + PART + OVERLAP)));
    if (form !== undefined) return form;
  }
  if (depth === 0) return undefined;
  for (const inner of unpacked(bytes)) {
    const form = formInBytes(inner, depth - 1);
    if (form !== undefined) return `packed, ${form}`;
  }
  return undefined;
};

/** Part after part, so that a file of gigabytes takes no memory. */
const formInFile = (fd: number): Form | undefined => {
  const buffer = Buffer.allocUnsafe(PART + OVERLAP);
  let kept = 0;
  for (;;) {
    const read = readSync(fd, buffer, kept, PART, null);
    if (read === 0) return undefined;
    const isEmpty = kept === 0 && read === PART && zeros.equals(buffer.subarray(0, PART));
    const form = isEmpty ? undefined : formIn(buffer.toString("latin1", 0, kept + read));
    if (form !== undefined) return form;
    const end = kept + read;
    kept = isEmpty ? 0 : Math.min(OVERLAP, end);
    buffer.copy(buffer, 0, end - kept, end);
  }
};

interface Looked {
  readonly size: number;
  readonly isDatabase: boolean;
  readonly form: string | undefined;
}

const readStart = (fd: number): string => {
  const start = Buffer.alloc(16);
  return start.toString("latin1", 0, readSync(fd, start, 0, 16, 0));
};

const isPacked = (start: string): boolean => start.startsWith("\x1f\x8b\x08") || start.startsWith("PK\x03\x04");

const readWhole = (fd: number, size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  let at = 0;
  for (let read = -1; read !== 0 && at < size; at += read) read = readSync(fd, bytes, at, size - at, at);
  return bytes.subarray(0, at);
};

/** Where a token may lie: in the data folder's own place for them, for the owner alone; and in a person's own file. */
const mayHoldSecrets = (name: string, { mode }: Stats): boolean =>
  /(?:^|[/\\])secrets[/\\][^/\\]+$/.test(name)
    ? process.platform === "win32" || (mode & 0o077) === 0
    : name.endsWith(".by-hand");

const look = (folder: string, path: string): Looked | undefined => {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined; // gone meanwhile, or nobody's to read
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const size = stats.size;
    if (mayHoldSecrets(relative(folder, path), stats)) return { size, isDatabase: false, form: undefined };
    const start = readStart(fd);
    const plain = formInFile(fd);
    const form = plain ?? (isPacked(start) && size <= LONGEST_PACKED ? formInBytes(readWhole(fd, size)) : undefined);
    return { size, isDatabase: start.startsWith("SQLite format 3"), form };
  } finally {
    closeSync(fd);
  }
};

/** Without what links lead to: Node's own recursive listing follows them out of the folder. */
const filesOf = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesOf(path);
      return entry.isFile() ? [path] : [];
    });
  } catch {
    return []; // gone meanwhile
  }
};

/** A name that itself holds a secret is not told. */
const shownName = (name: string): { name: string; nameForm: Form | undefined } => {
  const nameForm = formIn(name);
  return { name: nameForm === undefined ? name : "[a name with a secret]", nameForm };
};

/** Everything below the folder. Databases are opened last: what opens one may empty its log. */
export const scanFolder = (folder: string): Scanned => {
  const looked = filesOf(folder).flatMap((path) => {
    const found = look(folder, path);
    return found ? [{ ...found, path, ...shownName(relative(folder, path)) }] : [];
  });
  const named = looked.flatMap(({ nameForm }) => (nameForm === undefined ? [] : [`a file's name: ${nameForm}`]));
  const leaks = looked.flatMap(({ name, form }) => (form === undefined ? [] : [`${name}: ${form}`]));
  const databases = looked.filter(({ isDatabase }) => isDatabase);
  let unread = 0;
  for (const { path, name } of databases)
    try {
      leaks.push(...leaksInDatabaseFile(path, formInBytes).map((place) => `${name}: ${place}`));
    } catch {
      unread += 1; // counted and told; its bytes were looked at
    }
  leaks.push(...named);
  const bytes = looked.reduce((sum, { size }) => sum + size, 0);
  return { files: looked.length, bytes, databases: databases.length, unread, leaks };
};
