/** Deleted artifacts: their rows, kept by the act of deleting that took them away. */
import type { ArtifactRow } from "./artifacts.ts";
import type { Database } from "./database.ts";
import type { ModelVersionRow } from "./model-versions.ts";

export interface ArtifactTrashRow {
  readonly id: number;
  readonly uid: string;
  readonly root: string; // below the artifact root, as it was then
  readonly owner_kind: string | null;
  readonly owner_uid: string | null;
  readonly version: number | null; // global id of the model version whose files these were
  readonly trashed_at: number; // ms since epoch
  readonly actor: string;
}

export type NewArtifactTrash = Omit<ArtifactTrashRow, "id" | "uid">;

/** A file of a model version that is not in the trash. */
export type VersionUse = Pick<ModelVersionRow, "id" | "name" | "version" | "source"> & { readonly path: string };

export type ArtifactTrashStore = ReturnType<typeof createArtifactTrashStore>;

const COLUMNS = "id, uid, root, owner_kind, owner_uid, version, trashed_at, actor";

export const createArtifactTrashStore = (db: Database) => {
  const insert = db.prepare<NewArtifactTrash, { id: number; uid: string }>(
    `INSERT INTO artifact_trash (root, owner_kind, owner_uid, version, trashed_at, actor)
     VALUES (@root, @owner_kind, @owner_uid, @version, @trashed_at, @actor) RETURNING id, uid`,
  );
  const byUid = db.prepare<[string], ArtifactTrashRow>(`SELECT ${COLUMNS} FROM artifact_trash WHERE uid = ?`);
  const addFile = db.prepare<ArtifactRow & { trash: number }>(
    "INSERT INTO trashed_artifacts (trash, path, sha256, size, modified_at) VALUES (@trash, @path, @sha256, @size, @modified_at)",
  );
  const files = db.prepare<[number], ArtifactRow>(
    "SELECT path, sha256, size, modified_at FROM trashed_artifacts WHERE trash = ? ORDER BY path",
  );
  const drop = db.prepare<[number]>("DELETE FROM artifact_trash WHERE id = ?");
  const rootOfRun = db
    .prepare<[string], string>(
      "SELECT coalesce(home, experiment) || '/' || run_id || '/artifacts' FROM runs WHERE uid = ?",
    )
    .pluck();
  const rootOfModel = db
    .prepare<[string], string>(
      "SELECT coalesce(home, experiment) || '/models/' || model_id || '/artifacts' FROM logged_models WHERE uid = ?",
    )
    .pluck();
  const usesOf = db.prepare<[string], VersionUse>(
    `SELECT v.id, m.name, v.version, v.source, f.path FROM version_files AS f
     JOIN model_versions AS v ON v.id = f.version JOIN registered_models AS m ON m.id = v.model
     WHERE f.sha256 = ? AND v.trashed_at IS NULL AND m.trashed_at IS NULL`,
  );
  const dropVersionFile = db.prepare<[number, string]>("DELETE FROM version_files WHERE version = ? AND path = ?");
  const addVersionFile = db.prepare<{ version: number; path: string; sha256: string; size: number }>(
    `INSERT INTO version_files (version, path, sha256, size)
     SELECT id, @path, @sha256, @size FROM model_versions WHERE id = @version ON CONFLICT DO NOTHING`,
  );

  return {
    insert: (row: NewArtifactTrash): { id: number; uid: string } => {
      const made = insert.get(row);
      if (!made) throw new Error("INSERT … RETURNING returned nothing");
      return made;
    },
    byUid: (uid: string): ArtifactTrashRow | undefined => byUid.get(uid),
    /** `path` is below the root of the deleting act. */
    addFile: (trash: number, row: ArtifactRow): void => void addFile.run({ trash, ...row }),
    files: (trash: number): ArtifactRow[] => files.all(trash),
    /** Forgets an act of deleting with its files. */
    drop: (id: number): void => void drop.run(id),
    /** Where the owner's files lie now: it may have been moved since. */
    rootOfOwner: (kind: string | null, uid: string | null): string | undefined =>
      uid === null ? undefined : kind === "run" ? rootOfRun.get(uid) : rootOfModel.get(uid),
    /** Model versions that list a file with these bytes; `path` is below their own root. */
    usesOf: (sha256: string): VersionUse[] => usesOf.all(sha256),
    dropVersionFile: (version: number, path: string): void => void dropVersionFile.run(version, path),
    /** A version that is gone for good gets nothing. */
    addVersionFile: (version: number, path: string, sha256: string, size: number): void =>
      void addVersionFile.run({ version, path, sha256, size }),
  };
};
