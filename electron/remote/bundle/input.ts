/** The archive as a bundle's reader finds it: one file, or volumes that are to be put together again. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readPieces } from "./bag-sink.ts";
import { BundleError, shown } from "./errors.ts";
import { parseManifest } from "./tag-files.ts";
import { isSums, parseVolume, sumsPath } from "./volume-names.ts";

export interface InputPart {
  readonly path: string;
  readonly size: number;
  /** What the list of volumes says; undefined where there is no list. */
  readonly sha256?: string | undefined;
}

export interface BundleInput {
  readonly parts: readonly InputPart[];
  readonly totalBytes: number;
}

const volumeError = (path: string, what: string): BundleError =>
  new BundleError(
    "volume",
    basename(path),
    `The volume ${shown(basename(path))} ${what}. Copy it again from its source.`,
  );

const sizeOf = async (path: string): Promise<number> => {
  const found = await stat(path).catch((error: unknown) => {
    throw new BundleError("missing", path, `${shown(path)} cannot be read: is the medium still there?`, {
      cause: error,
    });
  });
  if (!found.isFile()) throw new BundleError("format", path, `${shown(path)} is not a file.`);
  return found.size;
};

/** One volume, or the list, stands for all that lie beside it. */
const withSiblings = async (files: readonly string[]): Promise<readonly string[]> => {
  const [only, second] = files;
  if (only === undefined || second !== undefined || !(isSums(only) || parseVolume(only))) return files;
  const list = isSums(only) ? only : sumsPath(parseVolume(only)?.outFile ?? only);
  const beside = (await readdir(dirname(only))).map((name) => join(dirname(only), name));
  return beside.filter((path) => path === list || sumsPath(parseVolume(path)?.outFile ?? "") === list);
};

const readSums = async (path: string): Promise<ReadonlyMap<string, string>> => {
  if ((await sizeOf(path)) > 1024 * 1024)
    throw new BundleError("format", path, `${shown(path)} is not a list of volumes.`);
  return parseManifest(basename(path), await readFile(path, "utf8"));
};

const checkNumbers = (volumes: readonly string[]): void => {
  const outFile = parseVolume(volumes[0] ?? "")?.outFile ?? "";
  for (const [at, path] of volumes.entries()) {
    const volume = parseVolume(path);
    if (!volume || basename(volume.outFile) !== basename(outFile)) throw volumeError(path, "belongs to another bundle");
    const wanted = `${basename(outFile)}.${String(at + 1).padStart(3, "0")}`;
    if (volume.number > at + 1) throw volumeError(wanted, "is missing");
    if (volume.number <= at) throw volumeError(path, "was given twice");
  }
};

const checkListed = (volumes: readonly string[], sums: ReadonlyMap<string, string>): void => {
  const given = new Set(volumes.map((path) => basename(path)));
  for (const name of sums.keys()) if (!given.has(name)) throw volumeError(name, "is missing");
  for (const name of given) if (!sums.has(name)) throw volumeError(name, "is not in the list of volumes");
};

const openVolumes = async (files: readonly string[]): Promise<readonly InputPart[]> => {
  const volumes = files.filter((path) => !isSums(path)).sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
  const first = parseVolume(volumes[0] ?? "");
  const beside = first ? sumsPath(first.outFile) : undefined;
  const list = files.find(isSums) ?? (beside !== undefined && existsSync(beside) ? beside : undefined);
  const sums = list === undefined ? undefined : await readSums(list);
  if (sums) checkListed(volumes, sums);
  checkNumbers(volumes);
  const parts: InputPart[] = [];
  for (const path of volumes) parts.push({ path, size: await sizeOf(path), sha256: sums?.get(basename(path)) });
  return parts;
};

/**
 * Finds all parts of an archive: its one file, its volumes in any order with or without their list, or one of these for all that lie
 * beside it. @throws BundleError `volume`, naming the one that is missing or does not belong
 */
export const openInput = async (given: readonly string[]): Promise<BundleInput> => {
  const files = await withSiblings(given);
  const [only, second] = files;
  if (only === undefined) throw new BundleError("missing", given[0] ?? "", "No file of a bundle was given.");
  const single = second === undefined && !isSums(only) && !parseVolume(only);
  const parts = single ? [{ path: only, size: await sizeOf(only) }] : await openVolumes(files);
  return { parts, totalBytes: parts.reduce((sum, { size }) => sum + size, 0) };
};

/** The first bytes of the archive. */
export const readStart = async ({ parts }: BundleInput, count: number): Promise<Buffer> => {
  const [first] = parts;
  if (!first) return Buffer.alloc(0);
  const handle = await open(first.path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

/** All bytes of the archive in order. */
export async function* readInput({ parts }: BundleInput): AsyncGenerator<Buffer> {
  for (const { path, sha256 } of parts) {
    const hash = sha256 === undefined ? undefined : createHash("sha256");
    for await (const piece of readPieces(path)) {
      hash?.update(piece);
      yield piece;
    }
    if (hash && hash.digest("hex") !== sha256) throw volumeError(path, "is not as it was written");
  }
}

const digestOf = async (path: string): Promise<string> => {
  const hash = createHash("sha256");
  for await (const piece of readPieces(path)) hash.update(piece);
  return hash.digest("hex");
};

/** After a refusal: the volume whose bytes are not those of the list, said with whose they are. */
export const findDamagedVolume = async ({ parts }: BundleInput): Promise<BundleError | undefined> => {
  for (const { path, sha256 } of parts) {
    if (sha256 === undefined) return undefined;
    const found = await digestOf(path);
    if (found === sha256) continue;
    const other = parts.find((part) => part.sha256 === found);
    return volumeError(
      path,
      other ? `holds what ${shown(basename(other.path))} should` : "was changed, damaged or cut off",
    );
  }
  return undefined;
};
