/** The text of a note: read as a stranger's, since whoever writes to the far side can have written it. */
import { parseOrigin, type Point, type SyncKind } from "../../shared/sync/doc.ts";
import { NOTE_FILE } from "../remote/remote.ts";
import { isField, isOurs } from "./fields.ts";

/** What a field should say there, and what it says natively meanwhile; null: unset. */
export type Overlay = readonly [value: string | null, hides: string | null];
export interface NotedFile {
  readonly sha256: string;
  readonly size: number; // bytes
}

export interface NoteBody {
  readonly over: ReadonlyMap<string, Overlay>;
  readonly points: readonly Point[];
  readonly files: ReadonlyMap<string, NotedFile>;
}

export interface Note extends NoteBody {
  readonly n: number;
  readonly ws: string; // first 8 of the workstation
  readonly origin: string;
}

/** What stands in the tag of a note that was too long for it. */
export interface NotePointer extends NotedFile {
  readonly n: number;
  readonly ws: string;
  readonly file: string;
}

/** The largest note that is read or written, bytes. */
export const MAX_NOTE_BYTES = 32 * 1024 * 1024;
const MAX_ENTRIES = 200_000;
const DIGEST = /^[0-9a-f]{64}$/;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const entriesOf = (value: unknown): readonly (readonly [string, unknown])[] | undefined =>
  value === undefined ? [] : isRecord(value) ? Object.entries(value) : undefined;
const listOf = (value: unknown, length: number): readonly unknown[] | undefined =>
  Array.isArray(value) && value.length === length ? value : undefined;
const isText = (value: unknown): value is string | null => value === null || typeof value === "string";
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const readOverlays = (kind: SyncKind, value: unknown): ReadonlyMap<string, Overlay> | undefined => {
  const over = new Map<string, Overlay>();
  for (const [field, pair] of entriesOf(value) ?? [["", undefined]]) {
    const [meant, hides] = listOf(pair, 2) ?? [];
    if (!isField(kind, field) || isOurs(field) || !isText(meant) || !isText(hides)) return undefined;
    over.set(field, [meant, hides]);
  }
  return over;
};

const WORDS: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };
const readInt = (value: unknown): number | bigint | undefined => {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== "string" || !/^-?\d{1,19}$/.test(value)) return undefined;
  const big = BigInt(value);
  return BigInt.asIntN(64, big) === big ? (Number.isSafeInteger(Number(big)) ? Number(big) : big) : undefined;
};

const readPoint = (value: unknown): Point | undefined => {
  const [key, stepText, time, said] = listOf(value, 4) ?? [];
  const [step, timestamp] = [readInt(stepText), readInt(time)];
  const number =
    typeof said === "number" ? said : typeof said === "string" && Object.hasOwn(WORDS, said) ? WORDS[said] : undefined;
  if (typeof key !== "string" || key === "" || step === undefined || timestamp === undefined || number === undefined)
    return undefined;
  return { key, step, timestamp, value: number };
};

const readPoints = (value: unknown): readonly Point[] | undefined => {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return undefined;
  const points = value.map(readPoint).filter((point) => point !== undefined);
  return points.length === value.length ? points : undefined;
};

const readFiles = (value: unknown): ReadonlyMap<string, NotedFile> | undefined => {
  const files = new Map<string, NotedFile>();
  for (const [path, fact] of entriesOf(value) ?? [["", undefined]]) {
    const [sha256, size] = listOf(fact, 2) ?? [];
    if (path === "" || typeof sha256 !== "string" || !DIGEST.test(sha256) || !isSize(size)) return undefined;
    files.set(path, { sha256, size });
  }
  return files;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller says that it is no note
  }
};

/** Which tag or file it stands in: its text has to say the same. */
export interface NotePlace {
  readonly kind: SyncKind;
  readonly n: number;
  readonly ws: string;
  /** Of the object, when it says so itself. */
  readonly marker: string | undefined;
}

/** A note, or the place of its text, or (a text) why it is neither. */
export const parseNote = (text: string, place: NotePlace): Note | NotePointer | string => {
  const value = parsed(text);
  if (!isRecord(value) || value["v"] !== 1) return "it is no note of a version that is known here";
  const { n, ws, origin } = value;
  if (n !== place.n || ws !== place.ws) return "it was written for another place";
  if (typeof value["file"] === "string") return readPointer(value, place);
  if (typeof origin !== "string" || parseOrigin(origin)?.kind !== place.kind) return "it does not say what it is of";
  if (place.marker !== undefined && origin !== place.marker) return "it is of another object";
  const over = readOverlays(place.kind, value["over"]);
  const points = readPoints(value["points"]);
  const files = readFiles(value["files"]);
  if (!over || !points || !files) return "its contents are not in the form of a note";
  if (over.size + points.length + files.size > MAX_ENTRIES) return `it has more than ${MAX_ENTRIES} entries`;
  return { n: place.n, ws: place.ws, origin, over, points, files };
};

const readPointer = (value: Readonly<Record<string, unknown>>, place: NotePlace): NotePointer | string => {
  const { file, sha256, size } = value;
  const named = typeof file === "string" ? NOTE_FILE.exec(file) : null;
  if (typeof file !== "string" || named?.[1] !== String(place.n) || named[2] !== place.ws)
    return "the file that it names is none of ours";
  if (typeof sha256 !== "string" || !DIGEST.test(sha256) || !isSize(size))
    return "it names a file without its size and digest";
  if (size > MAX_NOTE_BYTES) return `its file is larger than ${MAX_NOTE_BYTES} bytes`;
  return { n: place.n, ws: place.ws, file, sha256, size };
};

export const isPointer = (note: Note | NotePointer): note is NotePointer => "file" in note;

const word = (value: number): string | number => (Number.isFinite(value) ? value : String(value));

/** One point as a note says it; NaN and infinities by word, what JSON cannot say exactly as text. */
export const pointTuple = (point: Point): readonly (string | number)[] => [
  point.key,
  typeof point.step === "bigint" ? String(point.step) : point.step,
  typeof point.timestamp === "bigint" ? String(point.timestamp) : point.timestamp,
  word(point.value),
];

/** Equal for points that are the same. */
export const pointKey = (point: Point): string =>
  JSON.stringify([point.key, String(point.step), String(point.timestamp), word(point.value)]);
