/**
 * One object on its way to a remote, convergent: what is there is read, what is missing is sent, in an order in which a
 * reader never meets half of it (a run's end and a version's note go last). Run again it sends nothing, so that a crash
 * at any point needs no memory of where it was.
 */
import type { LocalDoc } from "../../shared/sync/doc.ts";
import type { RemoteObject } from "../remote/remote.ts";
import type { SyncContext } from "./context.ts";
import { ensure, Moved } from "./ensure.ts";
import type { Folded } from "./notes.ts";
import type { PlanItem } from "./plan-types.ts";
import { hasOtherPoints, pushPoints, type PointsResult } from "./points.ts";
import { desiredNow, writeNote } from "./push-note.ts";
import { settle, type Pushed } from "./push-settle.ts";
import { fold, prepare, reread, type PushOptions, type Work } from "./push-work.ts";
import { recoverOne } from "./recovery.ts";
import { bothSentence, replacedOnBoth } from "./replaced.ts";
import { uploadFiles, type UploadResult } from "./upload.ts";
import { stageOf, writeFields, type Stage } from "./write.ts";

const NOTHING = { files: 0, bytes: 0, points: 0 } as const;
const NO_FILES: UploadResult = { verified: [], blocked: [], sent: 0, bytes: 0, remarks: [] };

/** What is refused goes into the note. */
const write = async ({ ctx, doc, ref, remoteRef, writes, options }: Work, stage: Stage): Promise<void> => {
  const refused = await writeFields(ctx, ref, remoteRef, { changes: writes, stage });
  for (const { item, why } of refused)
    options.session.remarks.push(`${doc.label}: ${item[0]} was refused there and is kept in a note: ${why}`);
};

/** Aliases whose version is not there yet: they wait for it. */
const waitingAliases = async ({ ctx, remoteRef, changes }: Work): Promise<ReadonlySet<string>> => {
  const waiting = new Set<string>();
  for (const [field, semver] of Object.entries(changes)) {
    if (semver === null || stageOf("registered_model", field) !== "alias") continue;
    if (ctx.remote.holds("registered_model", field, semver, undefined) !== true) continue;
    const version = await ctx.remote.find("model_version", semver, remoteRef.id, ctx.signal);
    if (!version) waiting.add(field);
  }
  return waiting;
};

const sendPoints = async ({ ctx, ref, remoteRef, doc, base, created }: Work): Promise<PointsResult | undefined> =>
  doc.points === (base?.points ?? 0) ? undefined : pushPoints(ctx, ref, remoteRef, created);

const digestsOf = (files: Folded["files"]): Record<string, string> =>
  Object.fromEntries([...files].map(([path, { sha256 }]) => [path, sha256]));

const sendFiles = async ({ ctx, options, ref, remoteRef, doc, base, before }: Work): Promise<UploadResult> => {
  const both = replacedOnBoth(doc, base?.files ?? {}, before, ctx.local.workstation);
  const result = await uploadFiles(ctx, {
    ref,
    remoteRef,
    // What is settled is not listed again with every change of a tag.
    files: doc.files.filter(({ path, sha256 }) => base?.files[path] !== sha256 && !both.includes(path)),
    known: { ...digestsOf(before.files), ...base?.files },
    frozen: doc.kind !== "model_version" ? "no" : before.marker === doc.origin ? "known" : "listed",
    ...(options.partBytes !== undefined && { partBytes: options.partBytes }),
    broken: options.session.broken,
    onBytes: options.onBytes ?? (() => {}),
  });
  const kept = both.map((path) => ({ path, reason: bothSentence(path, ctx.row.name) }));
  return { ...result, blocked: [...result.blocked, ...kept] };
};

const isSettled = ({ writes, changes, doc, base, created }: Work): boolean =>
  !created &&
  Object.keys(writes).length === 0 &&
  Object.keys(changes).length === 0 &&
  doc.points === (base?.points ?? 0) &&
  doc.files.every(({ path, sha256 }) => base?.files[path] === sha256);

/**
 * Looks again for points of others where the mark that is about to be settled covers more than what was compared. What
 * was made just now is nobody else's yet.
 */
const looked = async (
  { ctx, ref, remoteRef, created }: Work,
  {
    before,
    after,
    points,
  }: { readonly before: string; readonly after: string; readonly points: PointsResult | undefined },
): Promise<PointsResult | undefined> =>
  points === undefined || points.hasOthers || created || before === after
    ? points
    : { ...points, hasOthers: await hasOtherPoints(ctx, ref, remoteRef) };

const apply = async (work: Work, object: RemoteObject): Promise<Pushed> => {
  if (isSettled(work))
    return settle(work, object, work.before, { points: undefined, files: NO_FILES, waiting: new Set() });
  await write(work, "early");
  const points = await sendPoints(work);
  const files = await sendFiles(work);
  await write(work, "late");
  const waiting = await waitingAliases(work);
  const { writes } = work;
  const aliases = Object.fromEntries(Object.entries(writes).filter(([field]) => !waiting.has(field)));
  await write({ ...work, writes: aliases }, "alias");
  const written = await reread(work.ctx, object);
  const now = await fold(work.ctx, written);
  const end = async (last: RemoteObject, folded: Folded): Promise<Pushed> => {
    const marks = { before: object.pointsMark, after: last.pointsMark };
    return settle(work, last, folded, { points: await looked(work, { ...marks, points }), files, waiting });
  };
  // A version is published by its note and its settling: neither comes before its files.
  const isHeld = work.doc.kind === "model_version" && files.blocked.length > 0;
  const desired = desiredNow(work, now, waiting);
  if (isHeld || !(await writeNote(work, now, { desired, points, files }))) return end(written, now);
  const noted = await reread(work.ctx, object);
  return end(noted, await fold(work.ctx, noted));
};

const isExpected = (item: PlanItem, doc: LocalDoc): boolean =>
  item.expects.rev === null || item.expects.rev === doc.rev;

/**
 * Applies one item of a plan that sends, or settles.
 * @throws Moved when either side is no longer what the plan was made from; what `trouble.ts` judges.
 */
export const pushItem = async (ctx: SyncContext, item: PlanItem, options: PushOptions): Promise<Pushed> => {
  if (item.uid === null) throw new Moved("It is not on this machine");
  const doc = ctx.local.read({ kind: item.kind, uid: item.uid });
  if (!doc || doc.trashed) throw new Moved("It was moved to the trash here since the plan");
  if (!isExpected(item, doc)) throw new Moved("It was changed here since the plan");
  await recoverOne(ctx, options.session, { kind: item.kind, uid: item.uid });
  const linked = item.action === "link" || item.action === "settle" ? item.remote_id : null;
  const { object, created } = await ensure(ctx, options.session, doc, { desired: doc.fields, linked });
  const { fingerprint } = item.expects;
  if (!created && options.again !== true && fingerprint !== null && object.fingerprint !== fingerprint)
    throw new Moved("It was changed there since the plan");
  const work = await prepare(ctx, options, doc, { object, created });
  if (options.settleOnly === true && Object.keys(work.changes).length > 0)
    return { outcome: "open", detail: "It has to be sent first", sent: NOTHING };
  return apply(work, object);
};
