/**
 * File names of a tree that is laid out: kept as they are where the system can hold them, else escaped so that every
 * artifact still gets a file of its own. Source: learn.microsoft.com "Naming Files, Paths, and Namespaces".
 */
import { createHash } from "node:crypto";

/** `windows` is also what a drive that travels (exFAT, SMB) can hold. */
export type FileSystemKind = "posix" | "windows" | "darwin";

const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;
const MAX_UNITS = 255;

const escapeChar = (char: string): string =>
  `%${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, "0")}`;

/** One name as Windows can hold it: no reserved character, device or trailing dot or blank. */
const escapeForWindows = (name: string): string => {
  const plain = name.replace(/[<>:"|?*\\\p{Cc}]/gu, escapeChar).replace(/[. ]$/, escapeChar);
  const safe = DEVICE.test(plain) ? escapeChar(plain.charAt(0)) + plain.slice(1) : plain;
  if (safe.length <= MAX_UNITS) return safe;
  return `${safe.slice(0, MAX_UNITS - 17)}~${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
};

/** `name~2` before the extension, `name~3`, … until nobody else has it. */
const makeUnique = (name: string, taken: (candidate: string) => boolean): string => {
  if (!taken(name)) return name;
  const dot = name.lastIndexOf(".");
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  for (let n = 2; ; n++) {
    const candidate = `${stem}~${n}${extension}`;
    if (!taken(candidate)) return candidate;
  }
};

export const systemKind = (platform: NodeJS.Platform = process.platform): FileSystemKind =>
  platform === "win32" ? "windows" : platform === "darwin" ? "darwin" : "posix";

/**
 * Gives each artifact path of one tree its path on disk. Two paths never share one, also where the system does not tell
 * upper case from lower or composed letters from decomposed ones.
 */
export const createFileNames = (kind: FileSystemKind) => {
  const folders = new Map<string, { path: string; taken: Set<string>; names: Map<string, string> }>();
  const keyOf = (name: string): string => (kind === "posix" ? name : name.normalize("NFC").toLowerCase());
  const folderAt = (path: string) => {
    const known = folders.get(path) ?? { path, taken: new Set<string>(), names: new Map<string, string>() };
    folders.set(path, known);
    return known;
  };
  const nameIn = (folder: ReturnType<typeof folderAt>, part: string): string => {
    const known = folder.names.get(part);
    if (known !== undefined) return known;
    const wanted = kind === "windows" ? escapeForWindows(part) : part;
    const name = makeUnique(wanted, (candidate) => folder.taken.has(keyOf(candidate)));
    folder.taken.add(keyOf(name));
    folder.names.set(part, name);
    return name;
  };

  /** The path on disk, with `/` between its parts. The same path in gives the same path out. */
  return (artifactPath: string): string => {
    let at = "";
    for (const part of artifactPath.split("/")) at = `${at === "" ? "" : `${at}/`}${nameIn(folderAt(at), part)}`;
    return at;
  };
};
