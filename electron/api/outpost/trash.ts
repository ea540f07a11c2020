import { deleteArtifacts, restoreTrash } from "../../../shared/api/outpost/trash.ts";
import { wireErrors } from "../../../shared/api/errors.ts";
import type { Trash } from "../../domain/trash/trash.ts";
import { writes, type Route } from "../route.ts";

/** Deleting files, and the trash. */
export const trashRoutes = (trash: Trash): Route[] => [
  writes(deleteArtifacts, ({ root, paths }, { actor }) => {
    const { trashId, files, bytes } = trash.trashArtifacts(root, paths, actor);
    return { trash_id: trashId, files, bytes };
  }),
  writes(restoreTrash, ({ trash_ids, new_name }) => {
    const { restored, failed } = trash.restore(trash_ids, new_name);
    return {
      restored,
      failed: failed.map(({ trashId, kind, message, suggestedName }) => ({
        trash_id: trashId,
        error_code: wireErrors[kind].code,
        message,
        suggested_name: suggestedName ?? null,
      })),
    };
  }),
];
