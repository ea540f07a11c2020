/**
 * Reads blobs. A full read is hashed on the way and breaks off before its last piece when the bytes are not what they
 * were; a range relies on the size and on `check`.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { ByteRange } from "../../shared/api/byte-range.ts";
import { DomainError } from "../../shared/errors.ts";
import { isMissing, type Disk } from "./disk.ts";
import type { ByteJournal } from "./settle.ts";

/** Blobs up to this size are read at once; only they may be in the journal instead of a file. */
export const SMALL_BYTES = 64 * 1024;
const BUFFER_BYTES = 1024 * 1024;

export interface BlobRef {
  readonly sha256: string;
  readonly size: number; // bytes
}

const damaged = (sha256: string, what: string): DomainError =>
  new DomainError("corrupt", `The stored content ${sha256} ${what}: run \`outpost check --read-data\``);

export const createBlobReader = (
  fileOf: (sha256: string) => string,
  disk: Disk,
  journal: Pick<ByteJournal, "find">,
) => {
  const open = ({ sha256, size }: BlobRef): number => {
    let fd: number;
    try {
      fd = disk.open(fileOf(sha256));
    } catch (error) {
      throw isMissing(error) ? damaged(sha256, "is missing") : error;
    }
    const found = disk.sizeOf(fd);
    if (found === size) return fd;
    disk.close(fd);
    throw damaged(sha256, `has ${found} bytes instead of ${size}`);
  };

  const readFile = (ref: BlobRef): Buffer => {
    const { sha256, size } = ref;
    const fd = open(ref);
    const bytes = Buffer.allocUnsafe(size);
    try {
      for (let done = 0; done < size;) {
        const read = disk.readNow(fd, done === 0 ? bytes : bytes.subarray(done));
        if (read === 0) throw damaged(sha256, "is shorter than it was");
        done += read;
      }
    } finally {
      disk.close(fd);
    }
    return bytes;
  };
  const readSmall = (ref: BlobRef): Buffer => {
    const { sha256 } = ref;
    const bytes = journal.find(sha256) ?? readFile(ref);
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) throw damaged(sha256, "has changed");
    return bytes;
  };

  const pieces = async function* (fd: number, sha256: string, { start, end }: ByteRange): AsyncGenerator<Buffer> {
    for (let at = start; at <= end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, end + 1 - at));
      const read = await disk.read(fd, buffer, at);
      if (read === 0) throw damaged(sha256, "is shorter than it was");
      at += read;
      yield buffer.subarray(0, read);
    }
  };

  /** Holds each piece back until the next one is there, and the last one until the digest is right. */
  const verified = async function* (fd: number, ref: BlobRef): AsyncGenerator<Buffer> {
    const hash = createHash("sha256");
    let held: Buffer | undefined;
    for await (const piece of pieces(fd, ref.sha256, { start: 0, end: ref.size - 1 })) {
      if (held) yield held;
      hash.update(piece);
      held = piece;
    }
    if (hash.digest("hex") !== ref.sha256) throw damaged(ref.sha256, "has changed");
    if (held) yield held;
  };

  /**
   * A blob's bytes: at once when it is short, else as a stream.
   * @throws DomainError `corrupt` when the file is missing or has another size; later, from the stream, when it changed.
   */
  const read = (ref: BlobRef, range?: ByteRange): Buffer | Readable => {
    if (ref.size <= SMALL_BYTES) {
      const whole = readSmall(ref);
      return range ? whole.subarray(range.start, range.end + 1) : whole;
    }
    const fd = open(ref);
    const stream = Readable.from(range ? pieces(fd, ref.sha256, range) : verified(fd, ref), {
      objectMode: false,
      highWaterMark: 1,
    });
    // Not in a `finally` of the generator: one that is thrown away before its first piece never runs it.
    return stream.once("close", () => disk.close(fd));
  };

  /** Reads a blob to its end. @throws DomainError `corrupt` naming what is wrong. */
  const verify = async (ref: BlobRef): Promise<void> => {
    if (ref.size <= SMALL_BYTES) return void readSmall(ref);
    const fd = open(ref);
    try {
      for await (const piece of verified(fd, ref)) void piece;
    } finally {
      disk.close(fd);
    }
  };

  return { read, verify };
};
