/**
 * Notes: what a far side cannot hold, laid over what it does hold. A note stands in a tag `outpost.t.<n>.<ws8>` of the
 * object, or in a file that the tag names; it is complete, so the newest one is all there is to read. Reading one trusts
 * nothing: what is no note of this very object is passed over, and said.
 */
import { createHash } from "node:crypto";
import { canonical, type FieldChanges, type Fields, type Point, type SyncKind } from "../../shared/sync/doc.ts";
import { DomainError } from "../../shared/errors.ts";
import { MARKER, NOTE_PREFIX, type Remote } from "../remote/remote.ts";
import { fieldNames, fieldOf, plainFields, sameFields } from "./fields.ts";
import {
  isPointer,
  MAX_NOTE_BYTES,
  type Note,
  type NoteBody,
  type NotedFile,
  type NotePointer,
  type Overlay,
  parseNote,
  pointKey,
  pointTuple,
} from "./note-text.ts";

/** A far object's fields, with what its notes add. */
export interface Folded {
  readonly marker: string | undefined;
  /** Native fields without ours. */
  readonly native: Fields;
  /** As they are meant: the newest note laid over the native ones. */
  readonly fields: Fields;
  /** Whose note is the newest, by the beginning of the workstation's id; undefined for none, or for two of one number. */
  readonly by: string | undefined;
  /** Highest number of any note, 0 without one; the next one counts on from it. */
  readonly note: number;
  readonly over: NoteBody["over"];
  /** Points that the far side could not hold. */
  readonly points: readonly Point[];
  /** What the far side should have as files, by path, as far as a note says so. */
  readonly files: NoteBody["files"];
  /** A note is in a file that nobody could load here: these fields are not all there is. */
  readonly incomplete: boolean;
  /** Notes that were passed over, and why. */
  readonly problems: readonly string[];
}

/** Bytes of a file beside the object, undefined when there is none. */
export type LoadNoteFile = (file: NotePointer) => Promise<Uint8Array | undefined>;

const KEY = /^(?:run_)?tag\/outpost\.t\.(\d{1,15})\.([0-9a-f]{8})$/;
interface Found {
  readonly n: number;
  readonly ws: string;
  readonly text: string;
}

const foundIn = (fields: Fields): readonly Found[] =>
  Object.entries(fields)
    .flatMap(([field, text]): Found[] => {
      const [, n, ws] = KEY.exec(field) ?? [];
      return n === undefined || ws === undefined ? [] : [{ n: Number(n), ws, text }];
    })
    .sort((a, b) => b.n - a.n || (a.ws < b.ws ? 1 : -1));

/** The marker tag's value, wherever the far side could put it. */
export const markerOf = (fields: Fields): string | undefined =>
  fieldOf(fields, `tag/${MARKER}`) ?? fieldOf(fields, `run_tag/${MARKER}`);

/** Native fields with overlays laid over; one whose native value is no longer what it hides has had its day. */
export const lay = (native: Fields, over: NoteBody["over"]): Fields => {
  const fields = new Map(Object.entries(native));
  for (const [field, [value, hides]] of over) {
    if ((fields.get(field) ?? null) !== hides) continue;
    if (value === null) fields.delete(field);
    else fields.set(field, value);
  }
  return Object.fromEntries(fields);
};

const sameOverlay = (one: Overlay | undefined, other: Overlay | undefined): boolean =>
  one?.[0] === other?.[0] && one?.[1] === other?.[1];

/** Two notes of one number were written unaware of each other: what either changed since `base` stays; `one` goes first. */
const joined = (base: NoteBody, one: NoteBody, other: NoteBody): NoteBody => {
  const over = new Map<string, Overlay>();
  for (const field of new Set([...one.over.keys(), ...other.over.keys()])) {
    const before = base.over.get(field);
    const mine = one.over.get(field);
    const kept = sameOverlay(mine, before) ? other.over.get(field) : mine;
    if (kept !== undefined) over.set(field, kept);
  }
  return { over, points: union(one.points, other.points), files: new Map([...other.files, ...one.files]) };
};

/** Every point once. */
export const union = (...sets: readonly (readonly Point[])[]): readonly Point[] => [
  ...new Map(sets.flat().map((point) => [pointKey(point), point])).values(),
];

const EMPTY: NoteBody = { over: new Map(), points: [], files: new Map() };

interface Reading {
  readonly notes: readonly Note[];
  readonly problems: readonly string[];
  readonly incomplete: boolean;
}

const loaded = async (found: Found, pointer: NotePointer, place: Place, load: LoadNoteFile): Promise<Note | string> => {
  const bytes = await load(pointer);
  if (bytes === undefined) return `its file ${pointer.file} is not there`;
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (bytes.byteLength !== pointer.size || digest !== pointer.sha256)
    return `its file ${pointer.file} is not what was written`;
  const note = parseNote(Buffer.from(bytes).toString("utf8"), { ...place, n: found.n, ws: found.ws });
  return typeof note === "string" ? note : isPointer(note) ? "its file names another file" : note;
};

interface Place {
  readonly kind: SyncKind;
  readonly marker: string | undefined;
}

/** The newest notes that are ones, and the one before them, which they were made from. */
const readNotes = async (found: readonly Found[], place: Place, load: LoadNoteFile | undefined): Promise<Reading> => {
  const notes: Note[] = [];
  const problems: string[] = [];
  for (const one of found) {
    const newest = notes[0];
    const hasBase = notes.at(-1)?.n !== newest?.n; // needed only where two notes have to be joined
    if (newest !== undefined && one.n < newest.n && (notes.length === 1 || hasBase)) break;
    const read = parseNote(one.text, { ...place, n: one.n, ws: one.ws });
    if (typeof read !== "string" && isPointer(read) && load === undefined)
      return { notes: [], problems, incomplete: true };
    const note = typeof read === "string" || !isPointer(read) || !load ? read : await loaded(one, read, place, load);
    if (typeof note === "string") problems.push(`Note ${one.n} of workstation ${one.ws} is passed over: ${note}`);
    else if (!isPointer(note)) notes.push(note);
  }
  return { notes, problems, incomplete: false };
};

/** What the notes say together: those of the highest number, joined over the one before. */
const bodyOf = (notes: readonly Note[]): NoteBody => {
  const [newest] = notes;
  if (!newest) return EMPTY;
  const base = notes.find((note) => note.n < newest.n) ?? EMPTY;
  return notes.filter((note) => note.n === newest.n).reduce<NoteBody>((one, other) => joined(base, one, other), newest);
};

/**
 * Reads an object of the far side as it is meant. Without `load` a note that is in a file makes it `incomplete`.
 * @throws whatever `load` throws.
 */
export const foldNotes = async (kind: SyncKind, fields: Fields, load?: LoadNoteFile): Promise<Folded> => {
  const marker = markerOf(fields);
  const found = foundIn(fields);
  const { notes, problems, incomplete } = await readNotes(found, { kind, marker }, load);
  const native = plainFields(kind, fields);
  const body = bodyOf(notes);
  const note = found[0]?.n ?? 0;
  const [newest, second] = notes;
  const by = newest?.n === second?.n ? undefined : newest?.ws;
  return { marker, native, fields: lay(native, body.over), by, note, ...body, incomplete, problems };
};

/** The key of the tag of a note. */
export const noteKey = (n: number, workstation: string): string => `${NOTE_PREFIX}${n}.${workstation.slice(0, 8)}`;

/** The fields that the tag of a note can stand in, the best first. */
export const noteFields = (kind: SyncKind, n: number, workstation: string): readonly string[] =>
  kind === "model_version"
    ? [`run_tag/${noteKey(n, workstation)}`, `tag/${noteKey(n, workstation)}`]
    : [`tag/${noteKey(n, workstation)}`];

export interface Split {
  /** What the far side can hold as it is. */
  readonly writes: FieldChanges;
  /** What it cannot, and why: it goes into a note. */
  readonly noted: readonly { readonly field: string; readonly why: string }[];
}

/** How `desired` comes about there, field by field. */
export const splitWrites = (kind: SyncKind, desired: Fields, native: Fields, holds: Remote["holds"]): Split => {
  const writes: [string, string | null][] = [];
  const noted: { field: string; why: string }[] = [];
  for (const field of fieldNames(desired, native)) {
    const [want, now] = [fieldOf(desired, field), fieldOf(native, field)];
    if (want === now) continue;
    const held = holds(kind, field, want ?? null, now);
    if (held === true) writes.push([field, want ?? null]);
    else noted.push({ field, why: held });
  }
  return { writes: Object.fromEntries(writes), noted };
};

export interface NoteInput {
  readonly kind: SyncKind;
  /** The marker that the object carries there; its origin when it carries none. */
  readonly origin: string;
  readonly workstation: string;
  /** What its fields are to say there. */
  readonly desired: Fields;
  /** What they say natively, once what can be written has been. */
  readonly native: Fields;
  /** Points that do not fit there. */
  readonly points: readonly Point[];
  /** What a reader has to know of files because the far side does not tell. */
  readonly files: Readonly<Record<string, NotedFile>>;
  /** What the notes there say now. */
  readonly there: Pick<Folded, "note" | "over" | "points" | "files">;
  /** Bytes that fit into a tag. */
  readonly noteBytes: number;
}

export interface BuiltNote {
  readonly n: number;
  readonly key: string;
  /** Of the tag: the note, or where it is. */
  readonly text: string;
  /** To be put there before the tag is written, when the note is too long for one. */
  readonly file?: { readonly path: string; readonly bytes: Buffer; readonly sha256: string; readonly size: number };
}

const isSaid = (input: NoteInput, body: NoteBody): boolean =>
  sameFields(lay(input.native, input.there.over), input.desired) &&
  body.points.length === input.there.points.length &&
  [...body.files].every(([path, { sha256 }]) => input.there.files.get(path)?.sha256 === sha256);

const overlays = (desired: Fields, native: Fields): ReadonlyMap<string, Overlay> =>
  new Map(
    fieldNames(desired, native)
      .filter((field) => fieldOf(desired, field) !== fieldOf(native, field))
      .map((field) => [field, [fieldOf(desired, field) ?? null, fieldOf(native, field) ?? null]]),
  );

/**
 * The next note, or undefined when what is there says all.
 * @throws DomainError `invalid` when it is longer than a note can be.
 */
export const buildNote = (input: NoteInput): BuiltNote | undefined => {
  const body: NoteBody = {
    over: overlays(input.desired, input.native),
    points: union(input.there.points, input.points),
    files: new Map([...input.there.files, ...Object.entries(input.files)]),
  };
  if (isSaid(input, body)) return undefined;
  const n = input.there.note + 1;
  const [key, ws] = [noteKey(n, input.workstation), input.workstation.slice(0, 8)];
  const text = canonical({
    v: 1,
    n,
    ws,
    origin: input.origin,
    over: Object.fromEntries(body.over),
    ...(body.points.length > 0 && { points: body.points.map((point) => [...pointTuple(point)]) }),
    ...(body.files.size > 0 && {
      files: Object.fromEntries([...body.files].map(([path, { sha256, size }]) => [path, [sha256, size]])),
    }),
  });
  const bytes = Buffer.from(text, "utf8");
  if (bytes.byteLength <= input.noteBytes) return { n, key, text };
  const hasFiles = input.kind === "run" || input.kind === "model_version";
  if (!hasFiles || bytes.byteLength > MAX_NOTE_BYTES)
    throw new DomainError(
      "invalid",
      `What the remote cannot hold of this ${input.kind} takes a note of ${bytes.byteLength} bytes, and only ` +
        `${hasFiles ? MAX_NOTE_BYTES : input.noteBytes} fit there. Shorten its longest tags or values.`,
    );
  const path = `outpost-provenance.${n}.${ws}.json`;
  const [size, sha256] = [bytes.byteLength, createHash("sha256").update(bytes).digest("hex")];
  return { n, key, text: canonical({ v: 1, n, ws, file: path, sha256, size }), file: { path, bytes, sha256, size } };
};
