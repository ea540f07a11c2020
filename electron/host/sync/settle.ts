import { DomainError } from "../../../shared/errors.ts";
import type { SyncStore } from "../../store/sync/sync-store.ts";

export interface Settlement {
  readonly id: number;
  readonly take: string;
  readonly value: string | undefined;
  readonly now: number; // ms since epoch
}

/** Says how a conflict ends; the next sync carries it out. Inside a write. @throws DomainError `not_found`, `invalid` */
export const settleConflict = (state: Pick<SyncStore, "conflicts">, { id, take, value, now }: Settlement): void => {
  const conflict = state.conflicts.byId(id);
  if (conflict?.resolved_at !== null)
    throw new DomainError("not_found", `No open conflict ${id}: it was settled, or the two sides agree by now`);
  if (take !== "local" && take !== "remote" && take !== "merged")
    throw new DomainError("invalid", `Invalid value '${take.slice(0, 40)}' for 'take': use local, remote or merged`);
  if (take === "merged" && value === undefined)
    throw new DomainError("invalid", "Missing value for 'value': the merged text");
  const settled = take === "local" ? conflict.local : take === "remote" ? conflict.remote_value : (value ?? null);
  state.conflicts.resolve(id, take, settled, now);
};
