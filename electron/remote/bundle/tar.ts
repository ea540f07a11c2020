/**
 * The archive: plain ustar entries of type "file", and nothing else. Readers of tar differ in what they forgive, and a difference
 * is where one tool sees another bundle than the next. So there is exactly one archive for a bundle: a header has to be byte for
 * byte the one that would be written for its name, size and time, the filling between entries is zero, and nothing follows the end.
 */
import { BundleError, shown } from "./errors.ts";
import type { BundleCode } from "./errors.ts";
import type { ByteReader } from "./byte-reader.ts";

export const BLOCK_BYTES = 512;
/** What `tar -x` and this app have in common: an archive that another tool wrote is unpacked first. */
const wayOut =
  "Ask for a new copy; if the archive was repacked on the way, unpack it with 'tar -xf' and give the folder instead.";

export interface TarHeader {
  readonly path: string;
  readonly size: number;
  /** Seconds since epoch; one time for the whole archive. */
  readonly mtime: number;
}

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;

/** From 8 GiB on a size has no room as octal digits; GNU's binary form is read by every tar of today. */
const writeSize = (block: Buffer, size: number): void => {
  if (size < 8 ** 11) {
    block.write(octal(size, 11), 124, "latin1");
    return;
  }
  block[124] = 0x80;
  block.writeBigUInt64BE(BigInt(size), 128);
};

const checksum = (block: Buffer): number => {
  let sum = 8 * 32; // the field itself counts as blanks
  for (let at = 0; at < BLOCK_BYTES; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
};

/** The one header of an entry; the path is ASCII and short enough, which `checkPath` has seen to. */
export const encodeHeader = ({ path, size, mtime }: TarHeader): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES);
  let split = -1;
  while (path.length - split - 1 > 100) split = path.indexOf("/", split + 1);
  block.write(path.slice(split + 1), 0, "latin1");
  block.write(octal(0o644, 7), 100, "latin1");
  block.write(octal(0, 7), 108, "latin1");
  block.write(octal(0, 7), 116, "latin1");
  writeSize(block, size);
  block.write(octal(mtime, 11), 136, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  if (split > 0) block.write(path.slice(0, split), 345, "latin1");
  block.write(`${checksum(block).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
};

/** Zeros up to the next block. */
export const padding = (size: number): Buffer => Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);

export const endOfArchive = Buffer.alloc(2 * BLOCK_BYTES);

/** How long the archive of these entries is. */
export const archiveBytes = (sizes: Iterable<number>): number => {
  let total = endOfArchive.length;
  for (const size of sizes) total += BLOCK_BYTES + size + padding(size).length;
  return total;
};

const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0);

const text = (block: Buffer, start: number, length: number): string => {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? length : end);
};

const number = (block: Buffer, start: number, length: number): number => {
  if (block[start] === 0x80) return Number(block.readBigUInt64BE(start + length - 8));
  const digits = text(block, start, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

const decodeHeader = (block: Buffer): TarHeader & { readonly type: string } => {
  const prefix = text(block, 257, 6) === "ustar" ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    size: number(block, 124, 12),
    mtime: number(block, 136, 12),
    type: text(block, 156, 1) || "0",
  };
};

/** The types that are refused, by what an unpacker would make of them. */
const refusedTypes: Readonly<Record<string, readonly [BundleCode, string]>> = {
  "1": ["link", "a hard link"],
  "2": ["link", "a symbolic link"],
  "3": ["special", "a character device"],
  "4": ["special", "a block device"],
  "5": ["special", "a folder entry"],
  "6": ["special", "a FIFO"],
  "7": ["special", "a contiguous file"],
  S: ["extension", "a sparse file"],
  x: ["extension", "a pax header, which gives the next entry another name or size"],
  g: ["extension", "a pax header for all entries"],
  L: ["extension", "a GNU header, which gives the next entry another name"],
  K: ["extension", "a GNU header, which gives the next entry another link"],
};

/** Only to name the entry that is meant: what pax or GNU put in front says the name in its own body. */
const namedInside = async (reader: ByteReader, { path, size, type }: TarHeader & { type: string }): Promise<string> => {
  if (!"xL".includes(type) || !(size > 0 && size <= 65_536)) return path;
  const body = (await reader.read(size)).toString("utf8");
  return (type === "L" ? body.split("\0")[0] : /(?:^|\n)\d+ path=([^\n]+)/.exec(body)?.[1]) ?? path;
};

export interface TarEntry extends TarHeader {
  /** Has to be read to its end before the next entry is asked for. */
  readonly content: () => AsyncIterable<Buffer>;
}

const damaged = (entry: string, what: string): BundleError =>
  new BundleError("damaged", entry, `${what} is not as it was written: the archive was changed or damaged. ${wayOut}`);

async function* contentOf(reader: ByteReader, { path, size }: TarHeader): AsyncGenerator<Buffer> {
  let rest = size;
  while (rest > 0) {
    const piece = await reader.some(rest);
    if (piece.length === 0) throw cutIn(path);
    rest -= piece.length;
    yield piece;
  }
  if (!isZero(await reader.read(padding(size).length))) throw damaged(path, `The filling after ${shown(path)}`);
}

const cutIn = (entry: string): BundleError =>
  new BundleError(
    "cut",
    entry,
    `The archive ends within ${shown(entry)}: it was cut off. Copy it again from its source.`,
  );

const readHeader = async (reader: ByteReader, block: Buffer): Promise<TarHeader> => {
  const header = decodeHeader(block);
  if (number(block, 148, 8) !== checksum(block)) throw damaged(header.path, `The header of ${shown(header.path)}`);
  const refused = refusedTypes[header.type];
  if (refused) {
    const entry = await namedInside(reader, header);
    throw new BundleError(refused[0], entry, `The entry ${shown(entry)} is ${refused[1]}: refused. ${wayOut}`);
  }
  return header;
};

/**
 * The entries of an archive, in one pass. `check` judges each header before a byte of its content is read.
 * @throws BundleError for everything that the one archive of a bundle does not have
 */
export async function* readTar(reader: ByteReader, check: (header: TarHeader) => void): AsyncGenerator<TarEntry> {
  let before = "the start";
  for (;;) {
    const block = await reader.read(BLOCK_BYTES);
    if (block.length < BLOCK_BYTES) throw cutIn(before);
    if (isZero(block)) break;
    const header = await readHeader(reader, block);
    check(header);
    if (!encodeHeader(header).equals(block)) throw damaged(header.path, `The header of ${shown(header.path)}`);
    if (!(header.size <= reader.left())) {
      const message = `${shown(header.path)} declares ${header.size} bytes, and the archive has only ${reader.left()} more: cut off, or a lie.`;
      throw new BundleError("size", header.path, message);
    }
    yield { ...header, content: () => contentOf(reader, header) };
    before = header.path;
  }
  const end = await reader.read(BLOCK_BYTES);
  if (end.length < BLOCK_BYTES) throw cutIn("the end mark");
  if (!isZero(end)) throw damaged(before, "The end mark");
  if ((await reader.some(1)).length > 0) {
    throw new BundleError(
      "trailing",
      before,
      `Something follows the end of the archive, after ${shown(before)}: refused. ${wayOut}`,
    );
  }
}
