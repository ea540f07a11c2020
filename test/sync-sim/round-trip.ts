/** A workstation that joins and pulls everything has what the others are done with, as they have it. */
import { policyOf } from "../../electron/sync/fields.ts";
import type { LocalDoc } from "../../shared/sync/doc.ts";
import { factOf } from "./book.ts";
import { markerOf } from "./far-side.ts";
import { allHere, isHeldAlias, isSettled, nameOf, type Here } from "./invariants.ts";
import type { Seat, World } from "./simulate.ts";
import { deedsOnId } from "./writers.ts";

/** Given by each workstation to what it has. */
const OWN: ReadonlySet<string> = new Set(["number"]);

/**
 * Where and when it came to be is told last, in a note; whoever pulled it before, because something broke, filled the gap
 * and may have been first to tell.
 */
const isAsked = ({ program, far }: World, { doc, row }: Here, field: string): boolean => {
  if (OWN.has(field) || policyOf(field) !== "origin") return !OWN.has(field);
  const there = row?.remote_id == null ? undefined : far.get({ kind: doc.kind, id: row.remote_id });
  return program.stations === 1 && there !== undefined && markerOf(there) === doc.origin;
};

/**
 * Where the far side tells no digests, bytes that were spoilt on their way are found by whoever fetches them after a note
 * named the right ones. A workstation that fetched them before that has them; whoever joins takes neither, and says so.
 */
const isSpoilt = (world: World, { doc, row }: Here, path: string): boolean => {
  const { far, book } = world;
  const id = row?.remote_id ?? "";
  const last = far.get({ kind: doc.kind, id })?.files.get(path)?.at(-1);
  const sent = deedsOnId(world, book.files, doc.kind, id).filter((one) => one.path === path);
  return !far.options.digests && last !== undefined && sent.length > 0 && sent.every(({ sha256 }) => sha256 !== last.sha256); // prettier-ignore
};

const pointsOf = ({ station }: Seat, doc: LocalDoc): readonly string[] =>
  [...station.local.points(doc)].flat().map(factOf).sort();

/** Who joined, and what it said of its first sync. */
interface Joined {
  readonly seat: Seat;
  readonly outcome: string;
}

const differences = (world: World, fresh: Joined, doc: LocalDoc, here: Here): readonly string[] => {
  const fields = [...new Set([...Object.keys(here.doc.fields), ...Object.keys(doc.fields)])].filter(
    (field) =>
      doc.fields[field] !== here.doc.fields[field] &&
      isAsked(world, here, field) &&
      !isHeldAlias(here.seat, here.doc, field),
  );
  const files = here.doc.files
    .filter(({ path, sha256 }) => doc.files.find((one) => one.path === path)?.sha256 !== sha256)
    .filter(({ path }) => fresh.outcome === "done" || !isSpoilt(world, here, path));
  const points = pointsOf(fresh.seat, doc).join() === pointsOf(here.seat, here.doc).join() ? [] : ["its points"];
  return [
    ...fields.map((field) => `${field}: ${JSON.stringify(doc.fields[field])?.slice(0, 60)} for ${JSON.stringify(here.doc.fields[field])?.slice(0, 60)}`),
    ...files.map(({ path }) => path),
    ...points,
  ]; // prettier-ignore
};

export const checkRoundTrip = (world: World, fresh: Seat, outcome: string): void => {
  const { station, remote } = fresh;
  const every = allHere(world.seats);
  const all = new Map(every.map((here) => [`${here.seat.station.index}/${here.doc.uid}`, here]));
  for (const here of every) {
    const id = here.row?.remote_id;
    if (id == null || !isSettled(world, all, here)) continue;
    const row = station.state.objects.byRemoteId(remote, here.doc.kind, id);
    const doc = row && station.local.read(row);
    const [wrong] = doc ? differences(world, { seat: fresh, outcome }, doc, here) : ["it is not there"];
    if (wrong !== undefined) world.broken("I11 a new workstation has it all", `${nameOf(here)}: ${wrong} (${outcome})`);
  }
};
