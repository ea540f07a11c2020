/** Tar archives that are the same bytes from the same files: sorted, one date, no owners. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const BLOCK = 512;

/** A name as the two fields of a ustar header. @throws Error for one that fits in neither. */
const split = (path: string): { name: string; prefix: string } => {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && name !== "" && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new Error(`${path} is too long a name for a tar archive`);
};

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;

const header = (path: string, entry: { mode: number; size: number; seconds: number; isFolder: boolean }): Buffer => {
  const { name, prefix } = split(path);
  const block = Buffer.alloc(BLOCK);
  const put = (text: string, at: number): void => void block.write(text, at, "utf8");
  put(name, 0);
  put(octal(entry.mode, 8), 100);
  put(octal(0, 8), 108); // owner
  put(octal(0, 8), 116); // group
  put(octal(entry.size, 12), 124);
  put(octal(entry.seconds, 12), 136);
  put(" ".repeat(8), 148);
  put(entry.isFolder ? "5" : "0", 156);
  put("ustar\0" + "00", 257);
  put(prefix, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
};

/** A folder as a gzipped tar, under a name of its own inside. Modes come from the files, the date from the caller. */
export const tarGz = (folder: string, name: string, date: Date): Buffer => {
  const seconds = Math.floor(date.getTime() / 1000);
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((path) => path.replaceAll("\\", "/"));
  const blocks = ["", ...paths.toSorted()].flatMap((path) => {
    const whole = join(folder, path);
    const stats = statSync(whole);
    const isFolder = stats.isDirectory();
    const content = isFolder ? Buffer.alloc(0) : readFileSync(whole);
    const inside = [name, path].filter(Boolean).join("/") + (isFolder ? "/" : "");
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(inside, { mode: stats.mode & 0o777, size: content.length, seconds, isFolder }), content, padding];
  });
  const packed = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]), { level: 9 });
  packed[9] = 255; // the system that packed it: unknown, everywhere
  return packed;
};
