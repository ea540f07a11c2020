/**
 * Names and digests of artifacts: `artifacts` maps a path below the artifact root to a blob, `blobs` lists the files that
 * exist. Folders are not stored; they are what paths have in common.
 */
import type { Database } from "./database.ts";

export interface ArtifactRow {
  readonly path: string;
  readonly sha256: string;
  readonly size: number; // bytes
  readonly modified_at: number; // ms since epoch
}

export interface BlobRow {
  readonly sha256: string;
  readonly size: number; // bytes
  readonly created_at: number; // ms since epoch
}

/** A direct child of a folder. `size` is null for a folder. */
export interface Entry {
  readonly name: string;
  readonly size: number | null;
}

/** Who an artifact belongs to, for the outbox. */
export interface Owner {
  readonly kind: "run" | "logged_model";
  readonly uid: string;
}

/** In SQLite every text is less than every blob, so this is an end after the last path. */
const AFTER_ALL_TEXT = Buffer.alloc(0);

/** All paths below a folder lie between `folder/` and `folder0`: "0" is the character after "/". */
const rangeOf = (folder: string): { low: string; high: string | Buffer } =>
  folder === "" ? { low: "", high: AFTER_ALL_TEXT } : { low: `${folder}/`, high: `${folder}0` };

/**
 * Walks the children of a folder by one index seek each, however much lies below them. After a file the next path is
 * sought after `path` + U+0001 (no path holds control characters), after a folder from `folder0` on.
 */
const SLASH = "instr(substr(walk.path, :skip), '/')"; // place of the slash after a folder's name; 0 for a file
const LIST = `
  WITH RECURSIVE walk (path) AS (
    SELECT min(path) FROM artifacts WHERE path > :low AND path < :high
    UNION ALL
    SELECT (SELECT min(artifacts.path) FROM artifacts
            WHERE artifacts.path >= iif(${SLASH} > 0, substr(walk.path, 1, :skip + ${SLASH} - 2) || '0', walk.path || char(1))
              AND artifacts.path < :high)
    FROM walk WHERE walk.path IS NOT NULL
  )
  SELECT iif(${SLASH} > 0, substr(walk.path, :skip, ${SLASH} - 1), substr(walk.path, :skip)) AS name,
         iif(${SLASH} > 0, NULL, artifacts.size) AS size
  FROM walk JOIN artifacts ON artifacts.path = walk.path
  ORDER BY name`;

const UNUSED = `FROM blobs WHERE created_at < :before
  AND NOT EXISTS (SELECT 1 FROM artifacts WHERE artifacts.sha256 = blobs.sha256)
  AND NOT EXISTS (SELECT 1 FROM version_files WHERE version_files.sha256 = blobs.sha256)
  AND NOT EXISTS (SELECT 1 FROM trashed_artifacts WHERE trashed_artifacts.sha256 = blobs.sha256)`;

export type ArtifactStore = ReturnType<typeof createArtifactStore>;

export const createArtifactStore = (db: Database) => {
  const one = db.prepare<[string], ArtifactRow>("SELECT path, sha256, size, modified_at FROM artifacts WHERE path = ?");
  const anyBelow = db
    .prepare<{ low: string; high: string | Buffer }, string>(
      "SELECT path FROM artifacts WHERE path > :low AND path < :high LIMIT 1",
    )
    .pluck();
  const allBelow = db.prepare<{ low: string; high: string | Buffer; limit: number }, ArtifactRow>(
    "SELECT path, sha256, size, modified_at FROM artifacts WHERE path > :low AND path < :high ORDER BY path LIMIT :limit",
  );
  const list = db.prepare<{ low: string; high: string | Buffer; skip: number }, Entry>(LIST);
  const addBlob = db.prepare<[string, number, number]>(
    "INSERT INTO blobs (sha256, size, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
  );
  const put = db.prepare<ArtifactRow>(
    `INSERT INTO artifacts (path, sha256, size, modified_at) VALUES (@path, @sha256, @size, @modified_at)
     ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, size = excluded.size, modified_at = excluded.modified_at`,
  );
  const remove = db.prepare<[string]>("DELETE FROM artifacts WHERE path = ?");
  const blob = db.prepare<[string], BlobRow>("SELECT sha256, size, created_at FROM blobs WHERE sha256 = ?");
  const blobsAfter = db.prepare<[string, number], BlobRow>(
    "SELECT sha256, size, created_at FROM blobs WHERE sha256 > ? ORDER BY sha256 LIMIT ?",
  );
  const pathsOf = db
    .prepare<[string, number], string>("SELECT path FROM artifacts WHERE sha256 = ? ORDER BY path LIMIT ?")
    .pluck();
  const unused = db.prepare<{ before: number; after: string; limit: number }, BlobRow>(
    `SELECT sha256, size, created_at ${UNUSED} AND sha256 > :after ORDER BY sha256 LIMIT :limit`,
  );
  const dropBlob = db.prepare<[string]>("DELETE FROM blobs WHERE sha256 = ?");
  const totals = db.prepare<[], { count: number; bytes: number }>(
    "SELECT count(*) AS count, coalesce(sum(size), 0) AS bytes FROM blobs",
  );
  const runUid = db.prepare<[string], string>("SELECT uid FROM runs WHERE run_id = ?").pluck();
  const modelUid = db.prepare<[string], string>("SELECT uid FROM logged_models WHERE model_id = ?").pluck();

  return {
    /** The artifact at exactly this path. */
    find: (path: string): ArtifactRow | undefined => one.get(path),

    /** Whether something lies below `path`, which makes it a folder. The root always is one. */
    isFolder: (path: string): boolean => path === "" || anyBelow.get(rangeOf(path)) !== undefined,

    /** Direct children by name, in code point order; empty for a file and for what does not exist. */
    list: (folder: string): Entry[] =>
      list.all({ ...rangeOf(folder), skip: folder === "" ? 1 : [...folder].length + 2 }),

    /** Up to `limit` artifacts below `folder`, in path order, from after the path `after`. */
    below: (folder: string, after: string, limit: number): ArtifactRow[] => {
      const range = rangeOf(folder);
      return allBelow.all({ high: range.high, low: after === "" ? range.low : after, limit });
    },

    /** Notes that a blob's file exists; a known one keeps its row. */
    addBlob: (sha256: string, size: number, createdAt: number): void => void addBlob.run(sha256, size, createdAt),
    put: (row: ArtifactRow): void => void put.run(row),
    remove: (path: string): void => void remove.run(path),

    findBlob: (sha256: string): BlobRow | undefined => blob.get(sha256),
    blobsAfter: (sha256: string, limit: number): BlobRow[] => blobsAfter.all(sha256, limit),
    /** Paths that hold a blob, for a message about it. */
    pathsOf: (sha256: string, limit: number): string[] => pathsOf.all(sha256, limit),
    /** Blobs from before `before` that no artifact, no trash and no model version needs, by digest from after `after`. */
    unusedBlobs: (before: number, after: string, limit: number): BlobRow[] => unused.all({ before, after, limit }),
    dropBlob: (sha256: string): void => void dropBlob.run(sha256),
    totals: (): { count: number; bytes: number } => totals.get() ?? { count: 0, bytes: 0 },

    /** The run or logged model whose root `path` lies under. */
    ownerOf: (path: string): Owner | undefined => {
      const [, second = "", third = "", fourth] = path.split("/");
      const ofRun = third === "artifacts" ? runUid.get(second) : undefined;
      if (ofRun !== undefined) return { kind: "run", uid: ofRun };
      const ofModel = second === "models" && fourth === "artifacts" ? modelUid.get(third) : undefined;
      return ofModel === undefined ? undefined : { kind: "logged_model", uid: ofModel };
    },
  };
};
