/**
 * Fetches wanted files: what came before a cut is kept and gone on from, and only bytes whose digest fits become a file.
 * Where the far side has no digest, size is all there is to compare, and the result says so.
 */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { DomainError } from "../../shared/errors.ts";
import { RemoteError, type RemoteTrouble } from "../remote/errors.ts";
import type { Download, Ref } from "../remote/remote.ts";
import type { SyncFileRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import type { Limit } from "./limit.ts";
import type { PartialFile } from "./local.ts";
import { readSmallFile } from "./small-file.ts";
import { manifestPath, readManifest } from "./split.ts";
import { type OnBytes, shareTransfer } from "./transfers.ts";

const AT_ONCE = 2;
const PAGE = 50;
/** Attempts of one file in one sync, each of which goes on where the one before was cut. */
const ATTEMPTS = 8;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;
const MAX_MANIFEST_BYTES = 16 * 1024 * 1024;

export interface DownloadResult {
  readonly files: number;
  readonly bytes: number;
  /** Of them, files that could be compared by size only. */
  readonly bySizeOnly: number;
  /** Still wanted: cut off too often, next time. */
  readonly left: number;
  readonly problems: readonly string[];
}

type Tally = { -readonly [key in Exclude<keyof DownloadResult, "problems">]: number } & { problems: string[] };

/** A piece of a file there: all of it, or a part. */
interface Piece {
  readonly path: string;
  readonly from: number; // where it begins in the whole
  readonly size: number;
}

interface Fetch {
  readonly ctx: SyncContext;
  readonly ref: Ref;
  readonly size: number;
  readonly partial: PartialFile;
  readonly onBytes: OnBytes;
  /** Attempts that bring nothing before it is given up for now. */
  readonly attempts: number;
  /** Sees the bytes from that one on, when the digest is not known before. */
  readonly through?: (from: number, body: Readable) => Readable;
}

const open = (fetch: Fetch, piece: Piece, from: number, etag: string | undefined): Promise<Download> =>
  fetch.ctx.remote.getFile(fetch.ref, piece.path, { from, etag }, fetch.ctx.signal);

/** Appends what is missing of a piece. `etags` remembers what each piece was when it was begun. */
const fetchPiece = async (fetch: Fetch, piece: Piece, etags: Map<string, string | undefined>): Promise<void> => {
  const { ctx, partial, through, onBytes } = fetch;
  const have = Math.max(0, partial.size() - piece.from);
  const known = etags.get(piece.path);
  let download = await open(fetch, piece, have, known);
  if (download.from > 0 && known !== undefined && download.etag !== known) {
    download.body.destroy();
    download = await open(fetch, piece, 0, undefined); // another file by now
  }
  const { from, total, etag, body } = download;
  if (from !== have && from !== 0) {
    body.destroy();
    throw new RemoteError("garbled", `'${piece.path}' was sent from byte ${from}, and ${have} was asked for`);
  }
  if (total !== undefined && total !== piece.size) {
    body.destroy();
    throw new RemoteError("corrupt", `'${piece.path}' has ${total} bytes there, and ${piece.size} are expected`);
  }
  etags.set(piece.path, etag);
  const source = through ? through(piece.from + from, body) : body;
  try {
    await partial.append(piece.from + from, source, ctx.signal, onBytes);
  } catch (error) {
    if (error instanceof DomainError || error instanceof RemoteError || ctx.signal.aborted) throw error;
    throw new RemoteError("unavailable", `'${piece.path}' was cut off`, { cause: error });
  }
};

/** The pieces of a file: itself, or the parts that its manifest names. */
const piecesOf = async (ctx: SyncContext, ref: Ref, file: SyncFileRow): Promise<readonly Piece[]> => {
  const whole = [{ path: file.path, from: 0, size: file.size }];
  const text = await readSmallFile(ctx, ref, manifestPath(file.path), MAX_MANIFEST_BYTES);
  const manifest = text && readManifest(file.path, text.toString("utf8"));
  if (manifest?.size !== file.size) return whole;
  let from = 0;
  return manifest.parts.map(({ path, size }) => {
    const piece = { path, from, size };
    from += size;
    return piece;
  });
};

const isGone = (error: unknown): boolean => error instanceof RemoteError && error.trouble === "gone";

/** Cuts are gone on from; what ends a sync, or cannot be helped, is not tried again. */
const mayGoOn = (error: unknown): boolean =>
  error instanceof RemoteError && ["unavailable", "garbled", "offline"].includes(error.trouble);

const pause = (ctx: SyncContext, attempt: number): Promise<void> => {
  const most = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * ctx.pace;
  return ctx.clock.sleep(most * (0.5 + ctx.random() / 2), ctx.signal);
};

const fetchAll = async (
  fetch: Fetch,
  pieces: readonly Piece[],
  etags: Map<string, string | undefined>,
): Promise<void> => {
  for (const piece of pieces)
    if (piece.size > 0 && fetch.partial.size() < piece.from + piece.size) await fetchPiece(fetch, piece, etags);
};

/** All bytes into the partial file, over cuts. @throws RemoteError, DomainError `exhausted` */
const bring = async (fetch: Fetch, file: SyncFileRow): Promise<void> => {
  const etags = new Map<string, string | undefined>();
  let pieces: readonly Piece[] = [{ path: file.path, from: 0, size: file.size }];
  let asked = false;
  if (file.size === 0) return fetch.partial.append(0, emptyBody(), fetch.ctx.signal);
  for (let attempt = 0; ; attempt += 1) {
    const before = fetch.partial.size();
    try {
      await fetchAll(fetch, pieces, etags);
      if (fetch.partial.size() >= file.size) return;
      throw new RemoteError("unavailable", `'${file.path}' ended after ${fetch.partial.size()} of ${file.size} bytes`);
    } catch (error) {
      fetch.ctx.signal.throwIfAborted();
      if (isGone(error) && !asked) {
        asked = true;
        pieces = await piecesOf(fetch.ctx, fetch.ref, file);
        if (pieces.length > 1 || pieces[0]?.path !== file.path) continue;
      }
      if (!mayGoOn(error) || attempt + 1 >= fetch.attempts) throw error;
      if (fetch.partial.size() > before) attempt = Math.max(0, attempt - 1); // it gets on
      await pause(fetch.ctx, attempt);
    }
  }
};

const emptyBody = (): Readable => Readable.from([], { objectMode: false });

/** What a download waits under: the digest, or another one made of what is known of the file. */
export const waitsUnder = (remote: number, file: SyncFileRow): string =>
  file.sha256 ??
  createHash("sha256").update(`${remote}/${file.kind}/${file.uid}/${file.path}/${file.size}`).digest("hex");

const isCorrupt = (error: unknown): boolean =>
  (error instanceof DomainError && error.kind === "corrupt") ||
  (error instanceof RemoteError && error.trouble === "corrupt");

/** Brings and checks; bytes that do not fit are fetched once more from the start. Returns the digest. */
const obtain = async (fetch: Fetch, file: SyncFileRow): Promise<string> => {
  const { partial } = fetch;
  const { sha256, size } = file;
  for (let again = false; ; again = true) {
    try {
      if (sha256 === null) return await obtainUnknown(fetch, file);
      await bring(fetch, file);
      await partial.finish({ sha256, size });
      return sha256;
    } catch (error) {
      if (!isCorrupt(error) || again) throw error;
      await partial.drop();
    }
  }
};

/** Hashes bytes in order, whatever is sent again on the way; what begins at 0 begins anew. */
const createHasher = () => {
  let hash = createHash("sha256");
  let hashed = 0;
  return {
    digest: (): string => hash.digest("hex"),
    through: (from: number, body: Readable): Readable => {
      if (from === 0) [hash, hashed] = [createHash("sha256"), 0];
      const chunks = async function* () {
        let at = from;
        for await (const chunk of body) {
          if (!Buffer.isBuffer(chunk)) throw new TypeError("A stream of bytes gave something else");
          if (at + chunk.byteLength > hashed) hash.update(chunk.subarray(Math.max(0, hashed - at)));
          at += chunk.byteLength;
          hashed = Math.max(hashed, at);
          yield chunk;
        }
      };
      // one chunk at a time: what waits in a buffer when the body breaks would have to come again
      return Readable.from(chunks(), { objectMode: false, highWaterMark: 1 });
    },
  };
};

/** Without a digest what came in an earlier process cannot be trusted: it begins anew, and is hashed on the way. */
const obtainUnknown = async (fetch: Fetch, file: SyncFileRow): Promise<string> => {
  await fetch.partial.drop();
  const hasher = createHasher();
  await bring({ ...fetch, through: hasher.through }, file);
  const sha256 = hasher.digest();
  await fetch.partial.finish({ sha256, size: file.size });
  return sha256;
};

/** What was settled stays settled with a file that the far side had before. Inside a write. */
const settleLanded = (ctx: SyncContext, remote: number, file: SyncFileRow, rev: number | undefined): void => {
  const row = ctx.state.objects.find(remote, file);
  if (row?.remote_id == null || !row.base) return;
  const isSettled = row.state === "done" && row.next_at === null && rev !== undefined && row.settled_rev >= rev;
  const here = ctx.local.read(file);
  const isBound = here?.files.some(({ path, sha256 }) => path === file.path && sha256 === file.sha256) === true;
  // other bytes of a run that were put there meanwhile are still to be held against what is there
  const isOther = file.kind === "run" && !isBound && here?.files.some(({ path }) => path === file.path) === true;
  const isNews = file.sha256 !== null && !isOther;
  const files = isNews ? { ...row.base.files, [file.path]: file.sha256 } : row.base.files;
  // a push that failed before it came still rests: a file is no sign that it went through
  ctx.state.objects.rebase(remote, file, { ...row.base, files }, isSettled && isBound ? here.rev : row.settled_rev);
};

/** The file is here: every place that waits for it gets it, and it is no news to the next plan. */
const land = (ctx: SyncContext, file: SyncFileRow, sha256: string): Promise<void> =>
  ctx.local.write((writes) => {
    const [ref, size] = [{ kind: file.kind, uid: file.uid }, file.size];
    if (file.sha256 === null) ctx.state.files.put(ctx.row.id, ref, [{ path: file.path, size, sha256 }]);
    const waiting = ctx.state.files.landed(sha256).map((one) => ({ one, rev: ctx.local.read(one)?.rev }));
    writes.landFile({ sha256, size });
    for (const { one, rev } of waiting) settleLanded(ctx, one.remote, one, rev);
  });

const keyOf = ({ kind, uid, path }: SyncFileRow): string => `${kind}/${uid}/${path}`;

export interface BringOptions {
  readonly onBytes: OnBytes;
  readonly attempts?: number;
  /** Runs the transfer itself when it is its turn. */
  readonly inTurn?: Limit;
}

/**
 * One file: here already, on its way already, or fetched now; then every place that waits for it has it. Returns whether
 * it had to come.
 * @throws RemoteError, DomainError; the reason of the context's signal.
 */
export const bringFile = async (
  ctx: SyncContext,
  file: SyncFileRow,
  { onBytes, attempts = ATTEMPTS, inTurn = (job) => job() }: BringOptions,
): Promise<boolean> => {
  const { sha256, size } = file;
  if (sha256 !== null && ctx.local.hasBytes(sha256)) {
    await land(ctx, file, sha256);
    return false;
  }
  const row = ctx.state.objects.find(ctx.row.id, { kind: file.kind, uid: file.uid });
  if (row?.remote_id == null) throw new RemoteError("gone", `What '${file.path}' belongs to is not on ${ctx.row.name}`);
  const ref = { kind: file.kind, id: row.remote_id };
  const key = waitsUnder(ctx.row.id, file);
  const got = await shareTransfer(ctx.local, { key, signal: ctx.signal, onBytes }, (signal, tell) =>
    inTurn(() => {
      signal.throwIfAborted(); // it may have waited
      const shared: Fetch = {
        ctx: { ...ctx, signal },
        ref,
        size,
        partial: ctx.local.partial(key),
        onBytes: tell,
        attempts,
      };
      return obtain(shared, file);
    }),
  );
  await land(ctx, file, got);
  return true;
};

const fetchFile = async (
  ctx: SyncContext,
  file: SyncFileRow,
  { tally, total }: { readonly tally: Tally; readonly total: number | undefined },
): Promise<void> => {
  const onBytes = (bytes: number): void =>
    ctx.progress({ phase: "files", done: tally.files, total, subject: file.path, bytes });
  const came = await bringFile(ctx, file, { onBytes });
  tally.files += 1;
  if (!came) return;
  tally.bytes += file.size;
  if (file.sha256 === null) tally.bySizeOnly += 1;
};

/** What may be over by the next time. */
const PASSING: ReadonlySet<RemoteTrouble> = new Set(["unavailable", "garbled", "rate_limited"]);

const noteProblem = (ctx: SyncContext, { kind, uid, path }: SyncFileRow, problem: string): Promise<void> =>
  ctx.local.write(() => ctx.state.files.problem(ctx.row.id, { kind, uid }, path, problem));

/** What stops the sync is thrown on; what may work next time stays wanted; the rest is said where the file is shown. */
const failed = async (ctx: SyncContext, file: SyncFileRow, error: unknown, tally: Tally): Promise<void> => {
  ctx.signal.throwIfAborted();
  const isRemote = error instanceof RemoteError;
  if (isRemote && ["offline", "captive", "insecure", "auth", "cancelled"].includes(error.trouble)) throw error;
  if (error instanceof DomainError && error.kind === "exhausted") throw error;
  if (!isRemote && !(error instanceof DomainError)) throw error;
  tally.problems.push(`${file.path}: ${error.message}`);
  if (isRemote && PASSING.has(error.trouble)) tally.left += 1;
  else await noteProblem(ctx, file, error.message);
};

/**
 * Fetches all wanted files, two at once.
 * @throws RemoteError where the sync has to stop; what has come of a file is gone on from next time.
 */
export const download = async (ctx: SyncContext): Promise<DownloadResult> => {
  const tally: Tally = { files: 0, bytes: 0, bySizeOnly: 0, left: 0, problems: [] };
  const tried = new Set<string>();
  for (;;) {
    const wanted = ctx.state.files.wanted(ctx.row.id, PAGE + tried.size).filter((file) => !tried.has(keyOf(file)));
    if (wanted.length === 0) return tally;
    const total = wanted.length < PAGE ? tally.files + wanted.length : undefined;
    for (let at = 0; at < wanted.length; at += AT_ONCE) {
      await ctx.turn();
      const some = wanted.slice(at, at + AT_ONCE);
      const ended = await Promise.allSettled(
        some.map((file) =>
          fetchFile(ctx, file, { tally, total }).catch((error: unknown) => failed(ctx, file, error, tally)),
        ),
      );
      for (const file of some) tried.add(keyOf(file));
      const stopped = ended.find((one) => one.status === "rejected");
      if (stopped) throw stopped.reason;
    }
  }
};
