import { wireErrors } from "../../../shared/api/errors.ts";
import {
  deleteArtifacts,
  listTrash,
  previewPurge,
  purgeTrash,
  restoreTrash,
  type TrashItem,
} from "../../../shared/api/outpost/trash.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import type { TrashDomain } from "../../domain/trash/create.ts";
import { trashIdOf, type TrashItem as Item } from "../../domain/trash/trash.ts";
import { actsInWrites, reads, writes, type Route } from "../route.ts";
import { acts } from "./jobs.ts";

const toWire = (item: Item): TrashItem => ({
  trash_id: trashIdOf(item),
  kind: item.kind,
  key: item.key,
  name: item.name,
  place: item.place,
  parts: item.parts,
  value: item.value,
  replaced: item.replaced === 1,
  actor: item.actor,
  trashed_at: item.trashed_at,
  days_left: item.daysLeft,
  bytes: item.bytes,
  purging: item.purging,
  purge_blocked: item.purgeBlock ?? null,
  restore_blocked: item.restoreBlock?.why ?? null,
  suggested_name: item.restoreBlock?.suggestedName ?? null,
  can_overwrite: item.restoreBlock?.canOverwrite ?? false,
  restore_first: item.restoreBlock?.first ?? null,
});

interface Scope {
  readonly trash_ids?: string[];
  readonly all?: boolean;
  readonly due?: boolean;
}

/** Deleting files, and the trash. */
export const trashRoutes = (trash: TrashDomain, jobs: Jobs): Route[] => {
  const scopeOf = ({ trash_ids, all = false, due = false }: Scope) => {
    const asked = [trash_ids !== undefined, all, due].filter(Boolean).length;
    if (asked !== 1 || trash_ids?.length === 0)
      throw new DomainError("invalid", "Name what to delete for good: trash_ids, or all, or due; and only one of them");
    return trash_ids ? { trash_ids } : due ? { until: trash.dueUntil() } : { all };
  };

  return [
    reads(listTrash, (query) => {
      const { items, nextPageToken, ...counts } = trash.list(query);
      const page = { items: items.map(toWire), ...counts, keep_days: trash.keepDays };
      return nextPageToken === undefined ? page : { ...page, next_page_token: nextPageToken };
    }),
    reads(previewPurge, async (input) => {
      const { blocked, ...preview } = await trash.purge.preview(scopeOf(input));
      return {
        ...preview,
        blocked: blocked.map(({ row, why }) => ({ trash_id: trashIdOf(row), name: row.name, why })),
      };
    }),
    acts(purgeTrash, (input, caller) => jobs.start("purge", scopeOf(input), caller)),
    writes(deleteArtifacts, ({ root, paths }, { actor }) => {
      const { trashId, files, bytes } = trash.trashArtifacts(root, paths, actor);
      return { trash_id: trashId, files, bytes };
    }),
    actsInWrites(restoreTrash, async ({ trash_ids, new_name: newName, overwrite }, write) => {
      const { restored, failed, more } = await write(() => trash.restore(trash_ids, { newName, overwrite }));
      for (let rest = more; rest.length > 0;) {
        const step = await write(() => trash.restore(rest, { overwrite, goesOn: true }));
        restored.push(...step.restored);
        failed.push(...step.failed);
        rest = step.more;
      }
      return {
        restored,
        failed: failed.map(({ trashId, kind, message, suggestedName, canOverwrite, first }) => ({
          trash_id: trashId,
          error_code: wireErrors[kind].code,
          message,
          suggested_name: suggestedName ?? null,
          can_overwrite: canOverwrite,
          restore_first: first ?? null,
        })),
      };
    }),
  ];
};
