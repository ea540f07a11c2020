/** Where the files of a bundle go while it is made: into a folder, or straight into the archive without a second copy. */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskError, writeAll } from "./byte-sink.ts";
import type { ByteSink } from "./byte-sink.ts";
import { BundleError, shown } from "./errors.ts";
import { encodeHeader, endOfArchive, padding } from "./tar.ts";

/** What a file turned out to be. */
export interface SeenFile {
  readonly sha256: string;
  readonly size: number;
}

export interface PutFile {
  /** Within the bundle. */
  readonly path: string;
  readonly content: AsyncIterable<Uint8Array>;
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
}

export interface BagSink {
  /** @throws BundleError `source` where the content is not as long, or not the bytes, that were announced. */
  readonly put: (file: PutFile) => Promise<SeenFile>;
  readonly close: () => Promise<void>;
  /** Nothing is left afterwards. */
  readonly abort: () => Promise<void>;
}

/** Told of the bytes that went by; throws to stop. */
export type OnBytes = (count: number) => void;

export const PIECE_BYTES = 1024 * 1024;

/** The bytes of a file; it is opened when the first of them is asked for, so that nothing is left open where none ever is. */
export async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const pieces: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: PIECE_BYTES });
  yield* pieces;
}

const sourceError = (path: string, what: string): BundleError =>
  new BundleError(
    "source",
    path,
    `${shown(path)} ${what}: the file changed or is damaged; check it and make the bundle again.`,
  );

/** Hands the content on, piece by piece, and says what it was. */
const copy = async (file: PutFile, onBytes: OnBytes, write: (bytes: Buffer) => Promise<void>): Promise<SeenFile> => {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of file.content) {
    const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(piece);
    size += bytes.length;
    if (size > (file.size ?? Infinity))
      throw sourceError(file.path, `has more than the ${file.size ?? 0} bytes announced`);
    const written = write(bytes);
    hash.update(bytes); // while the system writes
    await written;
    onBytes(bytes.length);
  }
  const sha256 = hash.digest("hex");
  if (size !== (file.size ?? size))
    throw sourceError(file.path, `has ${size} bytes and not the ${file.size ?? 0} announced`);
  if (sha256 !== (file.sha256 ?? sha256)) throw sourceError(file.path, "does not have the digest announced");
  return { sha256, size };
};

const writeFile = async (path: string, write: (handle: FileHandle) => Promise<SeenFile>): Promise<SeenFile> => {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, "wx", 0o600);
    try {
      return await write(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw diskError(error, path);
  }
};

/** Files under their names in a folder that is made for them. */
export const createFolderSink = (folder: string, onBytes: OnBytes): BagSink => ({
  put: (file) =>
    writeFile(join(folder, ...file.path.split("/")), (handle) =>
      copy(file, onBytes, (bytes) => writeAll(handle, bytes)),
    ),
  close: () => Promise.resolve(),
  abort: () => rm(folder, { recursive: true, force: true }),
});

export interface TarSinkOptions {
  readonly out: ByteSink;
  /** The bundle's name: the folder in the archive. */
  readonly name: string;
  readonly mtime: number;
  /** For files whose length is not known before they are written. */
  readonly spoolFolder: string;
  readonly onBytes: OnBytes;
}

/** Files as entries of the archive; one of unknown length goes through a file beside it first. */
export const createTarSink = ({ out, name, mtime, spoolFolder, onBytes }: TarSinkOptions): BagSink => {
  const append = async (file: PutFile, size: number): Promise<SeenFile> => {
    await out.write(encodeHeader({ path: `${name}/${file.path}`, size, mtime }));
    const seen = await copy({ ...file, size }, onBytes, out.write);
    await out.write(padding(size));
    return seen;
  };

  const put = async (file: PutFile): Promise<SeenFile> => {
    if (file.size !== undefined) return append(file, file.size);
    const spool = join(spoolFolder, `${randomUUID()}.part`);
    try {
      await writeFile(spool, (handle) =>
        copy(
          file,
          () => undefined,
          (bytes) => writeAll(handle, bytes),
        ),
      );
      return await append({ ...file, content: readPieces(spool) }, (await stat(spool)).size);
    } finally {
      await rm(spool, { force: true });
    }
  };

  const close = async (): Promise<void> => {
    await out.write(endOfArchive);
    await out.close();
  };

  return { put, close, abort: out.abort };
};
