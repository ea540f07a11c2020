import { removeAlias, removeTag, writeAlias, writeDescription, writeTag } from "../../../shared/api/outpost/labels.ts";
import type { Labels } from "../../domain/trash/labels.ts";
import { type Route, writes } from "../route.ts";

/** Tags, aliases and descriptions, changed with a way back. */
export const labelRoutes = (labels: Labels): Route[] => {
  const kept = (trashId: string | undefined): { trash_id: string | null } => ({ trash_id: trashId ?? null });
  return [
    writes(removeTag, ({ key, ...owner }) => kept(labels.removeTag(owner, key))),
    writes(writeTag, ({ key, value, ...owner }) => kept(labels.setTag(owner, key, value))),
    writes(writeDescription, ({ value, ...owner }) => kept(labels.describe(owner, value))),
    writes(removeAlias, ({ name, alias }) => kept(labels.removeAlias(name, alias))),
    writes(writeAlias, ({ name, alias, version }) => kept(labels.setAlias(name, alias, version))),
  ];
};
