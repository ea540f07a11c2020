import type { ArtifactEntry } from "../../shared/api/outpost/artifacts.ts";

/** A file larger than this is loaded only on request. Bytes. */
export const ASK_ABOVE = 5_000_000;
/** Text is read from its start, this much at first. Bytes. */
export const HEAD = 64 * 1024;

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  bmp: "image/bmp",
  svg: "image/svg+xml",
};

export const imageTypeOf = (path: string): string | undefined =>
  IMAGES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];

/** Text has no NUL in its first bytes and is UTF-8; only what lies at the cut may be half a character. */
export const textOf = (bytes: Uint8Array, cut: boolean): string | undefined => {
  if (bytes.subarray(0, 8192).includes(0)) return undefined;
  for (let trim = 0; trim <= (cut ? 3 : 0); trim += 1) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytes.length - trim));
    } catch {
      // half a character at the cut: one byte less
    }
  }
  return undefined;
};

export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** All folders above a path, from the root: "a/b/c" → "a", "a/b". */
export const foldersAbove = (path: string): string[] => {
  const parts = path.split("/").filter(Boolean);
  return parts.slice(0, -1).map((_part, i) => parts.slice(0, i + 1).join("/"));
};

/** What a listing says about one path of it. */
export const entryOf = (entries: readonly ArtifactEntry[], path: string): ArtifactEntry | undefined =>
  entries.find((entry) => entry.path === path);
