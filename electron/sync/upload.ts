/**
 * Files on their way to a remote. A file counts as there when the remote lists it with our size and, where it tells
 * one, our digest; anything else is sent once more and then left, blocked. What is too long for one piece, or broke too
 * often in one, goes in parts (`split.ts`).
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { FileFact } from "../../shared/sync/doc.ts";
import { RemoteError, type RemoteTrouble } from "../remote/errors.ts";
import type { FileSource, Ref, RemoteFile } from "../remote/remote.ts";
import type { SyncContext } from "./context.ts";
import { perform } from "./effect.ts";
import type { LocalRef } from "./local.ts";
import { cut, manifestPath, PART_BYTES, partPath, readManifest, writeManifest, type SplitManifest } from "./split.ts";
import { firstBytes, firstChunks, takingTurns } from "./streams.ts";

/** After so many pieces that broke a file that is longer than a part goes in parts. */
const BROKEN_TRIES = 3;
/** Longest manifest that is read; a terabyte in parts of 256 MiB has one of half of it. */
const MANIFEST_BYTES = 1024 * 1024;

export interface UploadJob {
  readonly ref: LocalRef;
  readonly remoteRef: Ref;
  readonly files: readonly FileFact[];
  /** Digests that the far side is known to have by path, from a note or from what was settled. */
  readonly known: Readonly<Record<string, string>>;
  /** Which files there are final, so that other bytes under their path are refused: those known, or all that are listed. */
  readonly frozen: "no" | "known" | "listed";
  readonly partBytes?: number;
  /** How often one piece of a path broke; lives as long as the engine. */
  readonly broken: Map<string, number>;
  readonly onBytes: (sent: number) => void;
}

export interface UploadResult {
  /** On the remote and compared, with how; what was sent now comes last. */
  readonly verified: readonly (FileFact & { readonly by: Compared })[];
  readonly blocked: readonly Blocked[];
  readonly sent: number;
  readonly bytes: number;
  readonly remarks: readonly string[];
}

type Compared = "sha256" | "size";
type Listing = ReadonlyMap<string, RemoteFile>;

const listFiles = async (ctx: SyncContext, ref: Ref): Promise<Listing> =>
  new Map((await ctx.remote.files(ref, ctx.signal)).map((file) => [file.path, file]));

/** How a listed file was found to be ours; undefined: it is not. */
const compare = (listed: RemoteFile | undefined, fact: FileFact): Compared | undefined => {
  if (listed?.size !== fact.size) return undefined;
  if (listed.sha256 === undefined) return "size";
  return listed.sha256 === fact.sha256 ? "sha256" : undefined;
};

/** The manifest that the far side has of a file, when it is one of exactly these bytes. */
const remoteManifest = async (
  ctx: SyncContext,
  ref: Ref,
  listing: Listing,
  fact: FileFact,
): Promise<SplitManifest | undefined> => {
  const path = manifestPath(fact.path);
  const listed = listing.get(path);
  if (!listed || listed.size > MANIFEST_BYTES) return undefined;
  const { body } = await ctx.remote.getFile(ref, path, { from: 0, etag: undefined }, ctx.signal);
  const manifest = readManifest(fact.path, (await buffer(firstBytes(body, MANIFEST_BYTES))).toString("utf8"));
  return manifest?.sha256 === fact.sha256 && manifest.size === fact.size ? manifest : undefined;
};

/** Whether all of a file is there, in one piece or in parts, and what was compared. */
const isThere = async (ctx: SyncContext, ref: Ref, listing: Listing, fact: FileFact): Promise<Compared | undefined> => {
  const whole = compare(listing.get(fact.path), fact);
  if (whole) return whole;
  const manifest = await remoteManifest(ctx, ref, listing, fact);
  const ways = manifest?.parts.map((part) => compare(listing.get(part.path), part)) ?? [undefined];
  if (ways.includes(undefined)) return undefined;
  return ways.includes("size") ? "size" : "sha256";
};

/** Other bytes of that path are known to be there, where a size alone proves nothing. */
const isOther = (job: UploadJob, { path, sha256 }: FileFact): boolean => (job.known[path] ?? sha256) !== sha256;

/** One piece, put and looked for; put once more when what is listed is something else. Undefined: it is not there. */
const putPiece = async (
  ctx: SyncContext,
  job: UploadJob,
  source: FileSource,
  { onBroken = () => {}, isOther = false } = {},
): Promise<Compared | undefined> => {
  const listed = async (): Promise<Compared | undefined> =>
    compare((await listFiles(ctx, job.remoteRef)).get(source.path), source);
  const { path, size, sha256 } = source;
  for (const time of ["first", "second"]) {
    const found = await perform<Compared | undefined>(ctx, {
      ref: job.ref,
      step: `file/${path}`,
      detail: { path, size, sha256, time },
      send: async () => {
        try {
          await ctx.remote.putFile(job.remoteRef, source, ctx.signal, job.onBytes);
        } catch (error) {
          if (error instanceof RemoteError && error.maybeDone) onBroken();
          throw error;
        }
        return undefined; // an answer to a PUT says nothing of what was stored
      },
      look: async () => {
        const value = await listed();
        return value === undefined || (value === "size" && isOther) ? undefined : { value, twins: [] };
      },
      settle: () => {},
    });
    const by = found ?? (await listed());
    if (by) return by;
  }
  return undefined;
};

/** Digests of the parts, by reading the file once. */
const partsOf = async (ctx: SyncContext, fact: FileFact, partBytes: number): Promise<readonly FileFact[]> => {
  const parts: FileFact[] = [];
  for (const { number, from, size } of cut(fact.size, partBytes)) {
    await ctx.turn();
    const hash = createHash("sha256");
    for await (const chunk of firstChunks(ctx.local.openFile(fact, from), size)) hash.update(chunk);
    parts.push({ path: partPath(fact.path, number), size, sha256: hash.digest("hex") });
  }
  return parts;
};

const textSource = (path: string, text: string): FileSource => {
  const bytes = Buffer.from(text, "utf8");
  return {
    path,
    size: bytes.byteLength,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    open: () => Readable.from([bytes], { objectMode: false }),
  };
};

const partBytesOf = (ctx: SyncContext, job: UploadJob): number =>
  Math.min(job.partBytes ?? PART_BYTES, ctx.remote.limits.fileBytes);

/** Sends what of the parts is not there, then the manifest, which makes them a file. */
const putParts = async (ctx: SyncContext, job: UploadJob, fact: FileFact): Promise<Compared | undefined> => {
  const partBytes = partBytesOf(ctx, job);
  const parts = await partsOf(ctx, fact, partBytes);
  const listing = await listFiles(ctx, job.remoteRef);
  for (const [index, part] of parts.entries()) {
    if (compare(listing.get(part.path), part)) continue;
    const open = (): Readable =>
      takingTurns(firstBytes(ctx.local.openFile(fact, index * partBytes), part.size), ctx.turn);
    if (!(await putPiece(ctx, job, { ...part, open }))) return undefined;
  }
  const manifest = writeManifest({ v: 1, path: fact.path, size: fact.size, sha256: fact.sha256, parts });
  return putPiece(ctx, job, textSource(manifestPath(fact.path), manifest));
};

const putWhole = (ctx: SyncContext, job: UploadJob, fact: FileFact): Promise<Compared | undefined> => {
  const { path } = fact;
  const source = { ...fact, open: () => takingTurns(ctx.local.openFile(fact), ctx.turn) };
  const onBroken = (): void => void job.broken.set(path, (job.broken.get(path) ?? 0) + 1);
  return putPiece(ctx, job, source, { onBroken, isOther: isOther(job, fact) });
};

/** Why a file is not sent at all. */
const refusal = (ctx: SyncContext, job: UploadJob, fact: FileFact, listed: boolean): string | undefined => {
  const held = ctx.remote.holdsFile(fact.path);
  if (held !== true) return held;
  const known = job.known[fact.path];
  const isPublished = known === undefined ? listed && job.frozen === "listed" : known !== fact.sha256;
  if (job.frozen !== "no" && isPublished)
    return `${fact.path} is published there with other bytes, and stays: make a new version for these`;
  return ctx.local.hasBytes(fact.sha256)
    ? undefined
    : `The bytes of ${fact.path} are not on this machine: pull them first`;
};

/** A file that could not be brought there, and why. */
interface Blocked {
  readonly path: string;
  readonly reason: string;
}

const FINAL: ReadonlySet<RemoteTrouble> = new Set(["invalid", "too_large", "exists"]);

const uploadOne = async (
  ctx: SyncContext,
  job: UploadJob,
  fact: FileFact,
  listed: boolean,
): Promise<Compared | Blocked> => {
  const { path } = fact;
  const reason = refusal(ctx, job, fact, listed);
  if (reason !== undefined) return { path, reason };
  const isLong = fact.size > ctx.remote.limits.fileBytes;
  // One part would break as the whole did, and only we could read it.
  const isTooOften = (job.broken.get(path) ?? 0) >= BROKEN_TRIES && fact.size > partBytesOf(ctx, job);
  const inParts = isLong || isTooOften;
  try {
    const by = await (inParts ? putParts : putWhole)(ctx, job, fact);
    return by ?? { path, reason: `${path} was sent twice, and what is listed there is not it` };
  } catch (error) {
    if (!(error instanceof RemoteError) || !FINAL.has(error.trouble)) throw error;
    return { path, reason: `${path} was refused: ${error.message}` }; // the other files go on
  }
};

const twinsIn = (listing: Listing, files: readonly FileFact[]): readonly string[] =>
  files.flatMap(({ path }) => {
    const twins = listing.get(path)?.twins ?? 0;
    return twins > 0 ? [`${path}: ${twins} older upload${twins === 1 ? "" : "s"} of that name still there`] : [];
  });

/** Brings the files of one object to the remote, one after another, as its packages want them. */
export const uploadFiles = async (ctx: SyncContext, job: UploadJob): Promise<UploadResult> => {
  const found: (FileFact & { by: Compared })[] = [];
  const put: (FileFact & { by: Compared })[] = [];
  const blocked: Blocked[] = [];
  let [sent, bytes] = [0, 0];
  const before = job.files.length > 0 ? await listFiles(ctx, job.remoteRef) : new Map<string, RemoteFile>();
  for (const fact of job.files) {
    await ctx.turn();
    const there = await isThere(ctx, job.remoteRef, before, fact);
    if (there === "sha256" || (there === "size" && !isOther(job, fact))) {
      found.push({ ...fact, by: there });
      continue;
    }
    const by = await uploadOne(ctx, job, fact, before.has(fact.path));
    if (typeof by === "object") {
      blocked.push(by);
      continue;
    }
    sent += 1;
    bytes += fact.size;
    put.push({ ...fact, by });
  }
  const after = sent > 0 ? await listFiles(ctx, job.remoteRef) : before;
  return { verified: [...found, ...put], blocked, sent, bytes, remarks: twinsIn(after, job.files) };
};
