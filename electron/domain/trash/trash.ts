/** The trash as a whole: things by their ids, restored one by one. */
import { DomainError, type ErrorKind } from "../../../shared/errors.ts";
import { trashKinds, type TrashKind, type TrashRow, type TrashStore } from "../../store/trash.ts";
import type { ArtifactTrash } from "./artifact-trash.ts";
import type { Restore } from "./restore.ts";

export interface TrashDeps {
  readonly trash: TrashStore;
  readonly files: ArtifactTrash;
  readonly restore: Restore;
}

/** A thing that could not be restored, with a name that would do where its own is taken. */
export interface RestoreFailure {
  readonly trashId: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly suggestedName: string | undefined;
}

const isKind = (word: string): word is TrashKind => trashKinds.some((kind) => kind === word);

/** What a thing in the trash is called on the wire: its kind and its uid. */
export const trashIdOf = (row: { readonly kind: TrashKind; readonly uid: string }): string => `${row.kind}:${row.uid}`;

export type Trash = ReturnType<typeof createTrash>;

export const createTrash = ({ trash, files, restore }: TrashDeps) => {
  /** @throws DomainError `invalid` for no trash id, `not_found` for what is no longer there. */
  const find = (trashId: string): TrashRow => {
    const [kind = "", uid = ""] = trashId.split(":");
    if (!isKind(kind)) throw new DomainError("invalid", `Invalid value '${trashId.slice(0, 60)}' in 'trash_ids'`);
    const row = trash.find(kind, uid);
    if (!row)
      throw new DomainError(
        "not_found",
        `'${trashId}' is not in the trash: it was restored or deleted for good, or went with what it belongs to`,
      );
    return row;
  };

  const restoreOne = (trashId: string, newName: string | undefined): RestoreFailure | undefined => {
    let row: TrashRow | undefined;
    try {
      row = find(trashId);
      restore.restore(row, newName);
      return undefined;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const suggestedName = row && restore.blockOf(row)?.suggestedName;
      return { trashId, kind: error.kind, message: error.message, suggestedName };
    }
  };

  return {
    find,
    /** Files and folders to the trash; inside a write. */
    trashArtifacts: (root: string, paths: readonly string[], actor: string) => {
      const { uid, ...counts } = files.trashArtifacts(root, paths, actor);
      return { trashId: trashIdOf({ kind: "artifacts", uid }), ...counts };
    },
    /** Each for itself; inside a write. @throws DomainError `invalid` when one new name is given for several. */
    restore: (trashIds: readonly string[], newName?: string): { restored: string[]; failed: RestoreFailure[] } => {
      if (newName !== undefined && trashIds.length !== 1)
        throw new DomainError(
          "invalid",
          "Invalid value for 'new_name': it names one thing, and trash_ids has more or none",
        );
      const failed = trashIds.flatMap((id) => restoreOne(id, newName) ?? []);
      const refused = new Set(failed.map(({ trashId }) => trashId));
      return { restored: trashIds.filter((id) => !refused.has(id)), failed };
    },
  };
};
