/** Reads a zip of stored or deflated files by its central directory, as an unpacker does, checking each file's CRC. */
import { crc32, inflateRawSync } from "node:zlib";

const EOCD = 0x06054b50;

export const readZip = (zip: Buffer): Map<string, Buffer> => {
  const end = zip.length - 22;
  if (zip.readUInt32LE(end) !== EOCD) throw new Error("the zip has no end record");
  const large = zip.readUInt32LE(end + 16) === 0xffffffff;
  const end64 = large ? Number(zip.readBigUInt64LE(end - 20 + 8)) : 0;
  const count = large ? Number(zip.readBigUInt64LE(end64 + 32)) : zip.readUInt16LE(end + 10);
  const files = new Map<string, Buffer>();
  let at = large ? Number(zip.readBigUInt64LE(end64 + 48)) : zip.readUInt32LE(end + 16);
  for (let i = 0; i < count; i += 1) {
    const [crc, size] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 20)];
    const deflated = zip.readUInt16LE(at + 10) === 8;
    const [name, extra, comment] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const stored = zip.subarray(start, start + size);
    const bytes = deflated ? inflateRawSync(stored) : stored;
    const path = zip.toString("utf8", at + 46, at + 46 + name);
    if (crc32(bytes) !== crc) throw new Error(`${path} has another CRC`);
    if (files.has(path)) throw new Error(`${path} is there twice`);
    files.set(path, bytes);
    at += 46 + name + extra + comment;
  }
  return files;
};
