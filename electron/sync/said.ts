/**
 * What a remote is known to say already, before an object is through. A push may end anywhere; without this the next one
 * would take what it finds there for somebody else's change, and its own for a conflict with that.
 */
import type { Base, FieldChanges, Fields } from "../../shared/sync/doc.ts";
import type { RemoteObject } from "../remote/remote.ts";
import type { SyncObjectRow } from "../store/sync/rows.ts";
import type { SyncContext } from "./context.ts";
import { changed, fieldOf, isOurs, plainFields } from "./fields.ts";
import type { LocalRef } from "./local.ts";

const keep = (ctx: SyncContext, ref: LocalRef, row: SyncObjectRow, base: Base): void => {
  if (row.remote_id === null) return;
  const settled = { base, rev: row.settled_rev, fingerprint: row.fingerprint ?? "", note: row.note };
  ctx.state.objects.settle(ctx.row.id, ref, { ...settled, remote_id: row.remote_id });
  ctx.state.objects.setState(ctx.row.id, ref, "queued", "It is being sent");
};

/**
 * Binds an object to the one that was made of it there. Inside a write. `sent`: fields that the creation had; one that
 * was unset here since is none of somebody else's, and one that says otherwise there was changed by somebody.
 */
export const noteMade = (
  ctx: SyncContext,
  ref: LocalRef,
  object: Pick<RemoteObject, "id" | "fields">,
  sent: Fields,
): void => {
  ctx.state.objects.link(ctx.row.id, ref, object.id);
  const [row, doc] = [ctx.state.objects.find(ctx.row.id, ref), ctx.local.read(ref)];
  if (!row || !doc) return;
  const said = Object.entries(plainFields(ref.kind, { ...object.fields, ...sent })).filter(
    ([field]) => Object.hasOwn(sent, field) || fieldOf(doc.fields, field) !== undefined,
  );
  keep(ctx, ref, row, { fields: Object.fromEntries(said), files: {}, points: 0, points_mark: "" });
};

/**
 * Fields that it was told, and says: `changes` itself, `noted` in a note that is among them. Inside a write. What was seen
 * of it says them, too: the next listing may not show it, and what it said before would pass for somebody's change.
 */
export const noteWritten = (ctx: SyncContext, ref: LocalRef, changes: FieldChanges, noted: FieldChanges = {}): void => {
  const row = ctx.state.objects.find(ctx.row.id, ref);
  const seen = row?.remote_id == null ? undefined : ctx.state.seen.find(ctx.row.id, ref.kind, row.remote_id);
  if (seen) ctx.state.seen.told(ctx.row.id, seen.kind, seen.id, changed(seen.fields, changes));
  const said = Object.entries({ ...changes, ...noted }).filter(([field]) => !isOurs(field));
  if (!row || said.length === 0) return;
  const base = row.base ?? { fields: {}, files: {}, points: 0, points_mark: "" }; // of one that was linked by its name
  keep(ctx, ref, row, { ...base, fields: changed(base.fields, Object.fromEntries(said)) });
};
