/**
 * Makes sure that an object is on the remote, once: bound before, found by its unique name or its marker, or created
 * with as much as a creation takes.
 */
import type { Fields, LocalDoc, SyncKind } from "../../shared/sync/doc.ts";
import { RemoteError } from "../remote/errors.ts";
import { groupOf, MARKER, type NewObject, type RemoteObject, type Search } from "../remote/remote.ts";
import type { OpRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { perform, recover, type Found } from "./effect.ts";
import { fieldOf } from "./fields.ts";
import type { LocalRef } from "./local.ts";
import { markerOf } from "./notes.ts";
import { toSeen } from "./remote-view.ts";
import { noteMade } from "./said.ts";
import { ObjectProblem } from "./trouble.ts";

export interface Ensured {
  readonly object: RemoteObject;
  /** Made just now: it has no points and no files. */
  readonly created: boolean;
}

/** Somebody changed what the plan was made from: left for the next plan. */
export class Moved extends Error {
  constructor(message: string) {
    super(message);
    this.name = "Moved";
  }
}

/** What of this process's own doing lasts from object to object. */
export interface PushSession {
  /** The newest run by experiment there, before the next one is created: no need to look behind it. */
  readonly newest: Map<string, string>;
  readonly remarks: string[];
  /** How often one piece of a file broke. */
  readonly broken: Map<string, number>;
  /** When effects under way were sent, or first met by this process. */
  readonly underWay: Map<string, number>;
  readonly duplicates: Set<string>;
}

export const createPushSession = (): PushSession => ({
  newest: new Map(),
  remarks: [],
  broken: new Map(),
  underWay: new Map(),
  duplicates: new Set(),
});

const refOf = ({ kind, uid }: LocalDoc): LocalRef => ({ kind, uid });

const PARENT: Readonly<Partial<Record<SyncKind, SyncKind>>> = { run: "experiment", model_version: "registered_model" };

/** Remote id of what it belongs to; null for what belongs to nothing. @throws ObjectProblem while that is not there. */
export const remoteParent = (ctx: SyncContext, doc: LocalDoc): string | null => {
  const kind = PARENT[doc.kind];
  if (kind === undefined) return null;
  const row = doc.parent === null ? undefined : ctx.state.objects.find(ctx.row.id, { kind, uid: doc.parent });
  if (row?.remote_id == null) {
    const noun = kind === "experiment" ? "experiment" : "model";
    throw new ObjectProblem("queued", `Its ${noun} is not on ${ctx.row.name} yet: it goes after it`);
  }
  return row.remote_id;
};

export const nameOf = (doc: LocalDoc): string =>
  fieldOf(doc.fields, doc.kind === "model_version" ? "semver" : "name") ?? doc.label;

/** Said at the end, or by a group of its own; never with a creation. */
const LATER = new Set(["status", "end_time", "stage"]);

/** What of the fields a creation takes; the marker first, which is never left out where it can be held. */
export const creationFields = (ctx: SyncContext, doc: LocalDoc, desired: Fields): Fields => {
  const { holds, limits } = ctx.remote;
  const fits = ([field, value]: readonly [string, string]): boolean =>
    holds(doc.kind, field, value, undefined) === true;
  const plain = Object.entries(desired).filter(([field]) => !field.includes("/") && !LATER.has(field));
  const tags = Object.entries(desired).filter(([field]) => groupOf(field) === "tag");
  const marker = [`tag/${MARKER}`, `run_tag/${MARKER}`].find((field) => fits([field, doc.origin]));
  const mark: readonly [string, string][] = marker === undefined ? [] : [[marker, doc.origin]];
  return Object.fromEntries([...mark, ...plain.filter(fits), ...tags.filter(fits).slice(0, limits.batch - 1)]);
};

/** Whether an object that carries no marker can be the one whose creation was not answered: empty, and nobody's. */
const isOrphan = (ctx: SyncContext, object: RemoteObject): boolean =>
  markerOf(object.fields) === undefined &&
  !Object.keys(object.fields).some((field) => groupOf(field) === "param") &&
  ctx.state.objects.byRemoteId(ctx.row.id, object.kind, object.id) === undefined;

/** Of what a look found: the oldest with the marker, else the only orphan. */
const choose = (ctx: SyncContext, marker: string, found: readonly RemoteObject[]): Found<RemoteObject> | undefined => {
  const marked = found.filter((object) => markerOf(object.fields) === marker);
  const [oldest, ...twins] = marked;
  if (oldest) return { value: oldest, twins: twins.map(({ id }) => id) };
  const orphans = found.filter((object) => isOrphan(ctx, object));
  const [only] = orphans;
  return only && orphans.length === 1 ? { value: only, twins: [] } : undefined;
};

const lookFor = async (ctx: SyncContext, search: Search): Promise<Found<RemoteObject> | undefined> => {
  if (search.kind === "run") return choose(ctx, search.marker, await ctx.remote.look(search, ctx.signal));
  const named = await ctx.remote.find(search.kind, search.name, search.parent, ctx.signal);
  return named && markerOf(named.fields) === search.marker
    ? { value: named, twins: [] }
    : choose(ctx, search.marker, await ctx.remote.look(search, ctx.signal));
};

const tellTwins = (session: PushSession, doc: Pick<LocalDoc, "label">, twins: readonly string[]): void => {
  for (const id of twins) session.duplicates.add(id);
  session.remarks.push(
    `${doc.label} is there ${twins.length + 1} times; the oldest one counts, and these can be removed by hand: ${twins.join(", ")}`,
  );
};

/** Id of the newest run there: whatever an attempt makes is newer. */
const newestRun = async (ctx: SyncContext, session: PushSession, parent: string): Promise<string | undefined> => {
  const known = session.newest.get(parent);
  if (known !== undefined) return known;
  const page = await ctx.remote.list({ of: "runs", experiment: parent }, undefined, ctx.signal);
  return page.objects[0]?.id;
};

/**
 * The answer to a creation, if it can be what was just made. A far side that names another object, by mistake or in order
 * to do harm, would have all that follows written to that one: then what was made is looked for by its mark.
 * @throws RemoteError `garbled`, maybe done
 */
const asMade = (ctx: SyncContext, input: NewObject, made: RemoteObject): RemoteObject => {
  const mark = markerOf(input.fields);
  const isOurs = mark === undefined || markerOf(made.fields) === mark;
  const isNew =
    ctx.state.seen.find(ctx.row.id, made.kind, made.id) === undefined &&
    ctx.state.objects.byRemoteId(ctx.row.id, made.kind, made.id) === undefined;
  if (toSeen(made) !== undefined && made.kind === input.kind && isOurs && isNew) return made;
  throw new RemoteError("garbled", `${ctx.row.name} answered the creation of '${input.name}' with another object`, {
    maybeDone: true,
  });
};

const create = async (
  ctx: SyncContext,
  session: PushSession,
  doc: LocalDoc,
  desired: Fields,
): Promise<RemoteObject> => {
  const [parent, name] = [remoteParent(ctx, doc), nameOf(doc)];
  const until = doc.kind === "run" && parent !== null ? await newestRun(ctx, session, parent) : undefined;
  const search: Search = {
    kind: doc.kind,
    name,
    parent,
    marker: doc.origin,
    startTime: doc.kind === "run" ? fieldOf(doc.fields, "start_time") : undefined,
    until,
  };
  const input: NewObject = { kind: doc.kind, name, parent, fields: creationFields(ctx, doc, desired) };
  const sent = input.fields;
  const made = await perform<RemoteObject>(ctx, {
    ref: refOf(doc),
    step: "create",
    detail: { ...search, sent },
    makesTwins: true,
    send: async () => asMade(ctx, input, await ctx.remote.create(input, ctx.signal)),
    look: () => lookFor(ctx, search),
    settle: (object) => noteMade(ctx, refOf(doc), object, sent),
    onTwins: (twins) => tellTwins(session, doc, twins),
  });
  if (doc.kind === "run" && parent !== null) session.newest.set(parent, made.id);
  return made;
};

const bind = async (ctx: SyncContext, doc: LocalDoc, object: RemoteObject): Promise<RemoteObject> => {
  const other = ctx.state.objects.byRemoteId(ctx.row.id, doc.kind, object.id);
  if (other && other.uid !== doc.uid)
    throw new ObjectProblem(
      "blocked",
      `Another ${doc.kind} of this machine is bound to '${object.name}' there already`,
    );
  await ctx.local.write(() => ctx.state.objects.link(ctx.row.id, refOf(doc), object.id));
  return object;
};

/** Whether an object of that name may be taken for this one: it says so itself, or the plan that named it was accepted. */
const mayAdopt = (doc: LocalDoc, object: RemoteObject, linked: boolean): boolean =>
  linked || markerOf(object.fields) === doc.origin;

/**
 * The object there. `linked`: the remote id of the object that the plan named as the same, if it did.
 * @throws Moved when its name was taken meanwhile; RemoteError `gone` when it was there and is not any more.
 */
export const ensure = async (
  ctx: SyncContext,
  session: PushSession,
  doc: LocalDoc,
  { desired, linked }: { readonly desired: Fields; readonly linked: string | null },
): Promise<Ensured> => {
  const row = ctx.state.objects.find(ctx.row.id, refOf(doc));
  const id = row?.remote_id ?? linked;
  if (id !== null) {
    const object = await ctx.remote.read({ kind: doc.kind, id }, ctx.signal);
    if (!object) throw new RemoteError("gone", `${doc.label} was on ${ctx.row.name} and is not any more`);
    return { object: row?.remote_id == null ? await bind(ctx, doc, object) : object, created: false };
  }
  if (doc.kind !== "run") {
    const named = await ctx.remote.find(doc.kind, nameOf(doc), remoteParent(ctx, doc), ctx.signal);
    if (named && !mayAdopt(doc, named, false)) throw new Moved(`'${named.name}' was made there since the plan`);
    if (named) return { object: await bind(ctx, doc, named), created: false };
  }
  try {
    return { object: await create(ctx, session, doc, desired), created: true };
  } catch (error) {
    if (!(error instanceof RemoteError) || error.trouble !== "exists" || doc.kind === "run") throw error;
    const named = await ctx.remote.find(doc.kind, nameOf(doc), remoteParent(ctx, doc), ctx.signal);
    if (!named) throw error; // a name that is taken and not to be found: the remote refuses the name itself
    if (!mayAdopt(doc, named, false)) throw new Moved(`'${named.name}' was made there since the plan`);
    return { object: await bind(ctx, doc, named), created: false };
  }
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const textOr = <T>(value: unknown, otherwise: T): string | T => (typeof value === "string" ? value : otherwise);

/** What an earlier attempt at a creation noted about itself. */
const searchOf = ({ kind, detail }: OpRow): Search | undefined => {
  if (!isRecord(detail) || typeof detail["name"] !== "string" || typeof detail["marker"] !== "string") return undefined;
  const { name, marker } = detail;
  const [parent, startTime, until] = [detail["parent"], detail["startTime"], detail["until"]];
  return {
    kind,
    name,
    marker,
    parent: textOr(parent, null),
    startTime: textOr(startTime, undefined),
    until: textOr(until, undefined),
  };
};

/** What the creation had. */
export const sentOf = ({ detail }: Pick<OpRow, "detail">): Fields => {
  const sent = isRecord(detail) && isRecord(detail["sent"]) ? Object.entries(detail["sent"]) : [];
  return Object.fromEntries(sent.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
};

/** Ends a creation that an earlier process, or a lost connection, left open. */
export const recoverCreation = async (ctx: SyncContext, session: PushSession, op: OpRow): Promise<boolean> => {
  const search = searchOf(op);
  const ref = { kind: op.kind, uid: op.uid };
  return recover<RemoteObject>(ctx, op, {
    look: () => (search ? lookFor(ctx, search) : Promise.resolve(undefined)),
    settle: (object) => noteMade(ctx, ref, object, sentOf(op)),
    onTwins: (twins) => tellTwins(session, { label: search?.name ?? op.uid }, twins),
  });
};
