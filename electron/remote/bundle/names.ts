/** Which names a bundle's files may have: such as mean one and the same file on every system, inside the bundle's folder. */
import { BundleError, shown } from "./errors.ts";

/** With the bundle's own name in front an entry still fits into a plain tar header. */
const MOST_CHARACTERS = 180;
const MOST_PARTS = 8;
const partPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
const deviceOfWindows = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** The rule that a name breaks, or undefined where it may stand. */
const complaint = (path: string): string | undefined => {
  if (path === "") return "has no name";
  if (path.startsWith("/")) return "has an absolute name";
  if (/^[A-Za-z]:/.test(path)) return "has a name with a drive";
  if (path.includes("\\")) return "has a backslash in its name";
  const parts = path.split("/");
  if (parts.some((part) => part === ".." || part === "." || part === "")) return "has '..', '.' or '//' in its name";
  if (path.length > MOST_CHARACTERS || parts.length > MOST_PARTS) return "has too long a name";
  if (!parts.every((part) => partPattern.test(part))) {
    return "has a character in its name other than A-Z, a-z, 0-9, '.', '_' and '-', or begins with '.'";
  }
  if (parts.some((part) => part.endsWith(".") || deviceOfWindows.test(part)))
    return "has a name that Windows cannot hold";
  return undefined;
};

/** @throws BundleError `name` for a name that could lead out of the folder or be read in two ways. */
export const checkPath = (path: string): void => {
  const reason = complaint(path);
  if (reason === undefined) return;
  throw new BundleError("name", path, `The entry ${shown(path)} ${reason}: refused. Ask the sender for a new bundle.`);
};

/**
 * Refuses names that are one on a file system that minds no case, and a file where another entry needs a folder. Only ASCII gets
 * here, so there are no other twins.
 */
export const createTwinCheck = () => {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  return (path: string): void => {
    const key = path.toLowerCase();
    const above = [...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index));
    const twin = files.get(key) ?? folders.get(key) ?? above.map((folder) => files.get(folder)).find(Boolean);
    if (twin !== undefined) {
      throw new BundleError(
        "twin",
        path,
        `The entry ${shown(path)} comes twice or in the place of ${shown(twin)}: refused.`,
      );
    }
    files.set(key, path);
    for (const folder of above) folders.set(folder, path);
  };
};

/** A name that one file may have on every system. */
export const isFileName = (name: string): boolean => complaint(name) === undefined && !name.includes("/");

/** The bundle's own name: the folder in the archive, and the archive's file name before `.tar`. */
export const isBundleName = (name: string): boolean => name.length <= 64 && isFileName(name);

const blobPattern = /^data\/blobs\/([0-9a-f]{2})\/([0-9a-f]{64})$/;

/** Where the bytes with this digest lie in a bundle. */
export const blobPath = (sha256: string): string => `data/blobs/${sha256.slice(0, 2)}/${sha256}`;

/** The digest that a path under `data/blobs/` promises; undefined for other paths. */
export const digestOfBlobPath = (path: string): string | undefined => {
  if (!path.startsWith("data/blobs/")) return undefined;
  const [, folder, sha256] = blobPattern.exec(path) ?? [];
  if (sha256 === undefined || folder === undefined || !sha256.startsWith(folder)) {
    throw new BundleError("name", path, `${shown(path)} is not a blob's name: data/blobs/<aa>/<sha256> is asked for.`);
  }
  return sha256;
};
