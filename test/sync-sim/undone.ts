/** What a sync that says it is done has left undone, counted without the engine's own lists. */
import type { SyncObjectRow } from "../../electron/store/sync/rows.ts";
import { policyOf } from "../../electron/sync/fields.ts";
import { syncKinds, type LocalDoc } from "../../shared/sync/doc.ts";
import { isBorn, isHeldAlias, isUntouched } from "./invariants.ts";
import type { Seat } from "./simulate.ts";

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
export const undoneOn = (seat: Seat): readonly string[] => {
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
