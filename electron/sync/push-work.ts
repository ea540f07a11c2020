/** What pushing one object works on: both sides as they were found, and what has to be said there. */
import type { Base, FieldChanges, LocalDoc } from "../../shared/sync/doc.ts";
import { RemoteError } from "../remote/errors.ts";
import { MARKER, type Ref, type RemoteObject } from "../remote/remote.ts";
import type { SyncContext } from "./context.ts";
import type { Ensured, PushSession } from "./ensure.ts";
import { changed } from "./fields.ts";
import { heldAliases } from "./held.ts";
import type { LocalRef } from "./local.ts";
import { decisionsOf, mergeFields } from "./merge.ts";
import { noteLoader } from "./note-file.ts";
import { foldNotes, splitWrites, type Folded } from "./notes.ts";
import type { PointsResult } from "./points.ts";
import { ObjectProblem } from "./trouble.ts";
import type { UploadResult } from "./upload.ts";

export interface PushOptions {
  readonly session: PushSession;
  readonly partBytes?: number;
  /** Sends nothing: an object that needs more than settling is left for the next plan. */
  readonly settleOnly?: boolean;
  /** The second time in a sync: its own first time moved the far side. */
  readonly again?: boolean;
  readonly onBytes?: (sent: number) => void;
}

/** An object with what its notes say, those in files too. */
export const fold = (ctx: SyncContext, object: RemoteObject): Promise<Folded> =>
  foldNotes(object.kind, object.fields, noteLoader(ctx, { kind: object.kind, id: object.id }));

export const reread = async (ctx: SyncContext, { kind, id, name }: RemoteObject): Promise<RemoteObject> => {
  const object = await ctx.remote.read({ kind, id }, ctx.signal);
  if (!object) throw new RemoteError("gone", `${name} was on ${ctx.row.name} and is not any more`);
  return object;
};

/** What an object is to say there, and how far it has come. */
export interface Work {
  readonly ctx: SyncContext;
  readonly options: PushOptions;
  readonly doc: LocalDoc;
  readonly ref: LocalRef;
  readonly remoteRef: Ref;
  readonly base: Base | null;
  readonly created: boolean;
  /** As it was found, or made. */
  readonly before: Folded;
  /** Fields of ours that it does not say yet. */
  readonly changes: FieldChanges;
  /** What of them can be written as it is. */
  readonly writes: FieldChanges;
}

const markerChange = (ctx: SyncContext, doc: LocalDoc, there: Folded): FieldChanges => {
  if (there.marker !== undefined) return {};
  const field = [`tag/${MARKER}`, `run_tag/${MARKER}`].find(
    (one) => ctx.remote.holds(doc.kind, one, doc.origin, undefined) === true,
  );
  return field === undefined ? {} : { [field]: doc.origin };
};

/** Compares both sides as they are now. */
export const prepare = async (
  ctx: SyncContext,
  options: PushOptions,
  doc: LocalDoc,
  { object, created }: Ensured,
): Promise<Work> => {
  const ref = { kind: doc.kind, uid: doc.uid };
  const row = ctx.state.objects.find(ctx.row.id, ref);
  const before = await fold(ctx, object);
  if (before.incomplete) throw new ObjectProblem("blocked", `A note of ${doc.label} there cannot be read`);
  const decisions = decisionsOf(ctx.state.conflicts.ofObject(ctx.row.id, ref));
  const held = heldAliases(ctx, doc);
  const sides = { base: row?.base?.fields ?? {}, local: doc.fields, remote: before.fields, held };
  const { toRemote } = mergeFields(doc.kind, sides, decisions);
  const desired = changed(before.fields, toRemote);
  const { writes } = splitWrites(doc.kind, desired, before.native, ctx.remote.holds);
  return {
    ctx,
    options,
    doc,
    ref,
    remoteRef: { kind: doc.kind, id: object.id },
    base: row?.base ?? null,
    created,
    before,
    changes: toRemote,
    writes: { ...markerChange(ctx, doc, before), ...writes },
  };
};

/** What went out for it. */
export interface Sent {
  readonly points: PointsResult | undefined;
  readonly files: UploadResult;
  readonly waiting: ReadonlySet<string>;
}
