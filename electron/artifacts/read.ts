/**
 * Reads blobs. A full read is hashed on the way and breaks off before its last piece when the bytes are not what they
 * were; a range relies on the size and on `check`.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { ByteRange } from "../../shared/api/byte-range.ts";
import { freeBytes, giveAway } from "../../shared/bytes.ts";
import { DomainError } from "../../shared/errors.ts";
import { BLOCK_BYTES, BUFFER_BYTES, DIRECT_BYTES, type DirectFile, type DirectFiles } from "./direct.ts";
import { isMissing, type Disk } from "./disk.ts";
import type { ByteJournal } from "./settle.ts";

/** Blobs up to this size are read at once; only they may be in the journal instead of a file. */
export const SMALL_BYTES = 64 * 1024;

export interface BlobRef {
  readonly sha256: string;
  readonly size: number; // bytes
}

const whole = ({ size }: BlobRef): ByteRange => ({ start: 0, end: size - 1 });

const damaged = (sha256: string, what: string): DomainError =>
  new DomainError("corrupt", `The stored content ${sha256} ${what}: run \`outpost check --read-data\``);

export interface ReaderDeps {
  readonly fileOf: (sha256: string) => string;
  readonly disk: Disk;
  readonly journal: Pick<ByteJournal, "find">;
  readonly directFiles: Pick<DirectFiles, "open">;
}

type Source = DirectFile;

/** So many digests are remembered at most. */
const MOST_REMEMBERED = 10_000;

export const createBlobReader = ({ fileOf, disk, journal, directFiles }: ReaderDeps) => {
  const readOnce = new Set<string>();

  const open = ({ sha256, size }: BlobRef, isDirect = false): Source => {
    let source: Source;
    try {
      const path = fileOf(sha256);
      source = (isDirect ? directFiles.open(path) : undefined) ?? {
        fd: disk.open(path),
        buffers: [],
        release: () => {},
      };
    } catch (error) {
      throw isMissing(error) ? damaged(sha256, "is missing") : error;
    }
    const found = disk.sizeOf(source.fd);
    if (found === size) return source;
    close(source);
    throw damaged(sha256, `has ${found} bytes instead of ${size}`);
  };
  const close = ({ fd, release }: Source): void => {
    disk.close(fd);
    release();
  };
  /** Long files go directly the first time: likely they are cold. Who reads one again would like to find it in memory. */
  const isDirect = ({ sha256, size }: BlobRef): boolean => {
    if (size < DIRECT_BYTES || readOnce.has(sha256)) return false;
    if (readOnce.size === MOST_REMEMBERED) readOnce.clear();
    readOnce.add(sha256);
    return true;
  };

  const readFile = (ref: BlobRef): Buffer => {
    const { sha256, size } = ref;
    const source = open(ref);
    const { fd } = source;
    const bytes = Buffer.allocUnsafe(size);
    try {
      for (let done = 0; done < size;) {
        const read = disk.readNow(fd, done === 0 ? bytes : bytes.subarray(done));
        if (read === 0) throw damaged(sha256, "is shorter than it was");
        done += read;
      }
    } finally {
      close(source);
    }
    return bytes;
  };
  const readSmall = (ref: BlobRef): Buffer => {
    const { sha256 } = ref;
    const bytes = journal.find(sha256) ?? readFile(ref);
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw damaged(sha256, "has changed");
    return bytes;
  };

  /** A file read in pieces, each while the one before it is hashed and sent. */
  const createPieces = (source: Source, sha256: string, { start, end }: ByteRange) => {
    const [aligned] = source.buffers;
    let underWay: Promise<unknown> = Promise.resolve();
    const readAt = async (at: number): Promise<Buffer> => {
      const into = aligned ?? Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, end + 1 - at));
      const before = aligned ? at % BLOCK_BYTES : 0;
      const read = await disk.read(source.fd, into, at - before);
      if (read <= before) throw damaged(sha256, "is shorter than it was");
      const piece = into.subarray(before, Math.min(read, end + 1 - at + before));
      if (!aligned) return giveAway(piece);
      const copy = Buffer.allocUnsafeSlow(piece.length);
      piece.copy(copy);
      return giveAway(copy);
    };
    const begin = (at: number): Promise<Buffer> => {
      const piece = readAt(at);
      underWay = piece.catch(() => undefined); // who awaits the piece is told; nobody may
      return piece;
    };
    const pieces = async function* (): AsyncGenerator<Buffer> {
      let next = begin(start);
      for (let at = start; at <= end;) {
        const piece = await next;
        at += piece.length;
        if (at <= end) next = begin(at);
        yield piece;
      }
    };
    /** Closes the file once no read is under way: the next file may get its number. */
    const closeLater = (): Promise<void> => underWay.then(() => close(source));
    return { pieces: pieces(), close: closeLater };
  };

  /** Holds each piece back until the next one is there, and the last one until the digest is right. */
  const verified = async function* (pieces: AsyncIterable<Buffer>, sha256: string): AsyncGenerator<Buffer> {
    const hash = createHash("sha256");
    let held: Buffer | undefined;
    for await (const piece of pieces) {
      if (held) yield held;
      hash.update(piece);
      held = piece;
    }
    if (hash.digest("hex") !== sha256) throw damaged(sha256, "has changed");
    if (held) yield held;
  };

  /**
   * A blob's bytes: at once when it is short, else as a stream.
   * @throws DomainError `corrupt` when the file is missing or has another size; later, from the stream, when it changed.
   */
  const read = (ref: BlobRef, range?: ByteRange): Buffer | Readable => {
    if (ref.size <= SMALL_BYTES) {
      const bytes = readSmall(ref);
      return range ? bytes.subarray(range.start, range.end + 1) : bytes;
    }
    const source = open(ref, range === undefined && isDirect(ref));
    const { pieces, close } = createPieces(source, ref.sha256, range ?? whole(ref));
    const body = range ? pieces : verified(pieces, ref.sha256);
    const stream = Readable.from(body, { objectMode: false, highWaterMark: 1 });
    // Not in a `finally` of the generator: one that is thrown away before its first piece never runs it.
    return stream.once("close", () => void close());
  };

  /** Reads a blob to its end. @throws DomainError `corrupt` naming what is wrong. */
  const verify = async (ref: BlobRef): Promise<void> => {
    if (ref.size <= SMALL_BYTES) return void readSmall(ref);
    const { pieces, close } = createPieces(open(ref, ref.size >= DIRECT_BYTES), ref.sha256, whole(ref));
    try {
      for await (const piece of verified(pieces, ref.sha256)) freeBytes(piece);
    } finally {
      await close();
    }
  };

  return { read, verify };
};
