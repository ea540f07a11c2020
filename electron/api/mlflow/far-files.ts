/**
 * Files that are listed here and whose bytes are on a remote: opening one brings it. It is answered when it is here, or,
 * when that takes long, while it comes; then its last piece waits until the whole is checked, so that no answer is
 * complete before that.
 */
import type { FastifyReply } from "fastify";
import { setTimeout as wait } from "node:timers/promises";
import type { ByteRange } from "../../../shared/api/byte-range.ts";
import { DomainError } from "../../../shared/errors.ts";

export interface FarFile {
  readonly size: number; // bytes
  /** Null where the remote tells none: then its size is all there is to check. */
  readonly sha256: string | null;
  /** Where it is, for a message. */
  readonly remote: string;
  /**
   * Resolves once it is here, checked, under its name; readers of one file share one transfer.
   * @throws DomainError naming the remote and the way out
   */
  readonly fetch: (signal: AbortSignal, onBytes: (total: number) => void) => Promise<void>;
  /** What has come from `from` on, unchecked. */
  readonly peek: (from: number, most: number) => Promise<Buffer<ArrayBuffer>>;
}

export interface FarFiles {
  /** Direct children of a folder that are on a remote only. `size` is null for a folder. */
  readonly list: (folder: string) => readonly { readonly name: string; readonly size: number | null }[];
  readonly find: (path: string) => FarFile | undefined;
}

type Entry = ReturnType<FarFiles["list"]>[number];

/** Listings that name what is here and what can be opened. */
export const withFarFiles = (
  { list }: { readonly list: (folder: string) => readonly Entry[] },
  far: Pick<FarFiles, "list">,
): { readonly list: (folder: string) => Entry[] } => ({
  list: (folder) => {
    const [here, there] = [list(folder), far.list(folder)];
    if (there.length === 0) return [...here];
    const all = new Map([...there, ...here].map((entry) => [entry.name, entry]));
    return [...all.values()].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  },
});

/** In ms. `whole`: until an answer begins while the file still comes; `first`: until its first byte must be here. */
export interface Patience {
  readonly whole: number;
  readonly first: number;
}

/** MLflow's client waits two minutes for a head, and as long between two pieces. */
export const PATIENCE: Patience = { whole: 10_000, first: 60_000 };
const PIECE = 1024 * 1024;
/** What is kept back until all is checked. */
const HELD = 64 * 1024;

/** A file on its way: how far it is, and when it gets further. */
export interface Arriving {
  /** True when all of it is here; false after `ms`. @throws what fetching throws */
  readonly within: (ms: number) => Promise<boolean>;
  readonly hasBegun: () => boolean;
  /** Pieces of a range as they come, all but the last; the rest is read from the file once it is here. */
  readonly pieces: (range: ByteRange, rest: (range: ByteRange) => AsyncIterable<Buffer<ArrayBuffer>>) => AsyncIterable<Buffer<ArrayBuffer>>; // prettier-ignore
}

const cut = (): DomainError =>
  new DomainError("unavailable", "The file began anew on its way here: what was sent of it may not be it");

/** Begins to fetch; ends when the client hangs up. */
export const fetchFor = (reply: FastifyReply, far: FarFile): Arriving => {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort(new DomainError("unavailable", "Nobody waits for it any more")));
  let [total, isAnew, isHere] = [0, false, false];
  let wake = Promise.withResolvers<void>();
  const tell = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const fetched = far.fetch(gone.signal, (now) => {
    if (now < total) isAnew = true;
    total = now;
    tell();
  });
  const arrived = fetched.then(() => {
    isHere = true;
  });
  arrived.catch(() => undefined); // whoever waits for it is told; nobody may be waiting yet

  return {
    within: async (ms) => {
      const timer = new AbortController();
      const late = wait(ms, undefined, { signal: timer.signal, ref: false }).catch(() => undefined);
      await Promise.race([arrived, late]).finally(() => timer.abort());
      return isHere;
    },
    hasBegun: () => total > 0,
    pieces: async function* (range, rest) {
      const end = range.end + 1;
      let at = range.start;
      while (!isHere) {
        const moved = wake.promise; // asked for before looking: nothing is missed in between
        if (isAnew && at > range.start) throw cut();
        const most = Math.min(total, end - HELD) - at;
        const piece = most > 0 ? await far.peek(at, Math.min(most, PIECE)) : undefined;
        if (piece !== undefined && piece.byteLength > 0 && !(isAnew && at > range.start)) {
          at += piece.byteLength;
          yield piece;
        } else await Promise.race([arrived, moved]);
      }
      if (isAnew && at > range.start) throw cut();
      if (at < end) yield* rest({ start: at, end: range.end });
    },
  };
};

/**
 * Waits until the file is here (true) or begins to be worth answering (false).
 * @throws DomainError; `unavailable`, which MLflow's client asks again for, when nothing came in all that time
 */
export const awaitFile = async (
  arriving: Arriving,
  path: string,
  far: FarFile,
  patience: Patience,
): Promise<boolean> => {
  if (await arriving.within(patience.whole)) return true;
  if (arriving.hasBegun()) return false;
  if (await arriving.within(Math.max(0, patience.first - patience.whole))) return true;
  if (arriving.hasBegun()) return false;
  throw new DomainError(
    "unavailable",
    `'${path}' is on the remote '${far.remote}' only, which has sent nothing of it for ${Math.round(patience.first / 1000)} s: open it again, or look at the remote under Sync`,
  );
};
