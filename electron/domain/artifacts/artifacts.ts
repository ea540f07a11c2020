/**
 * Artifacts: names below one root, each bound to a blob. A path is a file or a folder, never both; a file that a fixed
 * model version holds stays as it is. Paths come in parsed (shared/artifact-path.ts).
 */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { ByteRange } from "../../../shared/api/byte-range.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { FileSystemKind } from "../../artifacts/file-names.ts";
import type { Blobs, HeldBlob } from "../../artifacts/blobs.ts";
import type { Body, Expected } from "../../artifacts/staging.ts";
import type { ArtifactRow, ArtifactStore, Entry } from "../../store/artifacts.ts";
import type { Change, Journal } from "../../store/journal.ts";

import { layOut, type LaidOut } from "./lay-out.ts";
import type { Settler } from "./settler.ts";
import { rowsOf, type Selection } from "./selection.ts";
import { zipOf, type Zip } from "./zip.ts";

export interface ArtifactDeps {
  readonly store: ArtifactStore;
  readonly blobs: Blobs;
  /** Takes the bytes of short files until they are on disk; without it each upload waits for its own file. */
  readonly settler?: Pick<Settler, "hasRoom" | "keep">;
  readonly journal: Pick<Journal, "record">;
  readonly now: () => number;
  /** Names the approved, deployed or pushed model version that needs the file at `path`, if one does. */
  readonly fixedBy?: (path: string) => string | undefined;
  /** Told, inside the write, what is at `path` from now on; undefined when it is gone. */
  readonly onFile?: (path: string, file: Pick<ArtifactRow, "sha256" | "size"> | undefined) => void;
}

export type Artifacts = ReturnType<typeof createArtifacts>;

/** Rows read at once from a tree, so that a tree of any size takes little memory. */
const PAGE = 1000;

const ancestorsOf = (path: string): string[] => {
  const parts = path.split("/");
  return parts.slice(1).map((_part, i) => parts.slice(0, i + 1).join("/"));
};

export const createArtifacts = (deps: ArtifactDeps) => {
  const { store, blobs, settler, journal, now, fixedBy = () => undefined, onFile } = deps;

  const assertFree = (path: string): void => {
    const version = fixedBy(path);
    if (version !== undefined)
      throw new DomainError(
        "invalid",
        `'${path}' belongs to ${version}, whose files are fixed: log the new file under another path or in a new run`,
      );
  };

  /** @throws DomainError `invalid` when `path` cannot become a file: it is a folder, lies below a file, or is fixed. */
  const assertWritable = (path: string): void => {
    const folders = ancestorsOf(path);
    // What is a folder already has none but folders above it.
    const isNew = !store.isFolder(folders.at(-1) ?? "");
    const file = isNew ? folders.find((ancestor) => store.find(ancestor) !== undefined) : undefined;
    if (file !== undefined)
      throw new DomainError("invalid", `'${path}' cannot be stored: '${file}' is a file, not a folder`);
    if (store.isFolder(path)) throw new DomainError("invalid", `'${path}' cannot be stored: it is a folder`);
    assertFree(path);
  };

  const record = (action: string, path: string, change: Pick<Change, "before" | "after">): void => {
    const owner = store.ownerOf(path) ?? {
      kind: "artifact" as const,
      uid: createHash("sha256").update(path).digest("hex").slice(0, 32),
    };
    journal.record({ action, ...owner, subject: path, ...change });
  };

  /** All files of a tree, in path order. */
  const filesBelow = function* (folder: string): Generator<ArtifactRow> {
    for (let after = ""; ;) {
      const rows = store.below(folder, after, PAGE);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return;
      after = last.path;
    }
  };

  return {
    assertWritable,
    filesBelow,

    /**
     * Takes in a body and stores its blob, which stays until `release`. Nothing refers to it before `put`.
     * @throws DomainError `invalid` when the body is cut off or not as announced, `exhausted` when the disk is full.
     */
    receive: (body: Body, expected: Expected): Promise<HeldBlob> =>
      blobs.receive(body, expected, (sha256) => store.findBlob(sha256) !== undefined, settler?.hasRoom),

    /** Binds `path` to a received blob; inside a write. @throws DomainError `invalid` as `assertWritable`. */
    put: (path: string, blob: Pick<HeldBlob, "sha256" | "size">): void => {
      assertWritable(path);
      const before = store.find(path);
      const time = now();
      store.addBlob(blob.sha256, blob.size, time);
      const unsaved = blobs.unsaved(blob.sha256);
      if (unsaved !== undefined) settler?.keep(blob.sha256, unsaved);
      store.put({ path, sha256: blob.sha256, size: blob.size, modified_at: time });
      const after = { sha256: blob.sha256, size: blob.size };
      onFile?.(path, after);
      record(
        "artifact.put",
        path,
        before ? { before: { sha256: before.sha256, size: before.size }, after } : { after },
      );
    },

    /**
     * Deletes a file or a folder with all that lies below it; inside a write. What is not there is no error, as in MLflow.
     * Returns how many files went. @throws DomainError `invalid` when one of them is fixed: then none goes.
     */
    remove: (path: string): number => {
      const file = store.find(path);
      const rows = file ? [file] : [...filesBelow(path)];
      for (const row of rows) assertFree(row.path);
      for (const row of rows) {
        store.remove(row.path);
        onFile?.(row.path, undefined);
      }
      if (rows.length > 0) record("artifact.delete", path, { before: rows.map((row) => [row.path, row.sha256]) });
      return rows.length;
    },

    /** The file at `path`. @throws DomainError `invalid` for a folder, `not_found` for nothing. */
    find: (path: string): ArtifactRow => {
      const row = store.find(path);
      if (row) return row;
      if (store.isFolder(path))
        throw new DomainError("invalid", `Artifact path refers to a directory, not a file: '${path}'`);
      throw new DomainError("not_found", `No such artifact: '${path}'`);
    },

    /** The digest of the file at `path`, if there is one. */
    digestAt: (path: string): string | undefined => store.find(path)?.sha256,

    /** Direct children of a folder, by name; none for a file and for what does not exist. */
    list: (folder: string): Entry[] => store.list(folder),

    /** The bytes of a file; a stream when there are many. @throws DomainError `corrupt` when they are not what they were. */
    read: (row: ArtifactRow, range?: ByteRange): Buffer | Readable => blobs.read(row, range),

    /** What keeps a file from being stored at `path` without replacing something. */
    inTheWay: (path: string): { path: string; kind: "file" | "folder" | "file_above" } | undefined => {
      if (store.find(path)) return { path, kind: "file" };
      if (store.isFolder(path)) return { path, kind: "folder" };
      const above = ancestorsOf(path).find((ancestor) => store.find(ancestor) !== undefined);
      return above === undefined ? undefined : { path: above, kind: "file_above" };
    },

    /** Chosen files and folders as one zip, made while it is read. @throws DomainError as `zipOf` and `rowsOf`. */
    zip: (selection: Selection): Promise<Zip> => zipOf(blobs, rowsOf({ find: store.find, filesBelow }, selection)),

    /** How many files and bytes a zip of them would hold. @throws DomainError as `rowsOf`. */
    measure: (selection: Selection): { files: number; size: number } => {
      let [files, size] = [0, 0];
      for (const row of rowsOf({ find: store.find, filesBelow }, selection).rows) {
        files += 1;
        size += row.size;
      }
      return { files, size };
    },

    /** Lays a file or a folder out as a plain tree in `target`, an absolute path. @throws DomainError as `layOut`. */
    layOut: (
      path: string,
      target: string,
      options: { kind?: FileSystemKind; onFile?: (path: string, size: number) => void } = {},
    ): Promise<LaidOut> => {
      const file = store.find(path);
      return layOut(blobs, { rows: file ? [file] : filesBelow(path), root: path, target, ...options });
    },
  };
};
