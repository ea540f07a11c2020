/** What a sync that says it is done has left undone, counted without the engine's own lists. */
import type { SyncObjectRow } from "../../electron/store/sync/rows.ts";
import { policyOf } from "../../electron/sync/fields.ts";
import { syncKinds, type LocalDoc } from "../../shared/sync/doc.ts";
import type { SyncApply } from "../../electron/sync/engine-types.ts";
import type { SyncReport } from "../../electron/sync/report.ts";
import { stored } from "./far-side.ts";
import { isBorn, isHeldAlias, isUntouched } from "./invariants.ts";
import type { Seat, World } from "./simulate.ts";

/** What of it is not as both sides held it. */
const unsaidOf = (seat: Seat, doc: LocalDoc, { base }: SyncObjectRow): readonly string[] => {
  const [before, now] = [base?.fields ?? {}, doc.fields];
  const fields = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter(
    (field) =>
      now[field] !== before[field] &&
      policyOf(field) !== "origin" &&
      !isHeldAlias(seat, doc, field) &&
      (before[field] !== undefined || !isBorn(doc, field, now[field])),
  );
  const files = doc.files.filter(({ path, sha256 }) => base?.files[path] !== sha256).map(({ path }) => path);
  return [...fields, ...files, ...(base?.points === doc.points ? [] : ["points"])];
};

/** What is neither on the far side as it is here nor kept from it, counted without the engine's own lists. */
const undoneOn = (seat: Seat): readonly string[] => {
  const { station, remote } = seat;
  return syncKinds.flatMap((kind) =>
    station.docsOf(kind).flatMap((doc) => {
      const row = station.state.objects.find(remote, doc);
      const [above] = syncKinds.flatMap((one) => (doc.parent === null ? [] : (station.local.read({ kind: one, uid: doc.parent }) ?? []))); // prettier-ignore
      const isKept = doc.trashed || isUntouched(seat, doc) || above?.trashed === true || row?.state === "excluded" || row?.state === "remote_gone"; // prettier-ignore
      const unsaid = row ? unsaidOf(seat, doc, row) : ["all"];
      return isKept || (row?.state === "done" && unsaid.length === 0)
        ? []
        : [`${kind} '${doc.label}' is ${row?.state ?? "unknown"} ${row?.reason ?? ""} (${unsaid.join()})`];
    }),
  );
};

/** What the far side says otherwise than when it was settled here, or is only there. */
const newsFor = ({ station, remote }: Seat, { far }: World): readonly string[] =>
  stored(far).flatMap(({ kind, id }) => {
    const row = station.state.objects.byRemoteId(remote, kind, id);
    if (!row) return [`${kind} ${id} is only there`];
    const isKept = row.state !== "done" || station.local.read(row)?.trashed !== false;
    return isKept || row.fingerprint === far.view({ kind, id })?.fingerprint ? [] : [`${kind} ${id} is another there`];
  });

/** How a sync was asked for. */
export interface Asked {
  readonly apply: SyncApply;
  readonly full: boolean;
}

/** Done is all that was asked for, and what was not asked for is said to be ahead or behind. */
export const checkDone = (world: World, seat: Seat, report: SyncReport, { apply, full }: Asked): void => {
  const { what, counts, unfinished } = report;
  const { broken, program } = world;
  const [first] = unfinished;
  if (first) broken("I12 done is done", `${first.label} is unfinished: ${first.reason}`);
  const [undone] = undoneOn(seat);
  if (what === "push,pull" && undone !== undefined) broken("I12 done is done", undone);
  if (what === "push,pull" && apply !== "plan" && counts.ahead > 0)
    broken("I12 nothing that is done is ahead", `${counts.ahead} ahead`);
  if (what === "pull" && undone !== undefined && counts.ahead === 0)
    broken("I12 what is left undone is said", `pull: ${undone}`);
  if (what === "push" && undone !== undefined && counts.ahead + counts.behind === 0)
    broken("I12 what is left undone is said", `push: ${undone}`);
  // a listing that is not full, or that is read while answers are on their way, need not see all of it
  if (what === "pull" || !full || program.faults > 0) return;
  const [news] = newsFor(seat, world);
  if (news !== undefined && counts.behind === 0) broken("I12 what is left undone is said", news);
};
