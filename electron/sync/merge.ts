/**
 * Three-way merge of an object's fields. `base` is what both sides held when they were last settled; `{}` on first
 * contact. A field that both sides moved to different values is shown to a person and never decided here.
 */
import type { FieldChanges, Fields, SyncKind } from "../../shared/sync/doc.ts";
import type { ConflictRow } from "../store/sync/rows.ts";
import { bornAs, changed, fieldNames, fieldOf, isField, isOurs, policyOf } from "./fields.ts";

export interface Sides {
  readonly base: Fields;
  readonly local: Fields;
  readonly remote: Fields;
  /** Fields that stay as they are on either side for now. */
  readonly held?: ReadonlySet<string>;
}

/** A field as a person sees it who has to decide; undefined: unset. */
export interface Conflict {
  readonly field: string;
  readonly base: string | undefined;
  readonly local: string | undefined;
  readonly remote: string | undefined;
}

export interface Merge {
  readonly toLocal: FieldChanges;
  readonly toRemote: FieldChanges;
  readonly conflicts: readonly Conflict[];
}

/** What a person decided about a field, and what the sides held then. */
export interface Decision {
  readonly local: string | null;
  readonly remote: string | null;
  readonly value: string | null;
}
export type Decisions = ReadonlyMap<string, Decision>;

/** A value that a side was born with is no change of anybody, where nothing was settled yet. */
const bornBase = (kind: SyncKind, field: string, values: Values): Values => {
  const born = bornAs(kind, field);
  const { base, local, remote } = values;
  const isBoth = base === undefined && born !== undefined && local !== undefined && remote !== undefined;
  return isBoth && (local === born || remote === born) ? { ...values, base: born } : values;
};

type Way = "same" | "toLocal" | "toRemote" | "conflict" | "keep";
interface Values {
  readonly base: string | undefined;
  readonly local: string | undefined;
  readonly remote: string | undefined;
}

const threeWay = ({ base, local, remote }: Values): Way => {
  if (local === remote) return "same";
  if (local === base) return "toLocal";
  if (remote === base) return "toRemote";
  return "conflict";
};

/** Nothing is taken away: what one side alone has, the other gets. */
const gaps = ({ local, remote }: Values): Way | undefined => {
  if (local === remote) return "same";
  if (local === undefined) return "toLocal";
  return remote === undefined ? "toRemote" : undefined;
};

const TERMINAL = new Set(["FINISHED", "FAILED", "KILLED"]);

/** When both moved, an end beats going on. */
const ended = ({ local = "", remote = "" }: Values): Way => {
  const [here, there] = [TERMINAL.has(local), TERMINAL.has(remote)];
  return here === there ? "conflict" : there ? "toLocal" : "toRemote";
};

const wayOf = (kind: SyncKind, field: string, said: Values): Way => {
  const values = bornBase(kind, field, said);
  const policy = policyOf(field);
  if (policy === "origin") return gaps(values) ?? "keep";
  if (policy === "union") return gaps(values) ?? threeWay(values);
  const way = threeWay(values);
  return way === "conflict" && kind === "run" && field === "status" ? ended(values) : way;
};

/** A run's end belongs to the status that was taken. */
const endTime = (kind: SyncKind, sides: Sides): Way | undefined => {
  if (kind !== "run") return undefined;
  const valuesOf = (field: string): Values => ({
    base: fieldOf(sides.base, field),
    local: fieldOf(sides.local, field),
    remote: fieldOf(sides.remote, field),
  });
  const status = wayOf(kind, "status", valuesOf("status"));
  const end = threeWay(valuesOf("end_time"));
  return end === "conflict" && (status === "toLocal" || status === "toRemote") ? status : undefined;
};

const decided = (decision: Decision | undefined, local: string | null, remote: string | null): boolean =>
  decision !== undefined &&
  (local === decision.local || local === decision.value) &&
  (remote === decision.remote || remote === decision.value);

/** What has to be written on which side so that both say the same. Pure. */
export const mergeFields = (kind: SyncKind, sides: Sides, decisions: Decisions = new Map()): Merge => {
  const toLocal: [string, string | null][] = [];
  const toRemote: [string, string | null][] = [];
  const conflicts: Conflict[] = [];
  const end = endTime(kind, sides);
  for (const field of fieldNames(sides.base, sides.local, sides.remote)) {
    if (!isField(kind, field) || isOurs(field) || sides.held?.has(field) === true) continue;
    const values: Values = {
      base: fieldOf(sides.base, field),
      local: fieldOf(sides.local, field),
      remote: fieldOf(sides.remote, field),
    };
    const [local, remote] = [values.local ?? null, values.remote ?? null];
    const decision = decisions.get(field);
    if (decision && decided(decision, local, remote)) {
      if (local !== decision.value) toLocal.push([field, decision.value]);
      if (remote !== decision.value) toRemote.push([field, decision.value]);
      continue;
    }
    const way = (field === "end_time" ? end : undefined) ?? wayOf(kind, field, values);
    if (way === "toLocal") toLocal.push([field, remote]);
    else if (way === "toRemote") toRemote.push([field, local]);
    else if (way === "conflict") conflicts.push({ field, ...values });
  }
  return { toLocal: Object.fromEntries(toLocal), toRemote: Object.fromEntries(toRemote), conflicts };
};

/** Decisions that wait to be carried out, by field. */
export const decisionsOf = (rows: readonly ConflictRow[]): Decisions =>
  new Map(
    rows
      .filter((row) => row.resolution !== null)
      .map((row) => [
        row.field,
        {
          local: row.local,
          remote: row.remote_value,
          value: row.resolution === "local" ? row.local : row.resolution === "remote" ? row.remote_value : row.value,
        },
      ]),
  );

/**
 * The next base: what both sides hold now where they agree, and where they do not (a conflict, a change that was not
 * carried over yet) what it was, so that the next merge sees the same change again.
 */
export const rebase = (base: Fields, local: Fields, remote: Fields): Fields =>
  Object.fromEntries(
    fieldNames(base, local, remote).flatMap((field): [string, string][] => {
      const [here, there] = [fieldOf(local, field), fieldOf(remote, field)];
      const value = here === there ? here : fieldOf(base, field);
      return value === undefined ? [] : [[field, value]];
    }),
  );

/** Both sides as they are once a merge has been carried out. */
export const mergedSides = (sides: Sides, merge: Pick<Merge, "toLocal" | "toRemote">): Sides => {
  const [local, remote] = [changed(sides.local, merge.toLocal), changed(sides.remote, merge.toRemote)];
  return { base: rebase(sides.base, local, remote), local, remote };
};
