/** Collects what `planObject` needs to know of an object, from both sides and from what was planned before it. */
import { type LocalDoc, parseOrigin, type SyncKind } from "../../shared/sync/doc.ts";
import type { Candidate, SeenRow, SyncObjectRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { fieldOf } from "./fields.ts";
import { heldAliases } from "./held.ts";
import type { LocalRef } from "./local.ts";
import { decisionsOf } from "./merge.ts";
import { noteLoader } from "./note-file.ts";
import { type Folded, foldNotes, markerOf } from "./notes.ts";
import { type Directions, ODD_POINT, type PlanInput } from "./plan-object.ts";
import { lacksNoted } from "./points.ts";
import { keptBy, nounOf } from "./rules.ts";

const PARENT: Readonly<Record<SyncKind, SyncKind | undefined>> = {
  experiment: undefined,
  run: "experiment",
  registered_model: undefined,
  model_version: "registered_model",
};
export const parentKind = (kind: SyncKind): SyncKind | undefined => PARENT[kind];

/** What earlier items of the same plan mean for later ones. Grows with parents and with what stays behind only. */
export interface Planned {
  /** Why an object here stays here, by uid; its children do too. */
  readonly kept: Map<string, string>;
  /** Parents there that will be here, and which one each will be: `<kind>/<id>` → uid, or null for a new one. */
  readonly coming: Map<string, string | null>;
  /** Parents here that will be there under a name that is taken there: uid → id. */
  readonly linked: Map<string, string>;
}

export const createPlanned = (): Planned => ({ kept: new Map(), coming: new Map(), linked: new Map() });

const MAX_ODD_COUNT = 20_000;

/** Its parent and what is above, nearest first; of a version also the run that it came from. */
export const ancestorsOf = (ctx: Pick<SyncContext, "local">, doc: LocalDoc): readonly LocalDoc[] => {
  const kind = parentKind(doc.kind);
  const parent = kind && doc.parent !== null ? ctx.local.read({ kind, uid: doc.parent }) : undefined;
  const runUid = doc.kind === "model_version" ? fieldOf(doc.fields, "run") : undefined;
  const run = runUid === undefined ? undefined : ctx.local.read({ kind: "run", uid: runUid });
  return [...(parent ? [parent] : []), ...(run ? [run, ...ancestorsOf(ctx, run)] : [])];
};

const keptWhy = (ctx: SyncContext, doc: LocalDoc, planned: Planned): string | undefined => {
  const ancestors = ancestorsOf(ctx, doc);
  const own = keptBy(ctx.conditions, doc, ancestors, ctx.row);
  const parent = ancestors[0];
  const above = parent && planned.kept.get(parent.uid);
  return own ?? (above === undefined ? undefined : `Its ${nounOf(parent?.kind ?? doc.kind)} stays here: ${above}`);
};

/** What it belongs to was there, and the last scan did not see it: nothing can be made in it until it is seen again. */
const strandedWhy = (ctx: SyncContext, doc: LocalDoc): string | undefined => {
  const kind = parentKind(doc.kind);
  const row = kind && doc.parent !== null ? ctx.state.objects.find(ctx.row.id, { kind, uid: doc.parent }) : undefined;
  if (row?.remote_id == null) return undefined;
  const seen = ctx.state.seen.find(ctx.row.id, row.kind, row.remote_id);
  const isGone = seen ? seen.missed > 0 : row.state === "remote_gone";
  const parent = `${nounOf(row.kind)} '${ctx.local.read(row)?.label ?? row.uid}'`;
  return isGone ? `Its ${parent} is not on ${ctx.row.name} any more: it goes once that is there again.` : undefined;
};

/** The id there of an object's parent, bound already or with this plan. */
const remoteParent = (ctx: SyncContext, doc: LocalDoc, planned: Planned): string | undefined => {
  const kind = parentKind(doc.kind);
  if (!kind || doc.parent === null) return undefined;
  return ctx.state.objects.find(ctx.row.id, { kind, uid: doc.parent })?.remote_id ?? planned.linked.get(doc.parent);
};

const nameField = (kind: SyncKind): string => (kind === "model_version" ? "semver" : "name");

/** Something there of the unique name of something here that is not bound yet; it may be bound to another one here. */
const sameName = (ctx: SyncContext, doc: LocalDoc, planned: Planned): SeenRow | undefined => {
  if (doc.kind === "run" || doc.trashed) return undefined;
  const name = fieldOf(doc.fields, nameField(doc.kind));
  const parent = remoteParent(ctx, doc, planned);
  if (name === undefined || (parentKind(doc.kind) && parent === undefined)) return undefined;
  const seen = ctx.state.seen.byName(ctx.row.id, doc.kind, parent ?? null, name);
  return seen?.missed === 0 ? seen : undefined;
};

/**
 * Why a name stays taken by another object of this machine: it has another name here that is only noted there, or is in
 * the trash. Undefined: it gives the name up with this sync.
 */
const takenWhy = (ctx: SyncContext, seen: SeenRow, owner: SyncObjectRow): string | undefined => {
  const other = ctx.local.read(owner);
  const name = other?.trashed === false ? fieldOf(other.fields, nameField(seen.kind)) : undefined;
  if (name !== undefined && ctx.remote.holds(seen.kind, nameField(seen.kind), name, seen.name) === true) return undefined; // prettier-ignore
  const [noun, word] = [nounOf(seen.kind), seen.kind === "model_version" ? "number" : "name"];
  const here = name === undefined ? "deleted here" : `'${name}' here`;
  return `On ${ctx.row.name} '${seen.name}' is another ${noun} of this machine, ${here}. Give this one another ${word}, or keep it here only.`;
};

/** Two versions of one number and different making are not one; files tell when nothing else does. */
const isAnotherVersion = (doc: LocalDoc, folded: Folded): boolean => {
  if (folded.marker !== undefined) return folded.marker !== doc.origin;
  const here = new Map(doc.files.map(({ path, sha256 }) => [path, sha256]));
  return folded.files.size > 0 && [...folded.files].some(([path, { sha256 }]) => here.get(path) !== sha256);
};

const VERSION_CLASH =
  "has another version of this number, made elsewhere. Give this one the next free number or a pre-release here, or keep it here only.";

const oddPoints = (ctx: SyncContext, doc: LocalDoc, from: number): number => {
  if (doc.points <= from || doc.points > MAX_ODD_COUNT || ctx.remote.holdsPoint(ODD_POINT) === true) return 0;
  let count = 0;
  for (const page of ctx.local.points(doc))
    for (const point of page) if (ctx.remote.holdsPoint(point) !== true) count += 1;
  return count;
};

/** Why what is there cannot become an object here. */
const refusedWhy = (ctx: SyncContext, seen: SeenRow, planned: Planned): string | undefined => {
  const origin = parseOrigin(markerOf(seen.fields) ?? "");
  const twin = origin && ctx.state.objects.find(ctx.row.id, { kind: seen.kind, uid: origin.uid });
  if (origin?.kind === seen.kind && twin?.remote_id != null && twin.remote_id !== seen.id)
    return `${ctx.row.name} has this ${nounOf(seen.kind)} twice; the other one is the one that counts. Remove this one there.`;
  const kind = parentKind(seen.kind);
  const above = kind && seen.parent !== null ? parentHere(ctx, kind, seen.parent, planned) : null;
  if (above === undefined) return `Its ${nounOf(kind ?? seen.kind)} is not taken in.`;
  const taken = seen.kind !== "run" && (!kind || above !== null) && ctx.local.findByName(seen.kind, seen.name, above);
  return typeof taken === "string"
    ? `Here its name '${seen.name}' is another ${nounOf(seen.kind)}'s. Rename that one, or this one there.`
    : undefined;
};

/** Uid of a parent, null when it comes with this plan, undefined when there is none. */
const parentHere = (ctx: SyncContext, kind: SyncKind, id: string, planned: Planned): string | null | undefined => {
  const bound = ctx.state.objects.byRemoteId(ctx.row.id, kind, id);
  if (bound) return ctx.local.read(bound)?.trashed === false ? bound.uid : undefined;
  return planned.coming.get(`${kind}/${id}`);
};

/** Digests of an object's files that are listed here and have not come. */
export const awaitedFiles = (
  ctx: Pick<SyncContext, "state" | "row">,
  ref: LocalRef,
): ReadonlyMap<string, string | null> =>
  new Map(ctx.state.files.of(ctx.row.id, ref).map(({ path, sha256 }) => [path, sha256]));

interface Sides {
  readonly ref: LocalRef | undefined;
  readonly local: LocalDoc | undefined;
  readonly seen: SeenRow | undefined;
  readonly linkBy: "name" | undefined;
  /** Why its name there cannot be had. */
  readonly taken: string | undefined;
}

const sidesOf = (ctx: SyncContext, { kind, uid, remote_id }: Candidate, planned: Planned): Sides => {
  const bound = remote_id === null ? undefined : ctx.state.seen.find(ctx.row.id, kind, remote_id);
  const ref = uid === null ? undefined : { kind, uid };
  const local = ref && ctx.local.read(ref);
  const named = local && remote_id === null ? sameName(ctx, local, planned) : undefined;
  const owner = named && ctx.state.objects.byRemoteId(ctx.row.id, kind, named.id);
  const taken = owner && takenWhy(ctx, named, owner);
  if (owner && taken === undefined) return { ref, local, seen: bound, linkBy: undefined, taken };
  return { ref, local, seen: bound ?? named, linkBy: named ? "name" : undefined, taken };
};

/** All that is to be known of a candidate; undefined when it comes under another candidate. */
export const gather = async (
  ctx: SyncContext,
  candidate: Candidate,
  directions: Directions,
  planned: Planned,
): Promise<PlanInput | undefined> => {
  const { ref, local, seen, linkBy, taken } = sidesOf(ctx, candidate, planned);
  if (!local && seen && planned.coming.has(`${seen.kind}/${seen.id}`)) return undefined; // linked by its name
  const row = ref && ctx.state.objects.find(ctx.row.id, ref);
  const load = local && seen ? noteLoader(ctx, seen) : undefined; // what is only there is read whole when it is pulled
  const folded = seen?.missed === 0 ? await foldNotes(seen.kind, seen.fields, load) : undefined;
  const clash = linkBy && local?.kind === "model_version" && folded && isAnotherVersion(local, folded);
  const unknown = !local && !row && seen ? refusedWhy(ctx, seen, planned) : undefined;
  const refused = taken ?? (clash ? `${ctx.row.name} ${VERSION_CLASH}` : unknown);
  const pinned = ctx.row.file_policy === "pinned" && row?.pinned === true;
  return {
    kind: candidate.kind,
    directions,
    remoteName: ctx.row.name,
    workstation: ctx.local.workstation,
    local,
    row,
    seen,
    folded,
    linkBy,
    kept: local && directions.push ? keptWhy(ctx, local, planned) : undefined,
    stranded: local && directions.push ? strandedWhy(ctx, local) : undefined,
    refused,
    awaited: folded && ref && folded.files.size > 0 ? awaitedFiles(ctx, ref) : new Map(),
    decisions: ref ? decisionsOf(ctx.state.conflicts.ofObject(ctx.row.id, ref)) : new Map(),
    held: local ? heldAliases(ctx, local) : new Set(),
    consented: ref !== undefined && row?.remote_id != null && ctx.state.consents.has(ctx.row.id, ref, row.remote_id),
    lacksNoted: local !== undefined && folded !== undefined && lacksNoted(ctx, local, folded, row?.note ?? 0),
    oddPoints: local && directions.push ? oddPoints(ctx, local, row?.base?.points ?? 0) : 0,
    wantsFiles: ctx.row.file_policy === "all" || pinned,
    holds: ctx.remote.holds,
    holdsFile: ctx.remote.holdsFile,
    nameOfFile: (path) => ctx.remote.nameOfFile?.(path) ?? path,
    now: ctx.clock.now(),
  };
};
