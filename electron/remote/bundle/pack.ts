/**
 * Making a bundle for the way over an air gap: a BagIt bag (RFC 8493) with a signature over its tag manifest. What the objects in it are
 * is others' business. Nothing is left of a bundle that failed or was cancelled.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { createFolderSink, createTarSink, readPieces } from "./bag-sink.ts";
import type { BagSink, OnBytes, SeenFile } from "./bag-sink.ts";
import { createFileSink } from "./byte-sink.ts";
import type { FileSink, WrittenFile } from "./byte-sink.ts";
import { BundleError, shown } from "./errors.ts";
import { renderIndex } from "./index-page.ts";
import type { BagIndex } from "./index-page.ts";
import { checkPath, createTwinCheck, digestOfBlobPath, isBundleName } from "./names.ts";
import { createSealingSink } from "./seal.ts";
import type { Seal } from "./seal.ts";
import { allowedSignersLine, fingerprint, publicKeyLine, sign } from "./sshsig.ts";
import type { SigningKey } from "./sshsig.ts";
import { bagitText, parseInfo, parseManifest, tagFiles, writeInfo, writeManifest } from "./tag-files.ts";
import type { BagInfo } from "./tag-files.ts";

/** More entries than this are refused when a bundle is read; the tag files are among them. */
export const MOST_ENTRIES = 100_000;
export const objectsPath = "data/objects.jsonl";
export const indexPath = "data/index.html";

export interface ArchiveOptions {
  /** Cuts the archive to the medium's size. */
  readonly volumeBytes?: number;
  /** Encrypts it for the way. */
  readonly seal?: Seal;
  readonly signal?: AbortSignal;
  /** Bytes of files so far, and of all of them where that is known. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly totalBytes?: number }) => void;
}

export interface BagWriterOptions extends ArchiveOptions {
  /** An existing folder for what is made on the way; the bag comes to lie in it as `<folder>/<name>` unless `outFile` is given. */
  readonly folder: string;
  /** Of A-Z, a-z, 0-9, '.', '_' and '-'. */
  readonly name: string;
  readonly info: BagInfo;
  /** Writes straight into this archive: no second copy of the bytes. */
  readonly outFile?: string;
}

export interface FinishOptions {
  readonly key: SigningKey;
  readonly index: BagIndex;
  /** The signer's name for `ssh-keygen -Y verify -I`. */
  readonly identity?: string;
}

export interface FinishedBag {
  /** The bag's folder; undefined where it was written straight into an archive. */
  readonly folder: string | undefined;
  /** The archive or its volumes with their list; empty for a folder. */
  readonly files: readonly WrittenFile[];
  /** Of the tag manifest, and so of all that is inside: for the label. */
  readonly digest: string;
  readonly fingerprint: string;
  readonly payloadFiles: number;
  readonly payloadBytes: number;
}

/** `<name>.tar`, or `<name>.tar.sealed` where it is encrypted: other tools shall not take it for an archive. */
export const archiveName = (name: string, seal?: Seal): string => `${name}.tar${seal ? ".sealed" : ""}`;

const meter = ({ signal, onProgress }: ArchiveOptions, totalBytes?: number): OnBytes => {
  let bytes = 0;
  return (count) => {
    signal?.throwIfAborted();
    bytes += count;
    onProgress?.({ bytes, ...(totalBytes !== undefined && { totalBytes }) });
  };
};

const secondsOf = (created: string): number => Math.floor(Date.parse(created) / 1000);

const openArchive = (outFile: string, { volumeBytes, seal }: ArchiveOptions) => {
  const files = createFileSink({ outFile, volumeBytes });
  return { files, out: seal ? createSealingSink(files, seal) : files };
};

const openSink = (options: BagWriterOptions): { readonly sink: BagSink; readonly files?: FileSink } => {
  const { folder, name, info, outFile } = options;
  const onBytes = meter(options);
  if (outFile === undefined) return { sink: createFolderSink(join(folder, name), onBytes) };
  const { files, out } = openArchive(outFile, options);
  return { files, sink: createTarSink({ out, name, mtime: secondsOf(info.created), spoolFolder: folder, onBytes }) };
};

export type BagWriter = ReturnType<typeof createBagWriter>;

/** Takes files one at a time, in the order that they shall have, `data/objects.jsonl` among them, and signs them at the end. */
export const createBagWriter = (options: BagWriterOptions) => {
  const { folder, name, info, outFile } = options;
  if (!isBundleName(name)) {
    throw new BundleError(
      "name",
      name,
      `${shown(name)} cannot be a bundle's name: use A-Z, a-z, 0-9, '.', '_' and '-'.`,
    );
  }
  writeInfo(info, { bytes: 0, files: 0 }); // wrong words are refused before gigabytes are copied
  if (outFile === undefined && existsSync(join(folder, name))) {
    throw new BundleError(
      "exists",
      name,
      `${shown(join(folder, name))} exists already: choose another name or remove it.`,
    );
  }
  const { sink, files } = openSink(options);
  const payload = new Map<string, SeenFile>();
  const tags = new Map<string, SeenFile>();
  const checkTwin = createTwinCheck();
  let state: "open" | "busy" | "closed" = "open";

  /** One step at a time, and nothing is left after one that failed. */
  const step = async <Result>(act: () => Promise<Result>): Promise<Result> => {
    if (state !== "open") throw new Error(`the bundle '${name}' is ${state}`);
    state = "busy";
    try {
      options.signal?.throwIfAborted();
      if (tags.size === 0) await putTag(tagFiles.bagit, bagitText);
      const result = await act();
      state = "open";
      return result;
    } catch (error) {
      state = "closed";
      await sink.abort();
      throw error;
    }
  };

  const putTag = async (path: string, text: string): Promise<Buffer> => {
    const bytes = Buffer.from(text);
    tags.set(path, await sink.put({ path, content: toPieces(bytes), size: bytes.length }));
    return bytes;
  };

  const putPayload = async (
    path: string,
    source: AsyncIterable<Uint8Array> | Buffer,
    known?: SeenFile,
  ): Promise<SeenFile> => {
    checkPath(path);
    checkTwin(path);
    if (payload.size + 10 > MOST_ENTRIES) {
      throw new BundleError("entries", path, `A bundle has at most ${MOST_ENTRIES} files: make several smaller ones.`);
    }
    const [size, sha256] = [
      Buffer.isBuffer(source) ? source.length : known?.size,
      digestOfBlobPath(path) ?? known?.sha256,
    ];
    const seen = await sink.put({ path, content: toPieces(source), size, sha256 });
    payload.set(path, seen);
    return seen;
  };

  const totals = () => ({ files: payload.size, bytes: payload.values().reduce((sum, { size }) => sum + size, 0) });
  const digests = (seen: ReadonlyMap<string, SeenFile>): string =>
    writeManifest(Array.from(seen, ([path, { sha256 }]) => [path, sha256]));

  /** A stream is read to its end or destroyed. */
  const addFile = async (
    path: string,
    source: AsyncIterable<Uint8Array> | Buffer,
    known?: SeenFile,
  ): Promise<SeenFile> => {
    try {
      return await step(() => {
        if (path.startsWith("data/") && path !== indexPath) return putPayload(path, source, known);
        const message = `${shown(path)} is not a place for files of a bundle: use data/objects.jsonl or data/blobs/….`;
        throw new BundleError("name", path, message);
      });
    } catch (error) {
      if (source instanceof Readable) source.destroy();
      throw error;
    }
  };

  const finish = ({ key, index, identity = "outpost" }: FinishOptions): Promise<FinishedBag> =>
    step(async () => {
      if (!payload.has(objectsPath)) throw new BundleError("missing", objectsPath, `The bundle has no ${objectsPath}.`);
      const facts = { name, info, ...totals(), identity, fingerprint: fingerprint(key) };
      await putPayload(indexPath, Buffer.from(renderIndex(index, facts)));
      await putTag(tagFiles.manifest, digests(payload));
      await putTag(tagFiles.info, writeInfo(info, totals()));
      await putTag(tagFiles.publicKey, `${publicKeyLine(key, identity)}\n`);
      await putTag(tagFiles.allowedSigners, `${allowedSignersLine(key, identity)}\n`);
      const manifest = await putTag(tagFiles.tagManifest, digests(tags));
      await putTag(tagFiles.signature, sign(manifest, key));
      await sink.close();
      return {
        folder: outFile === undefined ? join(folder, name) : undefined,
        files: files?.files() ?? [],
        digest: createHash("sha256").update(manifest).digest("hex"),
        fingerprint: facts.fingerprint,
        payloadFiles: totals().files,
        payloadBytes: totals().bytes,
      };
    }).finally(() => {
      state = "closed";
    });

  /** Gives up: nothing is left. */
  const abort = async (): Promise<void> => {
    if (state === "closed") return;
    state = "closed";
    await sink.abort();
  };

  /** Whether a file of this name is inside already: the same bytes go in once. */
  return { addFile, has: (path: string) => payload.has(path), finish, abort };
};

async function* toPieces(source: AsyncIterable<Uint8Array> | Buffer): AsyncGenerator<Uint8Array> {
  if (Buffer.isBuffer(source)) yield source;
  else yield* source;
}

/** The files of a bag in the one order that an archive has. */
export const archiveOrder = (payload: Iterable<string>, tags: ReadonlySet<string>): readonly string[] => [
  tagFiles.bagit,
  ...payload,
  ...[
    tagFiles.manifest,
    tagFiles.info,
    tagFiles.publicKey,
    tagFiles.allowedSigners,
    tagFiles.tagManifest,
    tagFiles.signature,
  ].filter((path) => tags.has(path)),
];

/**
 * Packs a finished bag's folder into one archive or its volumes; returns what was written. Each file is checked against the manifest on
 * the way. @throws BundleError
 */
export const tarBag = async (
  folder: string,
  outFile: string,
  options: ArchiveOptions = {},
): Promise<readonly WrittenFile[]> => {
  const read = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
  const payload = parseManifest(tagFiles.manifest, await read(tagFiles.manifest));
  const tags = parseManifest(tagFiles.tagManifest, await read(tagFiles.tagManifest));
  const { created } = parseInfo(await read(tagFiles.info));
  const order = archiveOrder(payload.keys(), new Set([...tags.keys(), tagFiles.tagManifest, tagFiles.signature]));
  const sizes = await Promise.all(order.map(async (path) => (await stat(join(folder, ...path.split("/")))).size));
  const { files, out } = openArchive(outFile, options);
  const onBytes = meter(
    options,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const sink = createTarSink({ out, name: basename(folder), mtime: secondsOf(created), spoolFolder: folder, onBytes });
  try {
    for (const [at, path] of order.entries()) {
      const content = readPieces(join(folder, ...path.split("/")));
      await sink.put({ path, content, size: sizes[at], sha256: payload.get(path) ?? tags.get(path) });
    }
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
  return files.files();
};
