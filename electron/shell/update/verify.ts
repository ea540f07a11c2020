/**
 * Proves a package before anything runs it: signed list, name, digest. What is handed on is a copy in a folder of our own, of
 * the very bytes that were digested: the place that the package came from may change under us.
 */
import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DomainError } from "../../../shared/errors.ts";
import { compareSemver } from "../../../shared/semver/semver.ts";
import { isMissing } from "../keep-file.ts";
import type { UpdateKey } from "./key.ts";
import { isFor, readPackageName, type PackageKind, type Running } from "./package-name.ts";
import {
  LIST,
  MOST_LIST_BYTES,
  readSignedList,
  SIGNATURE,
  SIGNATURE_BYTES,
  type Digests,
  type SignedBytes,
} from "./signed-list.ts";

/** No package is nearly as large. */
export const MOST_PACKAGE_BYTES = 2 ** 31;

/** A package as the signed list and its own name describe it. */
export interface Expected {
  readonly name: string;
  readonly version: string;
  readonly kind: PackageKind;
  readonly digest: string;
  readonly age: "newer" | "same" | "older";
}

/** A copy whose bytes are those that the key's owner listed. */
export interface VerifiedPackage extends Expected {
  readonly path: string;
}

export interface Watched {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number | null) => void;
}

const ageOf = (version: string, running: string): Expected["age"] => {
  const order = compareSemver(version, running);
  return order > 0 ? "newer" : order < 0 ? "older" : "same";
};

/**
 * What the list and the name say of a package.
 * @throws DomainError where it is not listed, is another product's, or is made for another system
 */
export const expectedPackage = (name: string, digests: Digests, running: Running, place: string): Expected => {
  const digest = digests.get(name);
  if (digest === undefined)
    throw new DomainError(
      "denied",
      `${name} is not in ${LIST} in ${place}: take the package and the list from the same release, and do not rename the file`,
    );
  const said = readPackageName(name);
  if (!said)
    throw new DomainError(
      "invalid",
      `${name} is no package that Outpost can install: choose one named Outpost-VERSION-SYSTEM-PROCESSOR with the ending exe, msi, dmg, deb, rpm or AppImage`,
    );
  if (!isFor(said, running))
    throw new DomainError(
      "invalid",
      `${name} is made for ${said.system} on ${said.processor}, and this is ${running.platform} on ${running.processor}: choose the package of this system`,
    );
  return { name, version: said.version, kind: said.kind, digest, age: ageOf(said.version, running.version) };
};

/** A folder that nobody has seen, in one that is emptied: what was verified before never changes, it is only gone. */
const freshFolder = async (folder: string): Promise<string> => {
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
  await mkdir(folder, { mode: 0o700 }); // fails where somebody was faster
  const fresh = join(folder, randomUUID());
  await mkdir(fresh, { mode: 0o700 });
  return fresh;
};

/**
 * Copies a package into the folder, which is emptied, and digests the copy while it is written.
 * @throws DomainError `denied` where the bytes are not those that are listed; nothing is left of them then
 */
export const keepVerified = async (
  expected: Expected,
  source: AsyncIterable<Uint8Array>,
  { folder, total, signal, onProgress }: Watched & { readonly folder: string; readonly total: number | null },
): Promise<VerifiedPackage> => {
  const fresh = await freshFolder(folder);
  const path = join(fresh, expected.name);
  try {
    const digest = await copy(path, source, (done) => {
      signal.throwIfAborted();
      if (done > MOST_PACKAGE_BYTES)
        throw new DomainError(
          "invalid",
          `${expected.name} is larger than ${MOST_PACKAGE_BYTES} bytes: it is no package`,
        );
      onProgress(done, total);
    });
    signal.throwIfAborted();
    if (digest !== expected.digest)
      throw new DomainError(
        "denied",
        `${expected.name} is not the file that ${LIST} lists: it was damaged or changed on its way; get it again from where it was made`,
      );
    return { ...expected, path };
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
};

const copy = async (
  path: string,
  source: AsyncIterable<Uint8Array>,
  onBytes: (done: number) => void,
): Promise<string> => {
  const hash = createHash("sha256");
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    let done = 0;
    for await (const bytes of source) {
      done += bytes.length;
      onBytes(done);
      hash.update(bytes);
      await file.writeFile(bytes);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
};

/** Opens what is a file and nothing else: a pipe in its place would be waited for without end. */
const openFile = async (path: string): Promise<{ file: FileHandle; size: number }> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new DomainError("invalid", `${path} is no file`);
    return { file, size: stat.size };
  } catch (error) {
    await file.close();
    throw error;
  }
};

const readSmall = async (path: string, most: number): Promise<Uint8Array> => {
  const { file, size } = await openFile(path).catch((cause: unknown) => {
    if (!isMissing(cause)) throw cause;
    const folder = dirname(path);
    throw new DomainError(
      "not_found",
      `${basename(path)} does not lie in ${folder}: copy ${LIST} and ${SIGNATURE} beside the package, from where the package was made`,
      { cause },
    );
  });
  try {
    if (size > most)
      throw new DomainError("invalid", `${path} is larger than ${most} bytes: it is not what its name says`);
    return await file.readFile();
  } finally {
    await file.close();
  }
};

/** The list and the signature that lie beside a package. @throws DomainError where one is missing or far too large */
export const listBeside = async (path: string): Promise<SignedBytes> => {
  const place = dirname(path);
  const list = await readSmall(join(place, LIST), MOST_LIST_BYTES);
  const signature = await readSmall(join(place, SIGNATURE), SIGNATURE_BYTES);
  return { list, signature, place };
};

/**
 * Proves a file and gives the copy that may run.
 * @throws DomainError with one sentence that names the file, the reason and the way out; the signal's reason when cancelled
 */
export const verifyPackage = async (
  input: {
    readonly file: string;
    readonly signed: SignedBytes;
    readonly key: UpdateKey;
    readonly running: Running;
    readonly folder: string;
  } & Watched,
): Promise<VerifiedPackage> => {
  const { file: path, signed, key, running, folder, signal, onProgress } = input;
  const digests = readSignedList(signed, key);
  const expected = expectedPackage(basename(path), digests, running, signed.place);
  const { file, size } = await openFile(path);
  try {
    const source = file.createReadStream({ highWaterMark: 1 << 20, autoClose: false });
    return await keepVerified(expected, source, { folder, total: size, signal, onProgress });
  } finally {
    await file.close();
  }
};
