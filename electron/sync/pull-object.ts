/** One object of a plan, applied here: read there first, then written in one piece together with what is known of it. */
import {
  type Base,
  type FieldChanges,
  type Fields,
  type LocalDoc,
  originOf,
  parseOrigin,
} from "../../shared/sync/doc.ts";
import { DomainError } from "../../shared/errors.ts";
import type { Point } from "../../shared/sync/doc.ts";
import type { SeenRow, SyncObjectRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { fieldNames, fieldOf } from "./fields.ts";
import { heldAliases } from "./held.ts";
import type { Limit } from "./limit.ts";
import type { LocalRef, LocalWrites } from "./local.ts";
import { decisionsOf, type Merge, mergeFields, rebase } from "./merge.ts";
import { type Folded, foldNotes, markerOf } from "./notes.ts";
import { noteLoader } from "./note-file.ts";
import { parentKind } from "./plan-gather.ts";
import { NO_BASE } from "./plan-object.ts";
import type { PlanItem } from "./plan-types.ts";
import { farFiles, type FileStub } from "./pull-files.ts";
import { standingOf } from "./replaced.ts";
import { nounOf } from "./rules.ts";

/** What one item came to. */
export interface Applied {
  readonly outcome: "done" | "skipped" | "failed";
  /** Why it was not done, or what is still to be decided. */
  readonly detail: string | null;
  readonly problems: readonly string[];
}

export const skipped = (detail: string): Applied => ({ outcome: "skipped", detail, problems: [] });
const MOVED = "It changed since the plan was made; the next plan sees it.";

/** What is there, as it is meant, with its files. */
interface Far {
  readonly seen: SeenRow;
  readonly folded: Folded;
  readonly files: readonly FileStub[];
  readonly problems: readonly string[];
}

const hasFiles = (kind: SeenRow["kind"]): boolean => kind === "run" || kind === "model_version";

/**
 * A listing shows less of a version than reading it does. What comes from an Outpost is always read, since its notes may
 * be there; of strangers only so many in one pull, the others stay light until they are asked for (`deep`).
 */
const readFar = async (ctx: SyncContext, seen: SeenRow, deep: boolean): Promise<Far> => {
  const ref = { kind: seen.kind, id: seen.id };
  const reads = seen.kind === "model_version" && deep;
  const fields = (reads ? await ctx.remote.read(ref, ctx.signal) : undefined)?.fields ?? seen.fields;
  const folded = await foldNotes(seen.kind, fields, noteLoader(ctx, ref));
  const { files, problems } = hasFiles(seen.kind)
    ? await farFiles(ctx, ref, folded, deep)
    : { files: [], problems: [] };
  return { seen, folded, files, problems: [...folded.problems, ...problems] };
};

/** 128 random bits as hex. */
const newUid = (ctx: SyncContext): string =>
  Array.from({ length: 32 }, () => Math.floor(ctx.random() * 16).toString(16)).join("");

/** Which object here it is or will be. */
const identify = (ctx: SyncContext, item: PlanItem, far: Far): { ref: LocalRef; origin: string } => {
  const { kind } = item;
  const origin = parseOrigin(far.folded.marker ?? "");
  if (item.uid !== null) return { ref: { kind, uid: item.uid }, origin: far.folded.marker ?? "" };
  const own = origin?.kind === kind && !ctx.local.read({ kind, uid: origin.uid });
  if (own) return { ref: { kind, uid: origin.uid }, origin: originOf(origin.workstation, kind, origin.uid) };
  const uid = newUid(ctx);
  return { ref: { kind, uid }, origin: originOf(ctx.local.workstation, kind, uid) };
};

const parentUid = (ctx: SyncContext, seen: SeenRow): string | null => {
  const kind = parentKind(seen.kind);
  if (!kind) return null;
  const row = seen.parent === null ? undefined : ctx.state.objects.byRemoteId(ctx.row.id, kind, seen.parent);
  if (row && ctx.local.read(row)?.trashed === false) return row.uid;
  throw new DomainError("not_found", `The ${nounOf(kind)} that it belongs to is not here`);
};

/** What the changed fields hold here now: they are written over that only. */
const over = (doc: LocalDoc, changes: FieldChanges): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.keys(changes).map((field) => [field, fieldOf(doc.fields, field)]));

/** So many points come with a new object, in one write with it; those behind them come in writes of their own. */
const FIRST_POINTS = 5_000;

/** Points that a note tells, then those that are listed. */
async function* pointsOf(ctx: SyncContext, ref: LocalRef, far: Far): AsyncGenerator<readonly Point[], undefined> {
  if (far.folded.points.length > 0) yield far.folded.points;
  if (far.seen.points_mark !== "") yield* ctx.remote.points({ kind: ref.kind, id: far.seen.id }, ctx.signal);
}

/** The next points, about as many as fit one write. `done`: there are none behind them. */
const nextPoints = async (
  ctx: SyncContext,
  pages: AsyncGenerator<readonly Point[], undefined>,
): Promise<{ readonly points: readonly Point[]; readonly done: boolean }> => {
  const points: Point[] = [];
  while (points.length < FIRST_POINTS) {
    await ctx.turn();
    const page = await pages.next();
    if (page.done === true) return { points, done: true };
    for (const point of page.value) points.push(point);
  }
  return { points, done: false };
};

/**
 * Points are added in writes of their own: there may be millions, and adding one twice adds it once. Returns how many
 * were not here: what else is here by then was logged meanwhile.
 */
const pullPoints = async (ctx: SyncContext, ref: LocalRef, far: Far, base: Base): Promise<number> => {
  const add = (points: readonly Point[]): Promise<number> => ctx.local.write((writes) => writes.addPoints(ref, points));
  let added = far.folded.points.length > 0 ? await add(far.folded.points) : 0;
  if (far.seen.points_mark === base.points_mark || far.seen.points_mark === "") return added;
  for await (const page of ctx.remote.points({ kind: ref.kind, id: far.seen.id }, ctx.signal)) {
    await ctx.turn();
    added += await add(page);
  }
  return added;
};

interface Settling {
  readonly ref: LocalRef;
  readonly far: Far;
  readonly row: SyncObjectRow | undefined;
  /** What both sides held before. */
  readonly base: Base;
  /** Points that were here before anything was written. */
  readonly before: number;
  /** Points that were written. */
  readonly added: number;
  /** Paths of files that were here before anything was written. */
  readonly had: readonly string[];
  readonly merge: Merge;
  /** Whether points and files that are only there were brought; what was not is still news. */
  readonly brings: boolean;
}

const digests = (files: readonly FileStub[]): Readonly<Record<string, string>> =>
  Object.fromEntries(files.flatMap(({ path, sha256 }) => (sha256 === null ? [] : [[path, sha256]])));

/** The next base, and whether something here still waits to be pushed. */
const nextBase = (
  { far, base, before, added, had, merge, brings }: Settling,
  after: LocalDoc,
): { base: Base; waits: boolean } => {
  const unsent = Math.max(0, before - base.points) + Math.max(0, after.points - before - added);
  // One that was sent from here and that no note names is there, and nobody else knows: the next push says it.
  const untold = new Set(had.filter((path) => !Object.hasOwn(base.files, path) && !far.folded.files.has(path)));
  const kept = new Set(far.seen.kind === "run" ? after.files.map(({ path }) => path) : []);
  // a run's file that is another one here has not come, or never will: what both held is still what they held
  const there = digests(far.files.filter(({ path }) => !untold.has(path)));
  const come = Object.fromEntries(Object.entries(there).filter(([path]) => !kept.has(path)));
  const both = after.files.filter(({ path, sha256 }) => there[path] === sha256);
  const files = { ...base.files, ...(brings ? come : {}), ...digests(both) };
  const isNew = after.files.some(({ path, sha256 }) => !Object.hasOwn(files, path) || files[path] !== sha256);
  return {
    base: {
      fields: rebase(base.fields, after.fields, far.folded.fields),
      files,
      points: after.points - unsent,
      points_mark: brings || far.seen.points_mark === "" ? far.seen.points_mark : base.points_mark,
    },
    waits: isNew || unsent > 0 || Object.keys(merge.toRemote).length > 0,
  };
};

const conflictText = ({ conflicts }: Merge): string =>
  `Both sides changed ${conflicts
    .map(({ field }) => field)
    .join(", ")
    .slice(0, 200)}`;

/** Notes what both sides say now. What waits for a push or for a person stays among those to compare. */
const settle = (ctx: SyncContext, settling: Settling, after: LocalDoc): void => {
  const { ref, far, row, merge, brings } = settling;
  const remote = ctx.row.id;
  const { base, waits } = nextBase(settling, after);
  const open = merge.conflicts.length > 0;
  const rev = waits || open ? (row?.settled_rev ?? 0) : after.rev;
  const { fingerprint, id: remote_id } = far.seen;
  const note = brings || far.folded.points.length === 0 ? far.folded.note : (row?.note ?? 0);
  ctx.state.objects.settle(remote, ref, { base, rev, fingerprint, note, remote_id });
  for (const { field, base: was, local, remote: value } of merge.conflicts) {
    const sides = { base: was ?? null, local: local ?? null, remote_value: value ?? null };
    ctx.state.conflicts.put(remote, ref, field, sides, ctx.clock.now());
  }
  ctx.state.conflicts.clear(
    remote,
    ref,
    waits
      ? ctx.state.conflicts.ofObject(remote, ref).map(({ field }) => field)
      : merge.conflicts.map(({ field }) => field),
  );
  if (open) ctx.state.objects.setState(remote, ref, "conflict", conflictText(merge));
  else if (waits) ctx.state.objects.setState(remote, ref, "queued", "Changes made here wait to be pushed");
};

interface Taking {
  readonly files: readonly FileStub[];
  /** What both sides held before. */
  readonly base: Base;
}

/**
 * Names the files that came with it: those whose bytes are here at once, the others as stubs. One that was replaced there
 * and is here as it was takes the place of that; its bytes are wanted, since the old ones were.
 */
const takeFiles = (
  ctx: SyncContext,
  writes: LocalWrites,
  ref: LocalRef,
  { files, base }: Taking,
): readonly string[] => {
  if (files.length === 0) return [];
  const known = new Map(ctx.local.read(ref)?.files.map(({ path, sha256 }) => [path, sha256]));
  const isReplaced = ({ path, sha256 }: FileStub): boolean =>
    known.has(path) &&
    sha256 !== null &&
    standingOf(ref.kind, { base: base.files[path], here: known.get(path), there: sha256 }) === "there";
  const some = files.filter((file) => !known.has(file.path) || isReplaced(file));
  const here = some.flatMap(({ path, size, sha256 }) =>
    sha256 !== null && ctx.local.hasBytes(sha256) ? [{ path, size, sha256, here: true, over: known.get(path) }] : [],
  );
  const taken = writes.bindFiles(ref, here);
  const bound = new Set(here.map(({ path }) => path));
  const stubs = some.filter(({ path }) => !bound.has(path));
  if (stubs.length > 0) ctx.state.files.put(ctx.row.id, ref, stubs);
  for (const { path } of stubs) if (known.has(path)) ctx.state.files.want(ctx.row.id, ref, true, path);
  const pinned = ctx.state.objects.find(ctx.row.id, ref)?.pinned === true;
  const policy = ctx.row.file_policy;
  if (stubs.length > 0 && (policy === "all" || (policy === "pinned" && pinned)))
    ctx.state.files.want(ctx.row.id, ref, true);
  return taken.map((path) => `'${path}' is another file here and there; the one here was kept.`);
};

const NO_MERGE: Merge = { toLocal: {}, toRemote: {}, conflicts: [] };

/**
 * Fields that were changed here while its points came, and what they held until then. Compared with what was made: what
 * the store says otherwise than asked (a number that was taken) is no change of anybody.
 */
const editedSince = (made: LocalDoc, after: LocalDoc, there: Fields): { toRemote: FieldChanges; held: Fields } => {
  const names = fieldNames(made.fields, after.fields).filter(
    (field) => fieldOf(made.fields, field) !== fieldOf(after.fields, field),
  );
  const held = names.map((field) => [field, fieldOf(there, field)] as const);
  return {
    toRemote: Object.fromEntries(names.map((field) => [field, fieldOf(after.fields, field) ?? null])),
    held: Object.fromEntries(held.filter((entry): entry is readonly [string, string] => entry[1] !== undefined)),
  };
};

/** More of its points are still to come: what is here already is nobody's change, should it stop before they have. Inside a write. */
const begun = (ctx: SyncContext, ref: LocalRef, { seen, folded }: Far, now: LocalDoc, points: number): void => {
  const base = { ...NO_BASE, fields: rebase({}, now.fields, folded.fields), points };
  ctx.state.objects.settle(ctx.row.id, ref, { base, rev: 0, fingerprint: "", note: 0, remote_id: seen.id });
  ctx.state.objects.setState(ctx.row.id, ref, "queued", "Its metrics are still to come");
};

const create = async (
  ctx: SyncContext,
  item: PlanItem,
  far: Far,
  { limit }: ApplyOptions,
): Promise<readonly string[]> => {
  const { ref, origin } = identify(ctx, item, far);
  const pages = pointsOf(ctx, ref, far);
  let next = await limit(() => nextPoints(ctx, pages));
  const read = (): LocalDoc => {
    const doc = ctx.local.read(ref);
    if (!doc) throw new DomainError("not_found", `The ${nounOf(ref.kind)} is not here any more`);
    return doc;
  };
  const end = (made: LocalDoc, added: number): void => {
    const after = read();
    const { toRemote, held } = editedSince(made, after, far.folded.fields);
    const settling = { ref, far, row: undefined, before: 0, added, had: [], brings: true };
    settle(ctx, { ...settling, base: { ...NO_BASE, fields: held }, merge: { ...NO_MERGE, toRemote } }, after);
  };
  let added = 0; // what else is here by then was logged meanwhile
  const { made, taken } = await ctx.local.write((writes) => {
    writes.create({ ...ref, origin, parent: parentUid(ctx, far.seen), fields: far.folded.fields });
    ctx.state.objects.link(ctx.row.id, ref, far.seen.id);
    const kept = takeFiles(ctx, writes, ref, { files: far.files, base: NO_BASE });
    const now = read();
    added += now.points + (next.points.length > 0 ? writes.addPoints(ref, next.points) : 0);
    if (next.done) end(now, added);
    else begun(ctx, ref, far, now, added);
    return { made: now, taken: kept };
  });
  while (!next.done) {
    next = await limit(() => nextPoints(ctx, pages));
    await ctx.local.write((writes) => {
      added += next.points.length > 0 ? writes.addPoints(ref, next.points) : 0;
      if (next.done) end(made, added);
    });
  }
  return taken;
};

const mergeNow = (
  ctx: SyncContext,
  ref: LocalRef,
  far: { readonly folded: Pick<Folded, "fields"> },
): { doc: LocalDoc; row: SyncObjectRow | undefined; merge: Merge } => {
  // prettier-ignore
  const doc = ctx.local.read(ref);
  if (!doc) throw new DomainError("not_found", `The ${nounOf(ref.kind)} is not here any more`);
  const row = ctx.state.objects.find(ctx.row.id, ref);
  const decisions = decisionsOf(ctx.state.conflicts.ofObject(ctx.row.id, ref));
  const base: Fields = row?.base?.fields ?? {};
  const sides = { base, local: doc.fields, remote: far.folded.fields, held: heldAliases(ctx, doc) };
  return { doc, row, merge: mergeFields(ref.kind, sides, decisions) };
};

/** Brings what changed there; what changed here meanwhile stays and waits. `toLocal` off: only notes what both say. */
const update = async (
  ctx: SyncContext,
  ref: LocalRef,
  far: Far,
  { brings, limit }: Pick<ApplyOptions, "limit"> & { readonly brings: boolean },
): Promise<readonly string[]> => {
  const base = ctx.state.objects.find(ctx.row.id, ref)?.base ?? NO_BASE;
  const before = ctx.local.read(ref)?.points;
  const added = brings ? await limit(() => pullPoints(ctx, ref, far, base)) : 0;
  return ctx.local.write((writes) => {
    const { doc, row, merge } = mergeNow(ctx, ref, far);
    if (row?.remote_id == null) ctx.state.objects.link(ctx.row.id, ref, far.seen.id);
    if (brings) writes.set(ref, merge.toLocal, over(doc, merge.toLocal));
    const taken = brings ? takeFiles(ctx, writes, ref, { files: far.files, base: row?.base ?? NO_BASE }) : [];
    const after = ctx.local.read(ref) ?? doc;
    const counts = { before: before ?? doc.points, added, had: doc.files.map(({ path }) => path) };
    settle(ctx, { ref, far, row, base: row?.base ?? NO_BASE, ...counts, merge, brings }, after);
    return taken;
  });
};

/** Whether the item's object is as it was when it was planned. */
const stands = (ctx: SyncContext, item: PlanItem, seen: SeenRow | undefined): boolean => {
  const isBound = seen !== undefined && ctx.state.objects.byRemoteId(ctx.row.id, item.kind, seen.id) !== undefined;
  if (item.uid === null && isBound) return false; // it was taken in before the stop
  const doc = item.uid === null ? undefined : ctx.local.read({ kind: item.kind, uid: item.uid });
  if (item.expects.fingerprint !== null && seen?.fingerprint !== item.expects.fingerprint) return false;
  return item.expects.rev === null || doc?.rev === item.expects.rev;
};

export interface ApplyOptions {
  /** Reads what listings do not show. */
  readonly deep: boolean;
  /** Runs what asks the far side, a few at a time. */
  readonly limit: Limit;
}

/**
 * Applies a pull, a `settle` or a `conflict`.
 * @throws RemoteError, DomainError: the object is as it was.
 */
export const applyObject = async (ctx: SyncContext, item: PlanItem, options: ApplyOptions): Promise<Applied> => {
  const seen = item.remote_id === null ? undefined : ctx.state.seen.find(ctx.row.id, item.kind, item.remote_id);
  if (!stands(ctx, item, seen)) return skipped(MOVED);
  if (!seen) return settleAlone(ctx, item);
  const marked = markerOf(seen.fields) !== undefined;
  const brings = item.direction === "pull";
  const far = await options.limit(() => readFar(ctx, seen, brings && (marked || options.deep)));
  if (far.folded.incomplete)
    return { outcome: "failed", detail: "A note of it cannot be read", problems: far.problems };
  const isNew = item.uid === null || !ctx.local.read({ kind: item.kind, uid: item.uid });
  if (isNew && !brings) return skipped(MOVED);
  const taken = isNew
    ? await create(ctx, item, far, options)
    : await update(ctx, { kind: item.kind, uid: item.uid }, far, { brings, limit: options.limit });
  return { outcome: "done", detail: null, problems: [...far.problems, ...taken] };
};

/** Nothing was listed of it since it was settled: only the revision here moved. */
const settleAlone = async (ctx: SyncContext, item: PlanItem): Promise<Applied> => {
  const ref = { kind: item.kind, uid: item.uid ?? "" };
  return ctx.local.write(() => {
    const [doc, row] = [ctx.local.read(ref), ctx.state.objects.find(ctx.row.id, ref)];
    if (item.action !== "settle" || !doc || row?.remote_id == null || !row.base) return skipped(MOVED);
    const settled = { base: row.base, rev: doc.rev, fingerprint: row.fingerprint ?? "", note: row.note };
    ctx.state.objects.settle(ctx.row.id, ref, { ...settled, remote_id: row.remote_id });
    return { outcome: "done", detail: null, problems: [] };
  });
};
