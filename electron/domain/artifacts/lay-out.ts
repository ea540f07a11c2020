/** Lays artifacts out as a plain tree, for "show in folder", "download all" and the command line. */
import { DomainError } from "../../../shared/errors.ts";
import type { Blobs } from "../../artifacts/blobs.ts";
import { createFileNames, systemKind, type FileSystemKind } from "../../artifacts/file-names.ts";
import { createTree } from "../../artifacts/tree.ts";
import type { ArtifactRow } from "../../store/artifacts.ts";

export interface LaidOut {
  readonly files: number;
  readonly bytes: number;
  /** Files whose name the target system could not hold: their artifact path and their path in the tree. */
  readonly renamed: readonly { readonly path: string; readonly file: string }[];
}

export interface LayOutOptions {
  readonly rows: Iterable<ArtifactRow>; // all below `root`, or the one at it
  readonly root: string;
  readonly target: string; // absolute path of a folder that does not exist or is empty
  readonly kind?: FileSystemKind;
  /** Told of each file, before it is copied. */
  readonly onFile?: (path: string, size: number) => void;
}

/**
 * Copies each artifact to its place below `target`; what is copied is verified first.
 * @throws DomainError `not_found` when there is nothing, `already_exists` when something is in the way, `corrupt` for a
 * damaged blob, `exhausted` for a full disk; then `target` is as it was.
 */
export const layOut = async (
  blobs: Blobs,
  { rows, root, target, kind = systemKind(), onFile }: LayOutOptions,
): Promise<LaidOut> => {
  const nameOf = createFileNames(kind);
  const tree = createTree(target);
  const renamed: { path: string; file: string }[] = [];
  let files = 0;
  let bytes = 0;
  try {
    for (const row of rows) {
      const path =
        row.path === root
          ? root.slice(root.lastIndexOf("/") + 1)
          : root === ""
            ? row.path
            : row.path.slice(root.length + 1);
      onFile?.(path, row.size);
      const release = blobs.hold(row.sha256);
      try {
        await blobs.verify(row);
        const file = nameOf(path);
        await tree.add(await blobs.file(row), file);
        if (file !== path) renamed.push({ path, file });
      } finally {
        release();
      }
      files += 1;
      bytes += row.size;
    }
    if (files === 0) throw new DomainError("not_found", `There are no artifacts below '${root}'`);
    tree.finish();
  } catch (error) {
    tree.abandon();
    throw error;
  }
  return { files, bytes, renamed };
};
