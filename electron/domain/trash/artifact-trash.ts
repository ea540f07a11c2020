/**
 * Files deleted in the interface. Their rows move to the trash in one act that can be undone; their blobs stay as long as
 * the act is kept. A file that another registered model version lists is not deleted at all.
 */
import { below, parseArtifactPath } from "../../../shared/artifact-path.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { ArtifactRow, ArtifactStore, Owner } from "../../store/artifacts.ts";
import type { ArtifactTrashRow, ArtifactTrashStore, VersionUse } from "../../store/artifact-trash.ts";
import type { Journal } from "../../store/journal.ts";
import type { ModelVersionRow } from "../../store/model-versions.ts";
import type { Artifacts } from "../artifacts/artifacts.ts";

export interface ArtifactTrashDeps {
  readonly trash: ArtifactTrashStore;
  readonly store: ArtifactStore;
  readonly artifacts: Pick<Artifacts, "assertWritable" | "filesBelow">;
  readonly versionOf: (name: string, version: string) => ModelVersionRow;
  readonly versionById: (id: number) => ModelVersionRow | undefined;
  /** Where a version's files lie below the artifact root; undefined for files elsewhere. */
  readonly rootOfVersion: (row: Pick<ModelVersionRow, "id" | "source">) => string | undefined;
  /** Gives a version files of its own, so that those of its run or logged model stay. @throws DomainError `invalid` */
  readonly openVersion: (row: ModelVersionRow) => string;
  readonly journal: Pick<Journal, "record" | "mark">;
  readonly now: () => number;
}

export interface TrashedArtifacts {
  readonly uid: string;
  readonly files: number;
  readonly bytes: number;
}

/** What a root is: a folder of files, and whose. */
interface Place {
  readonly root: string;
  readonly owner: Owner | undefined;
  readonly version: ModelVersionRow | undefined;
}

const VERSION_ROOT = /^models:\/(.+)\/(\d+)$/;
const SHOWN = 3;

const nameOfVersion = ({ name, version }: Pick<VersionUse, "name" | "version">): string =>
  `version ${version} of model '${name}'`;

export type ArtifactTrash = ReturnType<typeof createArtifactTrash>;

export const createArtifactTrash = (deps: ArtifactTrashDeps) => {
  const { trash, store, artifacts, versionOf, versionById, rootOfVersion, openVersion, journal, now } = deps;

  const placeOf = (root: string): Place => {
    const [, name, number] = VERSION_ROOT.exec(root) ?? [];
    const version = name !== undefined && number !== undefined ? versionOf(name, number) : undefined;
    const path = version ? openVersion(version) : parseArtifactPath(root);
    const owner = store.ownerOf(path);
    if (!owner && !version)
      throw new DomainError(
        "not_found",
        `No run, logged model or model version has its files at '${root}': it may have been deleted for good`,
      );
    return { root: path, owner, version };
  };

  /** The files at or below each path, each once. @throws DomainError `not_found` naming a path where nothing is. */
  const filesAt = (root: string, paths: readonly string[]): ArtifactRow[] => {
    const rows = new Map<string, ArtifactRow>();
    for (const asked of paths) {
      const path = parseArtifactPath(asked);
      if (path === "")
        throw new DomainError("invalid", "Invalid value '' in 'paths': name the files and folders to delete");
      const full = below(root, path);
      const file = store.find(full);
      const found = file ? [file] : [...artifacts.filesBelow(full)];
      if (found.length === 0)
        throw new DomainError("not_found", `There is no file or folder '${path}': it may have been deleted meanwhile`);
      for (const row of found) rows.set(row.path, row);
    }
    return [...rows.values()];
  };

  /** @throws DomainError `conflict` when a version other than `own` lists one of the files at its place. */
  const assertUnused = (rows: readonly ArtifactRow[], own: ModelVersionRow | undefined): void => {
    const roots = new Map<number, string | undefined>();
    const rootOf = (use: VersionUse): string | undefined => {
      if (!roots.has(use.id)) roots.set(use.id, rootOfVersion(use));
      return roots.get(use.id);
    };
    const isAt = (use: VersionUse, path: string): boolean => {
      const root = rootOf(use);
      return root !== undefined && below(root, use.path) === path;
    };
    for (const row of rows) {
      const holders = trash.usesOf(row.sha256).filter((use) => use.id !== own?.id && isAt(use, row.path));
      if (holders.length === 0) continue;
      const names = holders.slice(0, SHOWN).map(nameOfVersion).join(", ");
      throw new DomainError(
        "conflict",
        `'${row.path}' belongs to ${names}: delete the version first, or delete the file on the version's own page`,
      );
    }
  };

  const record = (
    action: string,
    at: Pick<ArtifactTrashRow, "uid" | "root" | "version"> & { readonly owner: Owner | undefined },
    files: readonly ArtifactRow[],
  ): void => {
    const { owner } = at;
    const kind = owner?.kind ?? "artifact";
    const list = files.map(({ path, sha256 }) => [path, sha256]);
    journal.record({
      action: `artifact.${action}`,
      kind,
      uid: owner?.uid ?? at.uid,
      subject: at.root,
      ...(action === "restore" ? { after: list } : { before: list }),
    });
    const version = at.version === null ? undefined : versionById(at.version);
    if (version) journal.mark("model_version", version.uid);
  };

  /**
   * Moves files and folders to the trash, all or none; inside a write. `root` is the artifact root of a run or a logged
   * model as listings give it, or `models:/<name>/<version>` for the files of a model version.
   * @throws DomainError `not_found` naming what is not there, `conflict` naming the version that needs a file.
   */
  const trashArtifacts = (root: string, paths: readonly string[], actor: string): TrashedArtifacts => {
    if (paths.length === 0)
      throw new DomainError("invalid", "Invalid value [] for 'paths': name at least one file or folder");
    const place = placeOf(root);
    const rows = filesAt(place.root, paths);
    for (const row of rows) artifacts.assertWritable(row.path); // a fixed file stays
    assertUnused(rows, place.version);
    const act = {
      root: place.root,
      owner_kind: place.owner?.kind ?? null,
      owner_uid: place.owner?.uid ?? null,
      version: place.version?.id ?? null,
      trashed_at: now(),
      actor,
    };
    const { id, uid } = trash.insert(act);
    let bytes = 0;
    for (const row of rows) {
      const path = row.path.slice(place.root.length + 1);
      trash.addFile(id, { ...row, path });
      store.remove(row.path);
      if (place.version) trash.dropVersionFile(place.version.id, path);
      bytes += row.size;
    }
    record("trash", { ...act, uid, owner: place.owner }, rows);
    return { uid, files: rows.length, bytes };
  };

  const rootNow = (act: ArtifactTrashRow): string => {
    const version = act.version === null ? undefined : versionById(act.version);
    const root = version ? rootOfVersion(version) : trash.rootOfOwner(act.owner_kind, act.owner_uid);
    if (root !== undefined) return root;
    if (act.owner_uid === null) return act.root;
    throw new DomainError(
      "conflict",
      `The files of '${act.root}' cannot be restored: what they belonged to is gone for good`,
    );
  };

  /** Paths at which something is in the way of a restored file. */
  const takenPaths = (root: string, files: readonly ArtifactRow[]): string[] =>
    files
      .map(({ path }) => below(root, path))
      .filter((path) => {
        try {
          artifacts.assertWritable(path);
          return store.find(path) !== undefined;
        } catch (error) {
          if (error instanceof DomainError) return true;
          throw error;
        }
      });

  /** Why an act cannot be undone as it is: the paths that something else has taken since. */
  const blockedBy = (act: ArtifactTrashRow): string[] => takenPaths(rootNow(act), trash.files(act.id));

  /**
   * Brings the files of an act back, below the folder `into` where that is given; inside a write.
   * @throws DomainError `already_exists` when something took a file's place.
   */
  const restoreArtifacts = (act: ArtifactTrashRow, into?: string): void => {
    const root = rootNow(act);
    const folder = into === undefined || into === "" ? "" : parseArtifactPath(into);
    const files = trash.files(act.id).map((row) => ({ ...row, path: below(folder, row.path) }));
    const [taken, ...more] = takenPaths(root, files);
    if (taken !== undefined)
      throw new DomainError(
        "already_exists",
        `'${taken}'${more.length > 0 ? ` and ${more.length} more are` : " is"} there again: restore into another folder with new_name`,
      );
    for (const row of files) {
      store.put({ ...row, path: below(root, row.path) });
      if (act.version !== null) trash.addVersionFile(act.version, row.path, row.sha256, row.size);
    }
    trash.drop(act.id);
    record("restore", { ...act, root, owner: store.ownerOf(root) }, files);
  };

  return { trashArtifacts, restoreArtifacts, blockedBy, byUid: trash.byUid };
};
