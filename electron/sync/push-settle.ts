/** The end of a push: what both sides hold now is written down as the next merge's base. */
import type { Base } from "../../shared/sync/doc.ts";
import type { RemoteObject } from "../remote/remote.ts";
import { heldAliases, releaseAliases } from "./held.ts";
import { decisionsOf, mergeFields, rebase } from "./merge.ts";
import type { Folded } from "./notes.ts";
import { awaitedFiles } from "./plan-gather.ts";
import { lacksNoted } from "./points.ts";
import type { Sent, Work } from "./push-work.ts";
import { newsOfFiles } from "./replaced.ts";

export interface Pushed {
  /** `later`: something waits for what comes after it in this very sync (an alias for its version). */
  readonly outcome: "done" | "later" | "open";
  /** What is still to be done, for a person. */
  readonly detail: string | null;
  readonly sent: { readonly files: number; readonly bytes: number; readonly points: number };
}

/** What both sides hold now, as the next merge's base. */
const baseOf = ({ doc, base }: Work, now: Folded, object: RemoteObject, { points, files }: Sent): Base => {
  const before = base?.points_mark ?? "";
  const isOurs = points === undefined ? before === object.pointsMark : !points.hasOthers;
  return {
    fields: rebase(base?.fields ?? {}, doc.fields, now.fields),
    files: { ...base?.files, ...Object.fromEntries(files.verified.map(({ path, sha256 }) => [path, sha256])) },
    points: doc.points,
    // A mark that covers points which are not here would hide them from the next pull.
    points_mark: isOurs ? object.pointsMark : before,
  };
};

/** A file that notes name and that is not here as it is there: no pull has brought it yet. */
const hasFileNews = ({ ctx, ref, doc, before }: Work, now: Folded, base: Base): boolean => {
  const files = new Map([...before.files, ...now.files]);
  return files.size > 0 && newsOfFiles(doc, base.files, { files }, awaitedFiles(ctx, ref)).length > 0;
};

/** What keeps it from being settled; null: nothing. */
const leftOver = (
  work: Work,
  now: Folded,
  { base, lacks, sent }: { readonly base: Base; readonly lacks: boolean; readonly sent: Sent },
): readonly ["blocked" | "conflict" | "queued", string] | undefined => {
  const { ctx, doc, ref } = work;
  const [file] = sent.files.blocked;
  if (file) return ["blocked", file.reason];
  const decisions = decisionsOf(ctx.state.conflicts.ofObject(ctx.row.id, ref));
  const sides = { base: base.fields, local: doc.fields, remote: now.fields, held: heldAliases(ctx, doc) };
  const { toLocal, toRemote, conflicts } = mergeFields(doc.kind, sides, decisions);
  const [conflict] = conflicts;
  if (conflict) return ["conflict", `Both sides changed ${conflict.field}`];
  const [open] = [...Object.keys(toRemote), ...Object.keys(toLocal)];
  if (open !== undefined) return ["queued", `${open} is not the same on both sides yet`];
  if (hasFileNews(work, now, base)) return ["queued", "It has files there that are not here yet"];
  return lacks ? ["queued", "It has points there that are not here yet"] : undefined;
};

/** Records what both sides hold; an object that is not through stays among those to compare. */
export const settle = async (work: Work, object: RemoteObject, now: Folded, sent: Sent): Promise<Pushed> => {
  const { ctx, doc, ref } = work;
  const base = baseOf(work, now, object, sent);
  const read = ctx.state.objects.find(ctx.row.id, ref)?.note ?? 0;
  const lacksOfNote = lacksNoted(ctx, ref, now, read);
  const lacks = lacksOfNote || base.points_mark !== object.pointsMark;
  const left = leftOver(work, now, { base, lacks, sent });
  const note = lacksOfNote ? read : now.note;
  const { kind, id, name, parent, fields, fingerprint, pointsMark, updatedAt, webUrl } = object;
  const facts = { points_mark: pointsMark, updated_at: updatedAt, web_url: webUrl ?? null };
  await ctx.local.write(() => {
    ctx.state.seen.put(ctx.row.id, [{ kind, id, name, parent, fields, fingerprint, ...facts }], 0);
    ctx.state.objects.settle(ctx.row.id, ref, { base, rev: doc.rev, fingerprint, note, remote_id: id });
    if (left) ctx.state.objects.setState(ctx.row.id, ref, left[0], left[1]);
    releaseAliases(ctx, doc);
  });
  await ctx.at("settle/settled");
  const { files, points, waiting } = sent;
  work.options.session.remarks.push(...files.remarks);
  const outcome = waiting.size > 0 ? "later" : left ? "open" : "done";
  const counts = { files: files.sent, bytes: files.bytes, points: points?.sent ?? 0 };
  return { outcome, detail: left?.[1] ?? null, sent: counts };
};
