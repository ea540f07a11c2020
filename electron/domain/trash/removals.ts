/**
 * Tags, aliases and descriptions that were taken away, or replaced, with a way back. One act is one entry in the trash,
 * also where it took a tag from thousands of runs. Only removing writes here: logging never does.
 */
import { DomainError, type ErrorKind } from "../../../shared/errors.ts";
import { SEMVER_TAG } from "../../../shared/semver/semver.ts";
import type { Journal } from "../../store/journal.ts";
import type { OwnerKind, OwnerNow, RemovalKind, RemovalRow, RemovalStore, RemovedValue } from "../../store/removals.ts";

export interface RemovalDeps {
  readonly store: RemovalStore;
  readonly journal: Pick<Journal, "record" | "mark" | "actor">;
  readonly now: () => number;
}

/** A value that is being taken away. */
export interface Lost {
  readonly kind: RemovalKind;
  readonly owner_kind: OwnerKind;
  readonly owner: number; // id of its row
  readonly name: string; // the tag's key, the alias
  readonly value: string; // of an alias the version's number
  readonly replaced_by?: string;
  /** Trash id of the thing it goes with, and when. */
  readonly part_of?: string;
  readonly at?: number;
}

/** Why an act cannot be undone as it is. */
export interface RemovalBlock {
  readonly kind: ErrorKind;
  readonly why: string;
  readonly canOverwrite: boolean; // it can, when what is there now is given up
  readonly first: string | undefined; // trash id of what has to come back before it
}

/** Values put back in one write: who logs does not wait long. */
const AT_ONCE = 500;
const LISTED = 200; // values looked at for a list; restoring looks at all
const SHOWN = 60;

const shorten = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
const WORDS: Readonly<Record<RemovalKind, string>> = { tags: "tag", aliases: "alias", texts: "description" };

export type Removals = ReturnType<typeof createRemovals>;

export const createRemovals = ({ store, journal, now }: RemovalDeps) => {
  const actOf = (lost: Lost, into: string | undefined): RemovalRow => {
    const actor = journal.actor();
    if (into === undefined)
      return store.insert({
        kind: lost.kind,
        owner_kind: lost.owner_kind,
        name: lost.name,
        part_of: lost.part_of ?? null,
        trashed_at: lost.at ?? now(),
        actor,
      });
    const row = store.byUid(into.slice(into.indexOf(":") + 1));
    const fits = (act: RemovalRow): boolean =>
      act.kind === lost.kind && act.owner_kind === lost.owner_kind && act.name === lost.name && act.actor === actor;
    if (!row || !fits(row))
      throw new DomainError(
        "invalid",
        `Invalid value '${into.slice(0, 60)}' for 'trash_id': it names no act of yours that removed '${lost.name}'. Leave it out to begin a new one.`,
      );
    return row;
  };

  /**
   * Keeps a value that is being taken away; inside the write that does so. Returns the trash id of the act; given as
   * `into`, the next value of the same key joins it.
   */
  const keep = (lost: Lost, into?: string): string => {
    const act = actOf(lost, into);
    store.addValue(act.id, { owner: lost.owner, value: lost.value, replaced_by: lost.replaced_by ?? null });
    return `${act.kind}:${act.uid}`;
  };

  interface Part extends RemovedValue {
    readonly owned: OwnerNow;
  }

  const isSetAgain = ({ owned: { current }, value, replaced_by }: Part): boolean =>
    current !== null && current !== "" && current !== value && current !== replaced_by;

  const conflict = (why: string, more: Partial<RemovalBlock> = {}): RemovalBlock => ({
    kind: "conflict",
    why,
    canOverwrite: false,
    first: undefined,
    ...more,
  });

  const blockOfTarget = (act: RemovalRow, { owner, value }: RemovedValue): RemovalBlock | undefined => {
    const target = store.target(owner, Number(value));
    if (!target) return conflict(`version ${value}, which it pointed to, is gone for good`);
    return target.first === null
      ? undefined
      : conflict(`version ${target.semver}, which '${act.name}' pointed to, is in the trash`, { first: target.first });
  };

  const blockOfOne = (act: RemovalRow, part: Part): RemovalBlock | undefined => {
    const { label, first, current, semver } = part.owned;
    if (first !== null) return conflict(`'${label}' is in the trash itself`, { first });
    if (act.kind === "tags" && act.name === SEMVER_TAG && semver !== null && semver !== part.value)
      return conflict(`the version is ${semver} now: set the tag '${SEMVER_TAG}' to change that`);
    const target = act.kind === "aliases" ? blockOfTarget(act, part) : undefined;
    if (target) return target;
    if (!isSetAgain(part)) return undefined;
    const now = act.kind === "texts" ? "it was changed since" : `it is '${shorten(current ?? "")}' now`;
    return conflict(now, { kind: "already_exists", canOverwrite: true });
  };

  const blockOf = (act: RemovalRow, parts: readonly Part[]): RemovalBlock | undefined => {
    const [one, ...others] = parts;
    if (!one) return conflict("what it belonged to is gone for good");
    if (others.length === 0) return blockOfOne(act, one);
    if (one.owned.first !== null && parts.every(({ owned }) => owned.first !== null))
      return conflict(`'${one.owned.label}' and all others are in the trash themselves`, { first: one.owned.first });
    return blockOfAgain(parts);
  };

  const blockOfAgain = (parts: readonly Part[]): RemovalBlock | undefined => {
    const again = parts.filter(isSetAgain).length;
    return again === 0
      ? undefined
      : conflict(`it was set again on ${again} of ${parts.length}`, { kind: "already_exists", canOverwrite: true });
  };

  /** The values whose owners are still there: what is gone for good needs none. */
  const partsOf = (act: RemovalRow, values: readonly RemovedValue[]): Part[] =>
    values.flatMap((value) => {
      const owned = store.now(act, value.owner);
      return owned ? [{ ...value, owned }] : [];
    });

  const record = (act: RemovalRow, { owned, value }: Part): void =>
    journal.record({
      action: `${act.owner_kind.replaceAll("_", "-")}.restore-${WORDS[act.kind]}`,
      kind: act.owner_kind,
      uid: owned.uid,
      subject: owned.label,
      before: { [act.name]: owned.current },
      after: { [act.name]: value },
    });

  /** What is overwritten on the way back is kept in turn. */
  const keepOverwritten = (act: RemovalRow, parts: readonly Part[]): void => {
    let into: string | undefined;
    for (const { owner, owned, value } of parts.filter(isSetAgain))
      into = keep(
        {
          kind: act.kind,
          owner_kind: act.owner_kind,
          owner,
          name: act.name,
          value: owned.current ?? "",
          replaced_by: value,
        },
        into,
      );
  };

  const bringBack = (act: RemovalRow, parts: readonly Part[]): void => {
    keepOverwritten(act, parts);
    for (const part of parts) {
      if (part.owned.current === part.value) continue;
      store.put(act, part.owner, part.value);
      record(act, part);
    }
    journal.mark("removal", act.uid);
  };

  const find = (uid: string): RemovalRow => {
    const act = store.byUid(uid);
    if (!act) throw new DomainError("not_found", "This is no longer in the trash");
    return act;
  };

  return {
    keep,
    /** Why an entry of the trash cannot come back as it is. Of an act on very many things some are looked at. */
    blockOf: (uid: string): RemovalBlock | undefined => {
      const act = find(uid);
      return blockOf(act, partsOf(act, store.values(act.id, LISTED)));
    },
    /**
     * Puts old values back in their places, up to 500; inside a write. Whether there are more, for which it is called again
     * with `goesOn`. Values in the way go to the trash where `overwrite` says so.
     * @throws DomainError `already_exists` when there are some, `conflict` when what they hung on is not there.
     */
    restore: (uid: string, overwrite: boolean, goesOn: boolean): boolean => {
      const act = find(uid);
      const values = store.values(act.id, goesOn ? AT_ONCE : undefined);
      const parts = partsOf(act, values);
      const block = goesOn ? blockOfAgain(parts) : blockOf(act, parts);
      if (block && !(block.canOverwrite && overwrite))
        throw new DomainError(
          block.kind,
          `The ${WORDS[act.kind]} '${act.name}' was not restored: ${block.why}${block.first === undefined ? "" : ", restore that first"}`,
        );
      const last = values.slice(0, AT_ONCE).at(-1)?.owner ?? 0;
      bringBack(
        act,
        parts.filter(({ owner }) => owner <= last),
      );
      store.dropUpTo(act.id, last);
      const isDone = store.values(act.id, 1).length === 0;
      if (isDone) store.drop(act.id);
      return !isDone;
    },
    /** What went to the trash with a thing comes back with it; what cannot becomes an entry of its own. */
    restoreWith: (trashId: string): void => {
      for (const act of store.withWhole(trashId)) {
        const parts = partsOf(act, store.values(act.id));
        if (blockOf(act, parts)) store.standAlone(act.id);
        else {
          bringBack(act, parts);
          store.drop(act.id);
        }
      }
    },
  };
};
