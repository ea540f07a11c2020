/** The trash as a whole: things by their ids, restored one by one. */
import { DomainError, type ErrorKind } from "../../../shared/errors.ts";
import { trashKinds, type TrashKind, type TrashRow, type TrashStore } from "../../store/trash.ts";
import type { ArtifactTrash } from "./artifact-trash.ts";
import { bounded } from "../views/bounds.ts";
import { readToken, writeToken } from "../views/page-token.ts";
import type { Purge } from "./purge.ts";
import type { Restore, RestoreBlock, RestoreWay } from "./restore.ts";

export interface TrashDeps {
  readonly trash: TrashStore;
  readonly files: ArtifactTrash;
  readonly restore: Restore;
  readonly purge: Pick<Purge, "blockOf" | "freedBytes">;
  /** How long things are kept before they count as due. */
  readonly keepDays: number;
  readonly now: () => number;
}

/** A thing in the trash with all that a person wants to know before restoring or purging it. */
export interface TrashItem extends TrashRow {
  readonly bytes: number; // that a purge would free
  readonly daysLeft: number; // 0 or less: due
  readonly purgeBlock: string | undefined;
  readonly restoreBlock: RestoreBlock | undefined;
  readonly purging: boolean;
}

export interface TrashQuery {
  readonly search?: string | undefined;
  readonly kind?: string | undefined;
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
}

const PAGE = 50;
const MAX_PAGE = 100;
const DAY_MS = 86_400_000;

/** A thing that could not be restored, with a name that would do where its own is taken. */
export interface RestoreFailure {
  readonly trashId: string;
  readonly kind: ErrorKind;
  readonly message: string;
  readonly suggestedName: string | undefined;
  readonly canOverwrite: boolean;
  /** Trash id of what has to come back before it. */
  readonly first: string | undefined;
}

/** A name where its own is taken; whether a value gives way that took its place. */
export interface RestoreOptions extends RestoreWay {
  readonly newName?: string | undefined;
}

export interface Restored {
  readonly restored: string[];
  readonly failed: RestoreFailure[];
  /** Those of which only a part has come: the rest comes in the next write, with `goesOn`. */
  readonly more: string[];
}

const isKind = (word: string): word is TrashKind => trashKinds.some((kind) => kind === word);

/** What a thing in the trash is called on the wire: its kind and its uid. */
export const trashIdOf = (row: { readonly kind: TrashKind; readonly uid: string }): string => `${row.kind}:${row.uid}`;

export type Trash = ReturnType<typeof createTrash>;

export const createTrash = ({ trash, files, restore, purge, keepDays, now }: TrashDeps) => {
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

  /** True when there is more of it, which another write brings. */
  const restoreOne = (trashId: string, { newName, ...way }: RestoreOptions): RestoreFailure | boolean => {
    let row: TrashRow | undefined;
    try {
      row = find(trashId);
      return restore.restore(row, newName, way);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const block = row && restore.blockOf(row);
      return {
        trashId,
        kind: error.kind,
        message: error.message,
        suggestedName: block?.suggestedName,
        canOverwrite: block?.canOverwrite ?? false,
        first: block?.first,
      };
    }
  };

  const toItem = (row: TrashRow): TrashItem => ({
    ...row,
    bytes: purge.freedBytes(row),
    daysLeft: Math.ceil((row.trashed_at + keepDays * DAY_MS - now()) / DAY_MS),
    purgeBlock: purge.blockOf(row),
    restoreBlock: restore.blockOf(row),
    purging: trash.isPurging(row.kind, row.uid),
  });

  const kindsOf = (kind: string | undefined): readonly TrashKind[] => {
    if (kind === undefined || kind === "") return trashKinds;
    if (isKind(kind)) return [kind];
    throw new DomainError(
      "invalid",
      `Invalid value '${kind.slice(0, 60)}' for 'kind': it is one of ${trashKinds.join(", ")}`,
    );
  };

  /** Things deleted so long ago that they are due. */
  const dueUntil = (): number => now() - keepDays * DAY_MS;

  return {
    find,
    keepDays,
    dueUntil,
    /** What was deleted last comes first. @throws DomainError `invalid` for an unknown kind or a foreign page token. */
    list: ({ search = "", kind, max_results, page_token }: TrashQuery) => {
      const limit = bounded(max_results, PAGE, MAX_PAGE);
      const [trashed_at, uid] = readToken(page_token, ["number", "string"] as const) ?? [];
      const before = trashed_at === undefined || uid === undefined ? undefined : { trashed_at, uid };
      const kinds = kindsOf(kind);
      const rows = trash.list({ kinds, search, limit, before });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        items: rows.map(toItem),
        total: trash.count(kinds, search),
        all: trash.count(trashKinds, ""),
        due: trash.countUntil(dueUntil()),
        nextPageToken: last && writeToken([last.trashed_at, last.uid]),
      };
    },
    /** How much is in the trash, and how much of it is due. */
    counts: (): { all: number; due: number } => ({
      all: trash.count(trashKinds, ""),
      due: trash.countUntil(dueUntil()),
    }),
    /** Files and folders to the trash; inside a write. */
    trashArtifacts: (root: string, paths: readonly string[], actor: string) => {
      const { uid, ...counts } = files.trashArtifacts(root, paths, actor);
      return { trashId: trashIdOf({ kind: "artifacts", uid }), ...counts };
    },
    /** Each for itself; inside a write. @throws DomainError `invalid` when one new name is given for several. */
    restore: (trashIds: readonly string[], options: RestoreOptions = {}): Restored => {
      if (options.newName !== undefined && trashIds.length !== 1)
        throw new DomainError(
          "invalid",
          "Invalid value for 'new_name': it names one thing, and trash_ids has more or none",
        );
      const done: Restored = { restored: [], failed: [], more: [] };
      for (const id of trashIds) {
        const outcome = restoreOne(id, options);
        if (typeof outcome !== "boolean") done.failed.push(outcome);
        else (outcome ? done.more : done.restored).push(id);
      }
      return done;
    },
  };
};
