/** What a person decides about a conflict; the next sync carries it out. */
import { DomainError } from "../../shared/errors.ts";
import { isSemver, raised } from "../../shared/semver/semver.ts";
import type { LocalDoc } from "../../shared/sync/doc.ts";
import type { ConflictRow } from "../store/sync/rows.ts";
import type { SyncStore } from "../store/sync/sync-store.ts";
import { fieldOf } from "./fields.ts";
import type { Local } from "./local.ts";

/**
 * - a field: `local`, `remote`, `merged` with a text, `skip` (stays open)
 * - a version's number: `next_patch`, `pre_release` (the version here gets another number), `skip` (it stays here)
 */
export const takes = ["local", "remote", "merged", "skip", "next_patch", "pre_release"] as const;
export type Take = (typeof takes)[number];

export interface Resolution {
  readonly id: number;
  readonly take: string;
  readonly value: string | undefined;
}

export interface ResolveDeps {
  readonly state: SyncStore;
  readonly local: Local;
  readonly now: () => number; // ms since epoch
}

type Open = ConflictRow & { readonly remote_id: number };

const NUMBER: ReadonlySet<Take> = new Set(["next_patch", "pre_release", "skip"]);
const FIELD: ReadonlySet<Take> = new Set(["local", "remote", "merged", "skip"]);

const choiceOf = (conflict: Open, { take, value }: Resolution): Take => {
  const allowed = conflict.field === "semver" ? NUMBER : FIELD;
  const choice = takes.find((one) => one === take && allowed.has(one));
  if (choice === undefined)
    throw new DomainError("invalid", `Invalid value '${take.slice(0, 40)}' for 'take': use ${[...allowed].join(", ")}`);
  if (choice === "merged" && value === undefined)
    throw new DomainError("invalid", "Missing value for 'value': the merged text");
  return choice;
};

/** Numbers to try, the nearest first. */
function* candidates(take: "next_patch" | "pre_release", semver: string): Generator<string> {
  const [plain = semver] = semver.split("+", 1);
  if (take === "pre_release") for (let n = 1; ; n += 1) yield `${plain}${plain.includes("-") ? "." : "-"}local.${n}`;
  for (let next = raised(plain, "patch"); ; next = raised(next, "patch")) yield next;
}

/** The nearest number that is free on both sides. */
const freeNumber = (
  { state, local }: Pick<ResolveDeps, "state" | "local">,
  conflict: Pick<Open, "remote_id">,
  doc: LocalDoc,
  take: "next_patch" | "pre_release",
) => {
  const semver = fieldOf(doc.fields, "semver") ?? "1.0.0";
  const model = doc.parent === null ? undefined : { kind: "registered_model" as const, uid: doc.parent };
  const there = model && state.objects.find(conflict.remote_id, model)?.remote_id;
  for (const number of candidates(take, semver)) {
    const isHere = local.findByName("model_version", number, doc.parent) !== undefined;
    const isThere =
      there != null && state.seen.byName(conflict.remote_id, "model_version", there, number) !== undefined;
    if (!isHere && !isThere && isSemver(number)) return { semver, number };
  }
  throw new DomainError("invalid", `There is no number after ${semver}`);
};

/** The numbers that the ways out of a version's clash would give it; none for what is no such clash. */
export const numbersFor = (
  deps: Pick<ResolveDeps, "state" | "local">,
  conflict: Pick<Open, "kind" | "uid" | "field" | "remote_id">,
): readonly { readonly choice: string; readonly number: string }[] => {
  if (conflict.field !== "semver") return [];
  const doc = deps.local.read({ kind: conflict.kind, uid: conflict.uid });
  if (!doc || doc.trashed) return [];
  const choices = ["next_patch", "pre_release"] as const;
  return choices.map((choice) => ({ choice, number: freeNumber(deps, conflict, doc, choice).number }));
};

const renumber = (deps: ResolveDeps, conflict: Open, take: "next_patch" | "pre_release"): Promise<void> => {
  const { state, local } = deps;
  const ref = { kind: conflict.kind, uid: conflict.uid };
  const doc = local.read(ref);
  if (!doc || doc.trashed) throw new DomainError("not_found", "That version is not here any more");
  const { semver, number } = freeNumber(deps, conflict, doc, take);
  return local.write((writes) => {
    writes.set(ref, { semver: number }, { semver });
    state.conflicts.clear(conflict.remote_id, ref, []);
    state.objects.setState(conflict.remote_id, ref, "queued", `It is ${number} now`);
  });
};

/** @throws DomainError `not_found` for one that is settled, `invalid` for what cannot be chosen here. */
export const resolveConflict = async (deps: ResolveDeps, resolution: Resolution): Promise<void> => {
  const { state, local } = deps;
  const conflict = state.conflicts.byId(resolution.id);
  if (conflict?.resolved_at !== null)
    throw new DomainError("not_found", `No open conflict ${resolution.id}: it was settled, or both sides agree by now`);
  const take = choiceOf(conflict, resolution);
  if (take === "next_patch" || take === "pre_release") return renumber(deps, conflict, take);
  if (take === "skip" && conflict.field !== "semver") return undefined;
  const kept = take === "skip" ? "local" : take; // a version that stays here keeps its number
  const value = kept === "local" ? conflict.local : kept === "remote" ? conflict.remote_value : resolution.value;
  await local.write(() => state.conflicts.resolve(conflict.id, kept, value ?? null, deps.now()));
};
