/** What gzip and zip files hold: a secret in them reads like nothing. */
import { constants, gunzipSync, inflateRawSync } from "node:zlib";

/** Whatever came before the damage, where a file is damaged or cut. */
const lenient = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1024 ** 3 };

const END_OF_DIRECTORY = Buffer.from("PK\x05\x06", "latin1");
const DEFLATED = 8;

const zipEntries = (bytes: Buffer): Buffer[] => {
  const end = bytes.lastIndexOf(END_OF_DIRECTORY);
  if (end < 0) return [];
  const entries: Buffer[] = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const start = bytes.readUInt32LE(at + 42);
    const from = start + 30 + bytes.readUInt16LE(start + 26) + bytes.readUInt16LE(start + 28);
    const packed = bytes.subarray(from, from + bytes.readUInt32LE(at + 20));
    if (bytes.readUInt16LE(at + 10) === DEFLATED) entries.push(inflateRawSync(packed, lenient));
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return entries;
};

/** The texts inside; none for what is not packed, or only begins as if it were. */
export const unpacked = (bytes: Buffer): Buffer[] => {
  const start = bytes.subarray(0, 4).toString("latin1");
  try {
    if (start.startsWith("\x1f\x8b\x08")) return [gunzipSync(bytes, lenient)];
    if (start === "PK\x03\x04") return zipEntries(bytes);
  } catch (error) {
    if (!(error instanceof Error)) throw error; // damaged on purpose: its bytes were looked at as they are
  }
  return [];
};
