/**
 * Reading a bundle that comes from a stranger. Names are judged before anything is written, everything is written into a fresh folder of
 * its own, and after a refusal nothing is left. What is inside is never unpacked or run.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PIECE_BYTES } from "./bag-sink.ts";
import type { SeenFile } from "./bag-sink.ts";
import { createByteReader } from "./byte-reader.ts";
import { diskError, writeAll } from "./byte-sink.ts";
import { checkBag, checkPlace } from "./check.ts";
import type { CheckedBag, SeenBag, TrustOptions } from "./check.ts";
import { BundleError, shown } from "./errors.ts";
import { findDamagedVolume, openInput, readInput, readStart } from "./input.ts";
import type { BundleInput } from "./input.ts";
import { checkPath, createTwinCheck, digestOfBlobPath, isBundleName } from "./names.ts";
import { MOST_ENTRIES, objectsPath } from "./pack.ts";
import { isSealed, unseal, unsealedBytes } from "./seal.ts";
import type { SealKeys } from "./seal.ts";
import { BLOCK_BYTES, readTar } from "./tar.ts";
import type { TarHeader } from "./tar.ts";

/** The files of an archive (one, its volumes, or one volume for all beside it), or a bag's folder, unpacked. */
export type BagSource = { readonly files: readonly string[] } | { readonly folder: string };

export interface InspectOptions extends TrustOptions, SealKeys {
  readonly limits?:
    { readonly entries?: number; /** Instead of the free space. */ readonly bytes?: number } | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly bytes: number; readonly totalBytes: number }) => void) | undefined;
}

export interface VerifyOptions extends InspectOptions {
  /** An existing folder, in which an archive is unpacked to a folder of its own. */
  readonly staging: string;
}

export interface VerifiedBag extends CheckedBag {
  readonly name: string;
  /** The bag's folder, whole and checked. */
  readonly folder: string;
  readonly objectsFile: string;
  /** By digest. */
  readonly blobs: ReadonlyMap<string, { readonly path: string; readonly size: number }>;
  /** Removes what was unpacked; a folder that was given stays. */
  readonly discard: () => Promise<void>;
}

/** Tag files are held in memory; the largest is the manifest. */
const MOST_TAG_BYTES = 32 * 1024 * 1024;

/** Where a file's bytes go while they are looked at; without a path nowhere. */
const take = async (
  path: string | undefined,
  content: AsyncIterable<Buffer>,
  keep: Buffer[] | undefined,
): Promise<SeenFile> => {
  const hash = createHash("sha256");
  let size = 0;
  if (path !== undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = path === undefined ? undefined : await open(path, "wx", 0o600);
  try {
    for await (const piece of content) {
      const written = handle && writeAll(handle, piece);
      hash.update(piece); // while the system writes
      keep?.push(piece);
      size += piece.length;
      await written;
    }
  } finally {
    await handle?.close();
  }
  return { sha256: hash.digest("hex"), size };
};

/** What is gathered while a bag is read, and the checks that every file passes before its content is. */
const createGathering = (options: InspectOptions) => {
  const [files, tags] = [new Map<string, SeenFile>(), new Map<string, Buffer>()];
  const checkTwin = createTwinCheck();
  const most = options.limits?.entries ?? MOST_ENTRIES;

  const check = (path: string, size: number): void => {
    checkPath(path);
    checkTwin(path);
    checkPlace(path);
    if (files.size === most) {
      throw new BundleError("entries", path, `The bundle has more than ${most} entries: refused at ${shown(path)}.`);
    }
    if (!path.startsWith("data/") && size > MOST_TAG_BYTES) {
      throw new BundleError("size", path, `${shown(path)} has ${size} bytes; at most ${MOST_TAG_BYTES} are read.`);
    }
  };

  const add = async (path: string, content: AsyncIterable<Buffer>, target: string | undefined): Promise<void> => {
    const keep: Buffer[] | undefined = path.startsWith("data/") ? undefined : [];
    files.set(path, await take(target, content, keep));
    if (keep) tags.set(path, Buffer.concat(keep));
  };

  return { files, tags, check, add };
};

async function* metered(
  source: AsyncIterable<Buffer>,
  totalBytes: number,
  options: InspectOptions,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of source) {
    options.signal?.throwIfAborted();
    bytes += piece.length;
    options.onProgress?.({ bytes, totalBytes });
    yield piece;
  }
}

const plainBytes = async (input: BundleInput, options: InspectOptions) => {
  const entry = basename(input.parts[0]?.path ?? "");
  const start = await readStart(input, BLOCK_BYTES);
  const source = metered(readInput(input), input.totalBytes, options);
  if (isSealed(start)) {
    return { bytes: unseal(entry, source, input.totalBytes, options), totalBytes: unsealedBytes(input.totalBytes) };
  }
  if (start.toString("latin1", 257, 262) !== "ustar") {
    throw new BundleError(
      "format",
      entry,
      `${shown(entry)} is not a bundle: an uncompressed .tar, a .tar.sealed or its first volume is asked for.`,
    );
  }
  return { bytes: source, totalBytes: input.totalBytes };
};

interface ReadBag extends SeenBag {
  readonly name: string;
}

/** The entries of an archive, below the bundle's name, into `target` if there is one. */
const readArchive = async (
  input: BundleInput,
  target: string | undefined,
  options: InspectOptions,
): Promise<ReadBag> => {
  const { bytes, totalBytes } = await plainBytes(input, options);
  const { check, add, files, tags } = createGathering(options);
  let first: { readonly name: string; readonly mtime: number } | undefined;
  const checkHeader = ({ path, size, mtime }: TarHeader): void => {
    checkPath(path);
    const name = path.slice(0, path.indexOf("/"));
    first ??= { name, mtime };
    if (!isBundleName(name) || name !== first.name) {
      throw new BundleError(
        "extra",
        path,
        `${shown(path)} does not lie in the bundle's folder ${shown(first.name)}: refused.`,
      );
    }
    check(path.slice(name.length + 1), size);
    if (mtime !== first.mtime)
      throw new BundleError(
        "damaged",
        path,
        `The header of ${shown(path)} has another time than the rest: it was changed.`,
      );
  };
  for await (const { path, content } of readTar(createByteReader(bytes, totalBytes), checkHeader)) {
    const inside = path.slice(path.indexOf("/") + 1);
    await add(inside, content(), target === undefined ? undefined : join(target, ...path.split("/")));
  }
  if (!first) throw new BundleError("format", "", "The archive is empty: this is not a bundle.");
  return { files, tags, archiveTime: first.mtime, name: first.name };
};

/** The files below a folder, as paths with '/'. @throws BundleError for a link and whatever is no file */
const walk = async (folder: string, below = ""): Promise<string[]> => {
  const paths: string[] = [];
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isSymbolicLink()) throw new BundleError("link", path, `${shown(path)} is a symbolic link: refused.`);
    if (entry.isDirectory()) {
      checkPath(path);
      paths.push(...(await walk(folder, path)));
    } else if (entry.isFile()) paths.push(path);
    else throw new BundleError("special", path, `${shown(path)} is not a file: refused.`);
    if (paths.length > MOST_ENTRIES)
      throw new BundleError("entries", path, `The folder has more than ${MOST_ENTRIES} files: refused.`);
  }
  return paths;
};

const openPlainFile = async (path: string, entry: string) => {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const found = await handle.stat();
  if (found.isFile()) return { handle, size: found.size };
  await handle.close();
  throw new BundleError("special", entry, `${shown(entry)} is not a file: refused.`);
};

const readFolder = async (folder: string, options: InspectOptions): Promise<ReadBag> => {
  const { check, add, files, tags } = createGathering(options);
  let bytes = 0;
  for (const path of await walk(folder)) {
    const { handle, size } = await openPlainFile(join(folder, ...path.split("/")), path);
    try {
      check(path, size);
      await add(
        path,
        metered(handle.createReadStream({ highWaterMark: PIECE_BYTES, autoClose: false }), size, {
          ...options,
          onProgress: undefined,
        }),
        undefined,
      );
    } finally {
      await handle.close();
    }
    bytes += size;
    options.onProgress?.({ bytes, totalBytes: bytes });
  }
  return { files, tags, archiveTime: undefined, name: basename(folder) };
};

const checkSpace = async (input: BundleInput, { staging, limits }: VerifyOptions): Promise<void> => {
  const { bavail, bsize } = await statfs(staging);
  const free = limits?.bytes ?? bavail * bsize;
  if (input.totalBytes <= free) return;
  const entry = basename(input.parts[0]?.path ?? "");
  throw new BundleError(
    "space",
    entry,
    `${shown(entry)} has ${input.totalBytes} bytes, and ${free} are free in ${shown(staging)}: free some first.`,
  );
};

/** A damaged volume explains whatever was found wrong behind it, so it is named instead. */
const readFiles = async (input: BundleInput, target: string | undefined, options: InspectOptions): Promise<ReadBag> => {
  try {
    return await readArchive(input, target, options);
  } catch (error) {
    throw (error instanceof BundleError && !notOfVolumes.has(error.code) && (await findDamagedVolume(input))) || error;
  }
};
const notOfVolumes = new Set(["volume", "sealed", "passphrase", "recipient", "space"]);

const blobsOf = ({ files }: SeenBag, folder: string): VerifiedBag["blobs"] => {
  const blobs = new Map<string, { path: string; size: number }>();
  for (const [path, { size }] of files) {
    const sha256 = digestOfBlobPath(path);
    if (sha256 !== undefined) blobs.set(sha256, { path: join(folder, ...path.split("/")), size });
  }
  return blobs;
};

/** Checks all of a bundle and writes nothing. @throws BundleError */
export const inspectBag = async (
  source: BagSource,
  options: InspectOptions,
): Promise<CheckedBag & { readonly name: string }> => {
  const seen =
    "folder" in source
      ? await readFolder(source.folder, options)
      : await readFiles(await openInput(source.files), undefined, options);
  return { ...checkBag(seen, options), name: seen.name };
};

/** Unpacks an archive into a folder of its own in `staging`, or takes a folder in place, and checks all of it. @throws BundleError */
export const verifyBag = async (source: BagSource, options: VerifyOptions): Promise<VerifiedBag> => {
  const toResult = (seen: ReadBag, folder: string, discard: () => Promise<void>): VerifiedBag => ({
    ...checkBag(seen, options),
    name: seen.name,
    folder,
    objectsFile: join(folder, ...objectsPath.split("/")),
    blobs: blobsOf(seen, folder),
    discard,
  });
  if ("folder" in source) {
    return toResult(await readFolder(source.folder, options), source.folder, () => Promise.resolve());
  }
  const input = await openInput(source.files);
  await checkSpace(input, options);
  const target = join(options.staging, `bundle-${randomUUID()}`);
  const discard = (): Promise<void> => rm(target, { recursive: true, force: true });
  try {
    await mkdir(target, { mode: 0o700 });
    const seen = await readFiles(input, target, options);
    return toResult(seen, join(target, seen.name), discard);
  } catch (error) {
    await discard();
    throw diskError(error, target, "free some and try again");
  }
};
