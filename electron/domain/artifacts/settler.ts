/**
 * How a short artifact survives a power cut without a sync of its own. Its bytes go into `pending_blobs` in the very
 * transaction that adds its rows, so one commit, which many uploads share, puts all of it on disk; the answer follows
 * that commit. Its file comes later, here, in batches.
 *
 * At every moment each blob that has a row is on disk in one of two places:
 * - before the commit there is no row, and nobody was told of anything;
 * - from the commit on its bytes are in the same database as its row. Reads, checks and backups find them there;
 * - a file gets its name in `blobs/` only when its bytes are synced, and its row in the journal goes only after the folder
 *   is synced too, in a commit of its own. A cut before that commit leaves both, which are the same bytes, or only the
 *   row; the next pass, also after a restart, goes over it again and finds the file or writes it.
 * So nothing has to be repaired before a start can answer. While a pass works on a blob it holds it: garbage collection
 * leaves it alone, and nobody can bring the same digest anew between the sync of its file and the end of its row.
 *
 * The journal is bounded: a pass begins soon after the first bytes came, at once when they have become many, and where it
 * cannot keep up, or the disk refuses files, uploads wait for their own sync as long ones do.
 */
import type { Blobs } from "../../artifacts/blobs.ts";
import type { BlobJournal, JournaledBlob } from "../../store/blob-journal.ts";

export interface SettlerDeps {
  readonly journal: BlobJournal;
  readonly blobs: Pick<Blobs, "hold" | "settle">;
  /** Runs a job in the next commit. */
  readonly write: (job: () => void) => Promise<void>;
  /** Told when files cannot be written; what they hold stays in the journal. */
  readonly onError: (error: unknown) => void;
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  /** No more bytes than these wait. */
  readonly mostBytes: number;
  /** From here on a pass begins at once. */
  readonly manyBytes: number;
  /** Else it begins when nothing came for so long, so that the files of a burst do not compete with its uploads, … */
  readonly quietMs: number;
  /** … or when the first waited so long. */
  readonly latestMs: number;
  /** After a pass that could not place everything. */
  readonly retryMs: number;
}

export type Settler = ReturnType<typeof createSettler>;

const MIB = 1024 * 1024;
const DEFAULTS: Limits = {
  mostBytes: 160 * MIB,
  manyBytes: 96 * MIB,
  quietMs: 1000,
  latestMs: 10_000,
  retryMs: 15_000,
};

/** Files of one commit. */
const BATCH = 512;

/** What a file takes beside its bytes, so that many tiny ones count too. */
const PER_FILE_BYTES = 4096;

export const createSettler = ({ journal, blobs, write, onError, limits }: SettlerDeps) => {
  const { mostBytes, manyBytes, quietMs, latestMs, retryMs } = { ...DEFAULTS, ...limits };
  const waiting = (): number => {
    const { count, bytes } = journal.totals();
    return bytes + count * PER_FILE_BYTES;
  };
  let bytes = waiting(); // too high after writes were undone; each pass counts anew
  let timer: NodeJS.Timeout | undefined;
  let firstAt: number | undefined; // when the oldest of those that wait for a pass came
  let running: Promise<void> | undefined;
  let deadline = Infinity;

  const settleBatch = async (batch: readonly JournaledBlob[]): Promise<unknown> => {
    const releases = batch.map(({ sha256 }) => blobs.hold(sha256));
    try {
      const { done, failure } = await blobs.settle(batch.map(({ sha256 }) => sha256));
      const onDisk = new Set(done);
      await write(() => {
        for (const blob of batch) if (onDisk.has(blob.sha256)) journal.remove(blob);
      });
      return failure;
    } catch (error) {
      return error;
    } finally {
      for (const release of releases) release();
    }
  };

  const pass = async (): Promise<void> => {
    let failure: unknown;
    for (let after = 0; Date.now() < deadline;) {
      const batch = journal.after(after, BATCH);
      const last = batch.at(-1);
      if (last === undefined) break;
      failure = (await settleBatch(batch)) ?? failure;
      after = last.id;
      bytes = waiting();
    }
    if (failure !== undefined) onError(failure);
    running = undefined;
    if (deadline === Infinity && bytes > 0) wake(failure === undefined ? 0 : retryMs);
  };

  const start = (): Promise<void> => {
    clearTimeout(timer);
    firstAt = undefined;
    return (running ??= pass());
  };
  const wake = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void start(), ms).unref();
  };
  if (bytes > 0) wake(quietMs);

  return {
    /** Whether the journal takes so many more bytes. */
    hasRoom: (size: number): boolean => bytes + size + PER_FILE_BYTES <= mostBytes,

    /** Keeps the bytes of a blob that has no file; inside the write that adds its row. */
    keep: (sha256: string, content: Buffer): void => {
      journal.add(sha256, content);
      bytes += content.length + PER_FILE_BYTES;
      if (running !== undefined) return;
      const now = Date.now();
      firstAt ??= now;
      // Later in any case: the write that this is part of may yet be undone.
      wake(bytes >= manyBytes ? 0 : Math.min(quietMs, firstAt + latestMs - now));
    },

    /** Resolves when all that is in the journal now has its file, or has been tried. */
    flush: async (): Promise<void> => {
      await running;
      await start();
    },

    /** Ends with a last pass of at most `budgetMs`; what is left then waits in the journal for the next start. */
    close: async (budgetMs: number): Promise<void> => {
      deadline = Date.now() + budgetMs;
      await running;
      if (bytes > 0) await start();
      clearTimeout(timer);
    },
  };
};
