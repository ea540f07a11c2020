/** Who really wrote a field of an object: a conflict is one only where two did. */
import { parseOrigin } from "../../shared/sync/doc.ts";
import type { Deed, Who } from "./book.ts";
import { markerOf } from "./far-side.ts";
import type { Seat, World } from "./simulate.ts";
import type { LocalRef } from "../../electron/sync/local.ts";

/** Under which uid each workstation has an object of the far side: as bound, or as its marker says, or as it was when it was deleted there. */
export const uidsOf = (
  { seats, far, book }: World,
  kind: LocalRef["kind"],
  id: string,
): ReadonlyMap<Who, ReadonlySet<string>> => {
  const there = far.get({ kind, id });
  const origin = there && parseOrigin(markerOf(there) ?? "");
  return new Map(
    seats.map(({ station, remote }) => {
      const bound = station.state.objects.byRemoteId(remote, kind, id);
      const before = book.names.get(`${kind} ${id}`)?.get(station.index) ?? [];
      return [station.index, new Set([...(bound ? [bound.uid] : []), ...(origin ? [origin.uid] : []), ...before])];
    }),
  );
};

/** Deeds on an object of the far side, under any name of it, in their order. */
export const deedsOnId = <T extends Deed>(
  world: World,
  deeds: readonly T[],
  kind: LocalRef["kind"],
  id: string,
): readonly T[] => {
  const uids = uidsOf(world, kind, id);
  return deeds.filter((deed) => deed.kind === kind && (deed.who === "far" ? deed.id === id : uids.get(deed.who)?.has(deed.id) === true)); // prettier-ignore
};

/** Whoever wrote the field, under any name of the object. */
const writersOf = (world: World, seat: Seat, ref: LocalRef, field: string): ReadonlySet<Who> => {
  const id = seat.station.state.objects.find(seat.remote, ref)?.remote_id;
  const { edits } = world.book;
  const its = id == null ? edits.filter((edit) => edit.who === seat.station.index && edit.id === ref.uid) : deedsOnId(world, edits, ref.kind, id); // prettier-ignore
  return new Set(its.filter((edit) => edit.field === field).map(({ who }) => who));
};

/** Open conflicts that are none: no two ever wrote that field. */
export const falseConflicts = (world: World, seat: Seat): readonly string[] =>
  seat.station.db
    .prepare<[number], { kind: LocalRef["kind"]; uid: string; field: string; base: string | null; local: string | null; remote_value: string | null }>(
      "SELECT kind, uid, field, base, local, remote_value FROM sync_conflicts WHERE remote = ? AND resolved_at IS NULL",
    )
    .all(seat.remote)
    .filter(({ kind, uid, field }) => field !== "semver" && writersOf(world, seat, { kind, uid }, field).size < 2)
    .map(({ kind, uid, field, base, local, remote_value }) => `${seat.station.index}: ${field} of ${kind} ${uid.slice(0, 8)}: ${[base, local, remote_value].map((text) => text?.slice(0, 30)).join(" | ")} was written by ${[...writersOf(world, seat, { kind, uid }, field)].join() || "nobody"}`); // prettier-ignore
