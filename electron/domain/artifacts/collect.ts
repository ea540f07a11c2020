/**
 * Garbage collection and scrubbing of blobs. A blob goes when no artifact and no model version has named it, it is older
 * than the grace time and no transfer holds it; rows go first, inside a write, and a file never before its row is gone.
 */
import { DomainError } from "../../../shared/errors.ts";
import type { BlobFile, Blobs } from "../../artifacts/blobs.ts";
import type { ArtifactStore, BlobRow } from "../../store/artifacts.ts";

/** Runs a job in the next commit. */
type Write = <T>(job: () => T) => Promise<T>;

export interface Collected {
  readonly files: number;
  readonly bytes: number;
  readonly dryRun: boolean;
}

export interface Damage {
  readonly sha256: string;
  readonly problem: string;
  readonly paths: readonly string[]; // up to ten artifacts that hold it
}

export interface CollectDeps {
  readonly store: ArtifactStore;
  readonly blobs: Blobs;
  readonly now: () => number; // ms since epoch
}

const GRACE_MS = 24 * 60 * 60 * 1000;
const PAGE = 500;
const SHOWN_PATHS = 10;
const PREFIXES = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

export const createCollector = ({ store, blobs, now }: CollectDeps) => {
  /** Marks one page of unused blobs inside a write, then removes their files. Returns what went and where the page ended. */
  const collectPage = async (
    write: Write,
    before: number,
    after: string,
  ): Promise<{ gone: BlobRow[]; last: string | undefined }> => {
    const condemned: BlobRow[] = [];
    let last: string | undefined;
    try {
      await write(() => {
        for (const row of store.unusedBlobs(before, after, PAGE)) {
          last = row.sha256;
          if (blobs.isHeld(row.sha256)) continue;
          store.dropBlob(row.sha256);
          blobs.condemn(row.sha256);
          condemned.push(row);
        }
      });
    } catch (error) {
      for (const row of condemned) blobs.spare(row.sha256);
      throw error;
    }
    for (const row of condemned) blobs.destroy(row.sha256);
    return { gone: condemned, last };
  };

  /** A file without a row: of an upload that was cut off between its rename and its commit. */
  const isOrphan = (file: BlobFile, before: number): boolean =>
    file.changedAt < before && store.findBlob(file.sha256) === undefined && !blobs.isHeld(file.sha256);

  const unusedRows = function* (before: number): Generator<BlobRow> {
    for (let after = ""; ;) {
      const rows = store.unusedBlobs(before, after, PAGE);
      yield* rows.filter((row) => !blobs.isHeld(row.sha256));
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.sha256;
    }
  };

  /**
   * Removes blobs that nothing needs, or with `dryRun` only says how many and how large they are. Without `orphans` files
   * that have no row are left to the next collection: looking for them reads every folder.
   */
  const collect = async (
    write: Write,
    { dryRun = false, graceMs = GRACE_MS, orphans = true } = {},
  ): Promise<Collected> => {
    const before = now() - graceMs;
    let files = 0;
    let bytes = 0;
    const count = ({ size }: { size: number }): void => {
      files += 1;
      bytes += size;
    };
    if (dryRun) for (const row of unusedRows(before)) count(row);
    else
      for (let after: string | undefined = ""; after !== undefined;) {
        const page = await collectPage(write, before, after);
        page.gone.forEach(count);
        after = page.last;
      }
    for (const prefix of orphans ? PREFIXES : [])
      for (const file of blobs.filesIn(prefix)) {
        if (!isOrphan(file, before)) continue;
        if (!dryRun) blobs.destroy(file.sha256); // in the same turn as the check: no upload can come between
        count(file);
      }
    return { files, bytes, dryRun };
  };

  /** Reads every blob and names those that are missing or not what they were. */
  const scrub = async (onBlob: (row: BlobRow) => void = () => {}): Promise<Damage[]> => {
    const damage: Damage[] = [];
    for (let after = ""; ;) {
      const rows = store.blobsAfter(after, PAGE);
      for (const row of rows) {
        onBlob(row);
        try {
          await blobs.verify(row);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          if (store.findBlob(row.sha256) === undefined) continue; // collected meanwhile
          damage.push({ sha256: row.sha256, problem: error.message, paths: store.pathsOf(row.sha256, SHOWN_PATHS) });
        }
      }
      const last = rows.at(-1);
      if (last === undefined) return damage;
      after = last.sha256;
    }
  };

  return { collect, scrub };
};
