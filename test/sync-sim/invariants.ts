/**
 * What has to hold once all has healed. Nothing here asks the engine: the two sides are read as they are, and held
 * against each other and against the book of what people did.
 */
import type { SyncObjectRow } from "../../electron/store/sync/rows.ts";
import { policyOf } from "../../electron/sync/fields.ts";
import { syncKinds, type LocalDoc } from "../../shared/sync/doc.ts";
import { factOf, type Deed, type Edit } from "./book.ts";
import { markerOf, stored } from "./far-side.ts";
import type { Seat, World } from "./simulate.ts";

export const invariants = [
  "I0 nothing unexpected is thrown",
  "I1 a fixed point after three rounds",
  "I1 every object gets there",
  "I1 nothing is there twice",
  "I1 nothing is lost",
  "I2 without a change nothing is written",
  "I3 files there are the files here",
  "I4 a pull overwrites nothing",
  "I5 no deletion there without consent",
  "I7 writes keep their order",
  "I8 workstations agree",
  "I8 a clash of versions is shown",
  "I8 a conflict is one of two",
  "I9 a plan is applied as it is",
  "I11 a new workstation has it all",
  "I12 done is done",
  "I12 nothing that is done is ahead",
  "I12 what is left undone is said",
  "I13 nothing above the ceiling leaves",
  "I14 nothing is sent again for nothing",
  "I15 retries are bounded",
] as const;
export type Invariant = (typeof invariants)[number];

/** An object of a workstation, with what it is bound to. */
export interface Here {
  readonly seat: Seat;
  readonly doc: LocalDoc;
  readonly row: SyncObjectRow | undefined;
}

export const nameOf = ({ seat, doc, row }: Here): string =>
  `${seat.station.index}: ${doc.kind} '${doc.label}' ${doc.uid.slice(0, 8)} (${row?.state ?? "unknown"} ${row?.remote_id ?? ""} ${row?.reason ?? ""})`;

export const allHere = (seats: readonly Seat[]): readonly Here[] =>
  seats.flatMap((seat) =>
    syncKinds.flatMap((kind) =>
      seat.station.docsOf(kind).map((doc) => ({ seat, doc, row: seat.station.state.objects.find(seat.remote, doc) })),
    ),
  );

/** States that ask a person, each with what must have been there for it. */
const isExplained = ({ program, book, far }: World, { doc, row }: Here): boolean => {
  switch (row?.state) {
    case "excluded":
      return program.ceiling;
    case "remote_gone":
      return row.remote_id !== null && book.dropped.has(row.remote_id);
    case "conflict":
      return true; // each of its fields is looked at by itself
    case "blocked":
      // a note of an experiment or a model can only stand in a tag
      return (
        program.clashes ||
        (row.reason ?? "").includes("fit there") ||
        // bytes that were spoilt on their way, where only a note tells a digest
        ((row.reason ?? "").includes("other bytes") && !far.options.digests) ||
        book.dropped.size > 0 ||
        (doc.kind === "model_version" && stored(far).length === 0)
      );
    default:
      return false;
  }
};

/** The experiment that every store begins with: it goes nowhere before somebody makes something of it. */
export const isUntouched = ({ station, remote }: Seat, doc: LocalDoc): boolean =>
  doc.kind === "experiment" &&
  doc.label === "Default" &&
  Object.keys(doc.fields).length === 1 &&
  station.state.objects.find(remote, doc)?.remote_id == null &&
  !station.docsOf("run").some(({ parent, trashed }) => parent === doc.uid && !trashed);

/** Whether somebody deleted it, or what it is in, there or here; or what it is in asks a person. */
const isOut = (world: World, all: ReadonlyMap<string, Here>, here: Here): boolean => {
  const { doc, row, seat } = here;
  if (doc.trashed || isUntouched(seat, doc) || (row?.remote_id != null && world.book.dropped.has(row.remote_id)))
    return true;
  const parent = doc.parent === null ? undefined : all.get(`${seat.station.index}/${doc.parent}`);
  return parent !== undefined && (isOut(world, all, parent) || isExplained(world, parent));
};

const twice = (texts: readonly string[]): readonly string[] => [
  ...new Set(texts.filter((text, at) => texts.indexOf(text) !== at)),
];

/** Each thing once: markers, points and files. What somebody else wrote there twice is theirs. */
const checkOnce = ({ far, book, broken, seats }: World): void => {
  const markers = stored(far).flatMap((one) => markerOf(one) ?? []);
  for (const marker of twice(markers)) broken("I1 nothing is there twice", marker);
  const names = stored(far).map((one) => `${one.kind}/${one.parent ?? ""}/${one.fields.get("semver") ?? one.fields.get("name") ?? ""}`); // prettier-ignore
  for (const name of twice(names.filter((one) => !one.startsWith("run/")))) broken("I1 nothing is there twice", name);
  const theirs = new Set(book.points.filter(({ who }) => who === "far").map(({ id, fact }) => `${id} ${fact}`));
  const shared = book.points.filter(({ id, fact }, at) => book.points.findIndex((other) => other.id === id && other.fact === fact) !== at); // prettier-ignore
  const several = new Set(seats.length > 1 ? shared.map(({ fact }) => fact) : []);
  for (const one of stored(far)) {
    for (const fact of twice(one.points.map(factOf)))
      if (!theirs.has(`${one.id} ${fact}`) && !several.has(fact))
        broken("I1 nothing is there twice", `${one.id} ${fact}`);
    for (const [path, uploads] of one.files)
      for (const sha256 of twice(uploads.map((upload) => upload.sha256)))
        if (!path.startsWith("outpost-")) broken("I1 nothing is there twice", `${one.id} ${path} ${sha256}`);
  }
};

const checkThere = (world: World, here: Here): void => {
  const { far, broken } = world;
  const { doc, row, seat } = here;
  const one = row?.remote_id == null ? undefined : far.get({ kind: doc.kind, id: row.remote_id });
  if (!one) return broken("I1 every object gets there", `${nameOf(here)} is not there`);
  for (const { path, sha256 } of doc.files) {
    const last = one.files.get(path)?.at(-1);
    // where the far side tells no digests, bytes of the right length are all that can be seen
    if (far.options.digests ? last?.sha256 !== sha256 : last === undefined)
      broken("I3 files there are the files here", `${nameOf(here)} ${path}`);
  }
  const facts = new Set(one.points.map(factOf));
  for (const page of seat.station.local.points(doc))
    for (const point of page) {
      const mayBeNoted = !Number.isFinite(point.value) || Math.abs(Number(point.step)) >= 2 ** 31;
      if (!facts.has(factOf(point)) && (world.program.rich || !mayBeNoted))
        broken("I1 nothing is lost", `${nameOf(here)} has a point that is not there: ${factOf(point)}`);
    }
};

/** Deeds on one object, whoever did them, under its id there. */
const deedsOn = <T extends Deed>(deeds: readonly T[], id: string, members: readonly Here[]): readonly T[] =>
  deeds.filter((deed) =>
    deed.who === "far"
      ? deed.id === id
      : members.some(({ seat, doc }) => seat.station.index === deed.who && doc.uid === deed.id),
  );

const valueOf = ({ doc }: Here, field: string): string | undefined =>
  Object.hasOwn(doc.fields, field) ? doc.fields[field] : undefined;

/** What a field says before anybody wrote it; the book has only what people did. */
const BORN: ReadonlyMap<string, string> = new Map([
  ["run/status", "RUNNING"],
  ["model_version/stage", "None"],
  ["model_version/status", "READY"],
]);

/** What nobody wrote: here it is so, and there nothing may say it. */
export const isBorn = ({ kind }: LocalDoc, field: string, value: string | undefined): boolean =>
  value !== undefined && BORN.get(`${kind}/${field}`) === value;

/** Whoever wrote it moved the object to the trash before it was sent: there and elsewhere it is as it was born. */
const isAsBorn = ({ far }: World, { doc, row }: Here, field: string, isSent: boolean): boolean => {
  const born = BORN.get(`${doc.kind}/${field}`);
  const there = row?.remote_id == null ? undefined : far.get({ kind: doc.kind, id: row.remote_id });
  return !isSent && born !== undefined && doc.fields[field] === born && (there?.fields.get(field) ?? born) === born;
};

/** A field that only one ever wrote has its last value everywhere; any other one of those that were written. */
const checkField = (world: World, settled: readonly Here[], edits: readonly Edit[]): void => {
  const last = edits.at(-1);
  if (!last) return;
  const { field } = last;
  const writers = new Set(edits.map(({ who }) => who));
  const texts = new Set(edits.map(({ value }) => value || undefined));
  for (const here of settled) {
    const value = valueOf(here, field) || undefined;
    const isOwn = here.seat.station.index === last.who;
    const invariant = isOwn ? "I4 a pull overwrites nothing" : "I1 nothing is lost";
    const sent = [...writers].filter((who) => who === "far" || settled.some(({ seat }) => seat.station.index === who));
    const isAlone = writers.size === 1 && sent.length === 1;
    if (isAsBorn(world, here, field, sent.length > 0)) continue;
    if (isAlone ? value !== (last.value || undefined) : value !== undefined && !texts.has(value))
      world.broken(invariant, `${nameOf(here)} ${field} is ${JSON.stringify(value)?.slice(0, 80)}, and was last made ${JSON.stringify(last.value)?.slice(0, 80)} by ${last.who}`); // prettier-ignore
  }
};

export const isSettled = (world: World, all: ReadonlyMap<string, Here>, here: Here): boolean =>
  here.row?.state === "done" && !isOut(world, all, here);

/** An alias of a version that stays on its workstation stays with it. */
export const isHeldAlias = ({ station, remote }: Seat, { uid, fields }: LocalDoc, field: string): boolean => {
  const version = field.startsWith("alias/") ? station.local.findByName("model_version", fields[field] ?? "", uid) : undefined; // prettier-ignore
  const row = version === undefined ? undefined : station.state.objects.find(remote, { kind: "model_version", uid: version }); // prettier-ignore
  return row?.state === "remote_gone" || (row?.remote_id === null && (row.state === "excluded" || row.state === "blocked")); // prettier-ignore
};

const checkAgreement = (world: World, first: Here, other: Here): void => {
  for (const field of new Set([...Object.keys(first.doc.fields), ...Object.keys(other.doc.fields)])) {
    if (policyOf(field) === "origin" || [first, other].some(({ seat, doc }) => isHeldAlias(seat, doc, field))) continue; // prettier-ignore
    const [one, two] = [valueOf(first, field), valueOf(other, field)];
    if (one !== two)
      world.broken("I8 workstations agree", `${nameOf(first)} and ${nameOf(other)}: ${field} is ${JSON.stringify(one)?.slice(0, 80)} and ${JSON.stringify(two)?.slice(0, 80)}`); // prettier-ignore
  }
};

/** One object there, with all that are bound to it. */
const checkObject = (world: World, all: ReadonlyMap<string, Here>, id: string, members: readonly Here[]): void => {
  const settled = members.filter((here) => isSettled(world, all, here));
  const [first, ...others] = settled;
  if (!first) return;
  for (const other of others) checkAgreement(world, first, other);
  const { book, broken } = world;
  const edits = deedsOn(book.edits, id, members).filter(({ field }) => policyOf(field) !== "origin" && !field.startsWith("alias/")); // prettier-ignore
  for (const field of new Set(edits.map((edit) => edit.field)))
    checkField(world, settled, edits.filter((edit) => edit.field === field)); // prettier-ignore
  const made = deedsOn(book.points, id, settled).map(({ fact }) => fact);
  const files = deedsOn(book.files, id, settled);
  const isBrought = world.program.filePolicy === "all";
  for (const here of settled) {
    const facts = new Set([...here.seat.station.local.points(here.doc)].flat().map(factOf));
    for (const fact of made) if (!facts.has(fact)) broken("I1 nothing is lost", `${nameOf(here)} has not ${fact}`);
    for (const { path, sha256, who } of files) {
      // without digests, wrong bytes of the right length go unseen there until somebody compares what was fetched
      const last = world.far.get({ kind: here.doc.kind, id })?.files.get(path)?.at(-1);
      const isSpoilt = !world.far.options.digests && last !== undefined && last.sha256 !== sha256;
      if (isSpoilt && who !== here.seat.station.index) continue;
      const file = here.doc.files.find((one) => one.path === path);
      if (file ? file.sha256 !== sha256 : who === here.seat.station.index || isBrought)
        broken("I1 nothing is lost", `${nameOf(here)} has not ${path}`);
    }
  }
};

const checkClash = ({ far, broken }: World, here: Here): void => {
  const { doc, row, seat } = here;
  if (doc.kind !== "model_version" || row?.state !== "blocked" || row.remote_id !== null) return;
  const parent = doc.parent === null ? undefined : seat.station.state.objects.find(seat.remote, { kind: "registered_model", uid: doc.parent }); // prettier-ignore
  const taken = stored(far, "model_version").some((one) => one.parent === parent?.remote_id && one.fields.get("semver") === doc.fields["semver"]); // prettier-ignore
  const fields = seat.station.state.conflicts.ofObject(seat.remote, doc).map(({ field }) => field);
  if (taken && !fields.includes("semver")) broken("I8 a clash of versions is shown", nameOf(here));
};

/** Everything that has to hold at the end. */
export const checkAll = (world: World): void => {
  const { program, far, broken, seats } = world;
  const every = allHere(seats);
  const all = new Map(every.map((here) => [`${here.seat.station.index}/${here.doc.uid}`, here]));
  checkOnce(world);
  for (const here of every) {
    checkClash(world, here);
    if (
      here.row?.state === "conflict" &&
      here.seat.station.state.conflicts.ofObject(here.seat.remote, here.doc).length === 0
    )
      broken("I8 a conflict is one of two", `${nameOf(here)} has nothing to decide`);
    if (isOut(world, all, here) || isExplained(world, here)) continue;
    if (here.row?.state === "done") checkThere(world, here);
    else broken("I1 every object gets there", nameOf(here));
  }
  const ids = new Map<string, Here[]>();
  for (const here of every) {
    const id = here.row?.remote_id;
    if (id != null) ids.set(id, [...(ids.get(id) ?? []), here]);
  }
  for (const [id, members] of ids) checkObject(world, all, id, members);
  if (program.ceiling)
    for (const one of stored(far))
      if (one.fields.get("tag/classification") === "secret") broken("I13 nothing above the ceiling leaves", one.id);
};

const REST = {
  changes: "SELECT kind, uid, rev FROM changes ORDER BY kind, uid",
  sync_objects:
    "SELECT kind, uid, remote_id, state, reason, base, settled_rev, fingerprint, note, attempts FROM sync_objects ORDER BY kind, uid",
  sync_conflicts: "SELECT kind, uid, field, base, local, remote_value FROM sync_conflicts ORDER BY id",
  sync_files: "SELECT * FROM sync_files ORDER BY uid, path",
  sync_ops: "SELECT kind, uid, step, state FROM sync_ops ORDER BY id",
};

/** What a workstation holds of a sync, as a text. */
export const checkRest = {
  of: ({ station }: Seat): string =>
    Object.values(REST)
      .flatMap((sql) => station.db.prepare(sql).raw().all().map((row) => JSON.stringify(row)))
      .join("\n"), // prettier-ignore
  difference: (before: string, after: string): string => {
    const lines = new Set(before.split("\n"));
    return after
      .split("\n")
      .filter((line) => !lines.has(line))
      .slice(0, 3)
      .join(" | ")
      .slice(0, 600);
  },
};
