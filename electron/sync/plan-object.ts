/** What is to be done about one object. Pure: both sides and what is known of them in, items of the plan out. */
import type { Base, Fields, LocalDoc, Point, SyncKind } from "../../shared/sync/doc.ts";
import type { Remote } from "../remote/remote.ts";
import type { SeenRow, SyncObjectRow } from "../store/sync/rows.ts";
import { changed, fieldOf } from "./fields.ts";
import { type Decisions, type Merge, mergeFields } from "./merge.ts";
import type { NotedFile } from "./note-text.ts";
import { type Folded, noteFields, splitWrites } from "./notes.ts";
import type { PlanAction, PlanCounts, PlanItem } from "./plan-types.ts";
import { refusalOf } from "./remote-view.ts";
import { bothSentence, newsOfFiles, replacedOnBoth } from "./replaced.ts";
import { nounOf } from "./rules.ts";

export interface Directions {
  readonly push: boolean;
  readonly pull: boolean;
}

export interface PlanInput {
  readonly kind: SyncKind;
  readonly directions: Directions;
  readonly remoteName: string;
  readonly workstation: string;
  readonly local: LocalDoc | undefined;
  /** How it is bound to the remote. */
  readonly row: SyncObjectRow | undefined;
  /** The object there: bound, or to be linked (`linkBy`), or with nothing here yet. */
  readonly seen: SeenRow | undefined;
  readonly folded: Folded | undefined;
  readonly linkBy: "name" | undefined;
  /** Why it must not leave. */
  readonly kept: string | undefined;
  /** Why there is no place for it there: what it belongs to is not there any more. */
  readonly stranded: string | undefined;
  /** Why what is there cannot be taken in. */
  readonly refused: string | undefined;
  readonly decisions: Decisions;
  /** Digests of files that are listed here and still to come, by path. */
  readonly awaited: ReadonlyMap<string, string | null>;
  /** Aliases that stay here with their versions. */
  readonly held: ReadonlySet<string>;
  readonly consented: boolean;
  /** Points that the far side could not hold are in its notes, and not here. */
  readonly lacksNoted: boolean;
  /** Points to be sent that the far side cannot hold. */
  readonly oddPoints: number;
  /** Files that are wanted with a pull: their bytes count. */
  readonly wantsFiles: boolean;
  readonly holds: Remote["holds"];
  readonly holdsFile: Remote["holdsFile"];
  readonly nameOfFile: (path: string) => string;
  readonly now: number; // ms since epoch
}

export const NO_BASE: Base = { fields: {}, files: {}, points: 0, points_mark: "" };
const ZERO: PlanCounts = { fields: 0, points: 0, files: 0, bytes: 0 };

const item = (
  input: PlanInput,
  direction: PlanItem["direction"],
  action: PlanAction,
  reason: string,
  more: Partial<PlanItem> = {},
): PlanItem => ({
  direction,
  action,
  kind: input.kind,
  uid: input.local?.uid ?? input.row?.uid ?? null,
  remote_id: input.row?.remote_id ?? input.seen?.id ?? null,
  label: input.local?.label ?? input.seen?.name ?? "",
  counts: ZERO,
  reason,
  reversible: direction === "none" || (action === "create" && (direction === "pull" || input.kind === "run")),
  losses: [],
  expects: { rev: input.local?.rev ?? null, fingerprint: input.seen?.fingerprint ?? null },
  ...more,
});

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
const countsInWords = ({ fields, points, files }: PlanCounts): string =>
  [
    [fields, "field"],
    [points, "point"],
    [files, "file"],
  ]
    .flatMap(([count, noun]) => (typeof count === "number" && count > 0 ? [plural(count, String(noun))] : []))
    .join(", ");

const hasNoteHome = (input: PlanInput): boolean =>
  noteFields(input.kind, (input.folded?.note ?? 0) + 1, input.workstation).some(
    (field) => input.holds(input.kind, field, "{}", undefined) === true,
  );

/** Files that are called otherwise there; here, and on every workstation that pulls them, they keep their paths. */
const otherNames = ({ remoteName, nameOfFile }: PlanInput, files: LocalDoc["files"]): readonly string[] => {
  const renamed = files.filter(({ path }) => nameOfFile(path) !== path);
  const [first] = renamed;
  if (!first) return [];
  const more = renamed.length > 1 ? `, and ${renamed.length - 1} more likewise` : "";
  return [`${remoteName} has no such file names: '${first.path}' is called '${nameOfFile(first.path)}' there${more}.`];
};

/** What the far side cannot hold, by reason, and where it goes. */
const lossesOf = (input: PlanInput, desired: Fields, native: Fields, files: LocalDoc["files"]): readonly string[] => {
  const { noted } = splitWrites(input.kind, desired, native, input.holds);
  // No far side keeps a run's id: it always travels in the note, and said of each run it would hide what matters.
  const byReason = Map.groupBy(
    noted.filter(({ field }) => field !== "run_id"),
    ({ why }) => why,
  );
  const where = hasNoteHome(input) ? "it travels in a note" : "it stays here only";
  const fields = [...byReason].map(([why, some]) => {
    const names = some.slice(0, 3).map(({ field }) => field);
    const more = some.length > names.length ? ` and ${some.length - names.length} more` : "";
    return `${names.join(", ")}${more}: ${why.replace(/[.\s]+$/u, "")}; ${where}.`;
  });
  const odd =
    input.oddPoints === 0
      ? []
      : [`${plural(input.oddPoints, "point")} that ${input.remoteName} cannot hold: ${where.replace("it ", "they ").replace("travels", "travel").replace("stays", "stay")}.`]; // prettier-ignore
  return [...fields, ...odd, ...otherNames(input, files)];
};

/** Names that the far side refuses: nothing of the object could be sent. */
const invalidName = (input: PlanInput, doc: LocalDoc): string | undefined => {
  const field = input.kind === "model_version" ? "semver" : "name";
  const value = fieldOf(doc.fields, field);
  const held = value === undefined || input.kind === "run" ? true : input.holds(input.kind, field, value, undefined);
  if (held !== true) return `${input.remoteName} cannot have the ${field} '${value ?? ""}': ${held} Rename it here, or keep it here only.`; // prettier-ignore
  for (const { path } of doc.files) {
    const fits = input.holdsFile(path);
    if (fits !== true) return `${input.remoteName} cannot have its file '${path}': ${fits}`;
  }
  return undefined;
};

const newFiles = (doc: LocalDoc, base: Base, kept: readonly string[]): LocalDoc["files"] =>
  doc.files.filter(
    ({ path, sha256 }) => (!Object.hasOwn(base.files, path) || base.files[path] !== sha256) && !kept.includes(path),
  );

const countsOf = (fields: number, points: number, files: readonly { readonly size: number }[]): PlanCounts => ({
  fields,
  points: Math.max(0, points),
  files: files.length,
  bytes: files.reduce((sum, { size }) => sum + size, 0),
});

/** The longest rest after a failure. A time further ahead was noted under a clock that has been set back since. */
export const LONGEST_REST_MS = 3_600_000;
const resting = ({ row, now }: PlanInput): boolean =>
  row?.next_at != null && row.next_at > now && row.next_at <= now + LONGEST_REST_MS;

/** Only here. */
const planNew = (input: PlanInput, doc: LocalDoc): readonly PlanItem[] => {
  if (!input.directions.push || doc.trashed || resting(input)) return [];
  if (input.kept !== undefined) return [item(input, "none", "exclude", input.kept)];
  const wrong = input.stranded ?? invalidName(input, doc);
  if (wrong !== undefined) return [item(input, "none", "block", wrong)];
  const counts = countsOf(Object.keys(doc.fields).length, doc.points, doc.files);
  const losses = lossesOf(input, doc.fields, {}, doc.files);
  return [item(input, "push", "create", `${input.remoteName} does not have it.`, { counts, losses })];
};

/** Only there. */
const planUnknown = (input: PlanInput, seen: SeenRow): readonly PlanItem[] => {
  if (!input.directions.pull || seen.missed > 0) return [];
  const refusal = refusalOf(seen);
  if (refusal !== undefined) return [item(input, "none", "block", `It is not taken in: ${refusal}.`)];
  if (input.refused !== undefined) return [item(input, "none", "block", input.refused)];
  const { fields = seen.fields, points = [], files } = input.folded ?? {};
  const wanted = input.wantsFiles ? [...(files?.values() ?? [])] : [];
  const counts = { ...countsOf(Object.keys(fields).length, points.length, wanted), files: files?.size ?? 0 };
  return [item(input, "pull", "create", `It is on ${input.remoteName} only.`, { counts })];
};

const conflictReason = (merge: Merge): string => {
  const names = merge.conflicts.slice(0, 3).map(({ field }) => field);
  const more = merge.conflicts.length > names.length ? ` and ${merge.conflicts.length - names.length} more` : "";
  return `Changed on both sides: ${names.join(", ")}${more}. Decide which is to stay.`;
};

interface Both {
  readonly doc: LocalDoc;
  readonly seen: SeenRow | undefined;
  readonly base: Base;
  readonly remote: Fields;
  readonly merge: Merge;
}

/** Files that a note names and that are not here as they are there. */
const fileNews = ({ folded, local, awaited }: PlanInput, base: Base): readonly NotedFile[] =>
  folded && local ? newsOfFiles(local, base.files, folded, awaited).map(([, fact]) => fact) : [];

const pullPart = (input: PlanInput, { seen, base, merge }: Both): PlanItem | undefined => {
  if (!input.directions.pull || !seen) return undefined;
  const fields = Object.keys(merge.toLocal).length;
  const points = (seen.points_mark !== base.points_mark && seen.points_mark !== "") || input.lacksNoted ? 1 : 0;
  const files = fileNews(input, base);
  if (fields + points + files.length === 0 && input.linkBy === undefined) return undefined;
  // how many points are new is known only when they are read
  const counts = { ...countsOf(fields, 0, input.wantsFiles ? files : []), files: files.length };
  const words = countsInWords(counts);
  const reason =
    input.linkBy === "name"
      ? `${input.remoteName} has ${input.kind === "experiment" ? "an" : "a"} ${nounOf(input.kind)} of this name, made elsewhere: from now on they are one.`
      : `Changed there${words === "" ? "" : `: ${words}`}${points > 0 ? `${words === "" ? ":" : ","} its metrics` : ""}.`;
  return item(input, "pull", input.linkBy === "name" ? "link" : "update", reason, { counts });
};

const pushPart = (input: PlanInput, sides: Both, pulled: PlanItem | undefined): PlanItem | undefined => {
  if (!input.directions.push || resting(input)) return undefined;
  const { doc, base, merge, remote, seen } = sides;
  const both = input.folded ? replacedOnBoth(doc, base.files, input.folded, input.workstation) : [];
  const files = newFiles(doc, base, both);
  const counts = countsOf(Object.keys(merge.toRemote).length, doc.points - base.points, files);
  const isLink = input.linkBy === "name" && !pulled;
  const [first] = both;
  if (counts.fields + counts.points + counts.files === 0 && !isLink)
    return first === undefined ? undefined : item(input, "none", "block", `${bothSentence(first, input.remoteName)}.`);
  if (input.kept !== undefined) return item(input, "none", "exclude", input.kept);
  const wrong = files.map(({ path }) => [path, input.holdsFile(path)] as const).find(([, fits]) => fits !== true);
  if (wrong) return item(input, "none", "block", `${input.remoteName} cannot have its file '${wrong[0]}': ${String(wrong[1])}`); // prettier-ignore
  const losses = lossesOf(input, changed(remote, merge.toRemote), input.folded?.native ?? base.fields, files);
  const reason = isLink
    ? `${input.remoteName} has one of this name, made elsewhere: from now on they are one.`
    : `Changed here: ${countsInWords(counts)}.`;
  // what the pull writes first moves the revision: the push then compares anew
  const expects = { rev: pulled ? null : doc.rev, fingerprint: seen?.fingerprint ?? null };
  return item(input, "push", isLink ? "link" : "update", reason, { counts, losses, expects });
};

const isSettled = ({ row }: PlanInput, { doc, seen, base }: Both): boolean =>
  row?.state === "done" &&
  row.base !== null &&
  row.settled_rev >= doc.rev &&
  (seen === undefined || (row.fingerprint === seen.fingerprint && base.points_mark === seen.points_mark));

/** On both sides. */
const planBoth = (input: PlanInput, doc: LocalDoc): readonly PlanItem[] => {
  const { row, folded } = input;
  const seen = input.seen?.missed === 0 ? input.seen : undefined;
  const base = row?.base ?? NO_BASE;
  if (doc.trashed) return trashed(input);
  if (row?.state === "remote_gone" && !seen) return [];
  const refusal = seen && refusalOf(seen);
  if (refusal !== undefined) return [item(input, "none", "block", `What it has become there is not taken in: ${refusal}.`)]; // prettier-ignore
  if (input.refused !== undefined) return [item(input, "none", "block", input.refused)];
  const remote = seen && folded ? folded.fields : base.fields;
  const sides = { base: base.fields, local: doc.fields, remote, held: input.held };
  const merge = mergeFields(input.kind, sides, input.decisions);
  const both: Both = { doc, seen, base, remote, merge };
  const conflict = merge.conflicts.length > 0 ? item(input, "none", "conflict", conflictReason(merge)) : undefined;
  const pulled = pullPart(input, both);
  const pushed = pushPart(input, both, pulled);
  const items = [pulled, pushed, conflict].filter((one) => one !== undefined);
  if (items.length > 0 || isSettled(input, both)) return items;
  // what a push leaves there is still the next pull's, and what is only here the next push's
  const hasPoints = seen !== undefined && seen.points_mark !== "" && seen.points_mark !== base.points_mark;
  const hasNews = hasPoints || input.lacksNoted || fileNews(input, base).length > 0;
  const isUnsent = doc.points > base.points || newFiles(doc, base, []).length > 0;
  const waits = hasNews || isUnsent || Object.keys(merge.toLocal).length + Object.keys(merge.toRemote).length > 0;
  return waits || resting(input) ? [] : [item(input, "none", "settle", "Both sides say the same.")];
};

/** Deleted here: there it stays, unless a person said otherwise for this very object. */
const trashed = (input: PlanInput): readonly PlanItem[] =>
  input.consented && input.directions.push && input.row?.remote_id != null
    ? [item(input, "push", "remove", `It was deleted here, and its removal from ${input.remoteName} was agreed to.`)]
    : [];

/** What is to be done about one object: nothing, or at most one pull, one push and one thing to say. */
export const planObject = (input: PlanInput): readonly PlanItem[] => {
  const { local, seen, row } = input;
  const known = seen !== undefined || row?.remote_id != null;
  if (local && known) return planBoth(input, local);
  if (local) return planNew(input, local);
  if (row) return trashed(input); // it was here, and is gone for good
  return seen ? planUnknown(input, seen) : [];
};

/** A point as few far sides can hold it; a yes to it spares counting. */
export const ODD_POINT: Point = { key: "odd", step: 0, timestamp: 0, value: NaN };
