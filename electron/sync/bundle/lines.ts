/**
 * What `data/objects.jsonl` of a bundle says: a heading, then one line for each object with its points and their count behind it,
 * and at the end the head of the audit chain. Canonical JSON, so that the same objects are the same bytes.
 */
import { createHash } from "node:crypto";
import { BundleError } from "../../remote/bundle/errors.ts";
import { objectsPath } from "../../remote/bundle/pack.ts";
import {
  canonical,
  parseOrigin,
  syncKinds,
  type Fields,
  type FileFact,
  type LocalDoc,
  type Point,
  type SyncKind,
} from "../../../shared/sync/doc.ts";

export interface Heading {
  readonly id: string;
  /** Who wrote it: 32 hex. */
  readonly workstation: string;
  /** What the writer calls the one it is for. */
  readonly peer: string | undefined;
}

export interface ObjectLine extends Pick<LocalDoc, "kind" | "uid" | "origin" | "parent" | "label" | "fields" | "rev"> {
  readonly files: readonly FileFact[];
}

/** What an object was, as the one who received it has it now. */
export interface HasLine {
  readonly kind: SyncKind;
  readonly uid: string;
  /** Its id at the one to whom the receipt goes. */
  readonly yours: string;
  readonly rev: number;
  readonly digest: string;
  readonly points_mark: string;
}

export type Line =
  | { readonly is: "heading"; readonly heading: Heading }
  | { readonly is: "object"; readonly object: ObjectLine }
  | { readonly is: "points"; readonly points: readonly Point[] }
  | { readonly is: "sum"; readonly points: number }
  | { readonly is: "has"; readonly has: HasLine }
  | { readonly is: "audit" };

const HEX32 = /^[0-9a-f]{32}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const INTEGER = /^-?\d{1,19}$/;

export const headingLine = ({ id, workstation, peer }: Heading): string =>
  canonical({ t: "bundle", v: 1, id, workstation, peer });

export const objectLine = (doc: LocalDoc): string => {
  const { kind, uid, origin, parent, label, rev, fields } = doc;
  const files = doc.files.map(({ path, size, sha256 }) => [path, size, sha256]);
  return canonical({ t: "object", kind, uid, origin, parent, label, rev, fields, files });
};

const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));
export const pointsLine = (points: readonly Point[]): string =>
  canonical({
    t: "points",
    p: points.map(({ key, step, timestamp, value }) => [key, String(step), String(timestamp), numberText(value)]),
  });
/** Behind an object's points: how many they were. */
export const sumLine = (points: number): string => canonical({ t: "sum", points });
export const hasLine = (has: HasLine): string => canonical({ t: "has", ...has });
export const auditLine = (head: string, rows: number): string => canonical({ t: "audit", head, rows });

/** Equal for equal fields and files, wherever they are kept. */
export const digestOf = ({ fields, files }: { readonly fields: Fields; readonly files: readonly FileFact[] }): string =>
  createHash("sha256")
    .update(canonical({ fields, files: Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])) }))
    .digest("hex");

/** Equal for equal points in their one order; empty without any. */
export const createPointsMark = () => {
  const hash = createHash("sha256");
  let count = 0;
  return {
    add: (points: readonly Point[]): void => {
      count += points.length;
      for (const { key, step, timestamp, value } of points)
        hash.update(`${JSON.stringify([key, String(step), String(timestamp), numberText(value)])}\n`);
    },
    end: (): string => (count === 0 ? "" : hash.digest("hex")),
  };
};

/** The revision goes first, so that an older state of the same object is known as older. */
export const fingerprintOf = (rev: number, digest: string): string => `${rev}.${digest}`;
export const revOf = (fingerprint: string | null | undefined): number => {
  const rev = Number(fingerprint?.split(".", 1)[0]);
  return Number.isSafeInteger(rev) ? rev : -1;
};

type Raw = Readonly<Record<string, unknown>>;
const isRaw = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);

const refuse = (number: number, what: string): never => {
  throw new BundleError("format", objectsPath, `${objectsPath}: line ${number} ${what}: refused.`);
};

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const readFields = (value: unknown): Fields | undefined => {
  if (!isRaw(value)) return undefined;
  const entries = Object.entries(value).flatMap(([field, text]) =>
    typeof text === "string" ? [[field, text] as const] : [],
  );
  return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : undefined;
};

const readFile = (value: unknown): FileFact | undefined => {
  if (!Array.isArray(value)) return undefined;
  const parts: unknown[] = value;
  const [path, size, sha256] = parts;
  return typeof path === "string" && isCount(size) && typeof sha256 === "string" && DIGEST.test(sha256)
    ? { path, size, sha256 }
    : undefined;
};

const readPoint = (value: unknown): Point | undefined => {
  if (!Array.isArray(value)) return undefined;
  const parts: unknown[] = value;
  const [key, step, timestamp, number] = parts;
  if (typeof key !== "string" || typeof step !== "string" || typeof timestamp !== "string") return undefined;
  if (typeof number !== "string" || number === "" || !INTEGER.test(step) || !INTEGER.test(timestamp)) return undefined;
  const parsed = Number(number);
  if (Number.isNaN(parsed) && number !== "NaN") return undefined;
  return { key, step: toInt64(step), timestamp: toInt64(timestamp), value: parsed };
};
const toInt64 = (text: string): Point["step"] => {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
};

const all = <T>(values: unknown, read: (value: unknown) => T | undefined): readonly T[] | undefined => {
  if (!Array.isArray(values)) return undefined;
  const found = values.map(read).filter((one) => one !== undefined);
  return found.length === values.length ? found : undefined;
};

const isUid = (value: unknown): value is string => typeof value === "string" && HEX32.test(value);
const kindOf = (raw: Raw): SyncKind | undefined => syncKinds.find((one) => one === raw["kind"]);

const readObject = (raw: Raw, number: number): Line => {
  const { uid, origin, parent, label, rev } = raw;
  const [kind, fields, files] = [kindOf(raw), readFields(raw["fields"]), all(raw["files"], readFile)];
  const isChild = kind === "run" || kind === "model_version";
  if (!kind || !fields || !files || !isUid(uid) || !isCount(rev) || typeof label !== "string")
    return refuse(number, "is no object");
  if (typeof origin !== "string" || parseOrigin(origin)?.kind !== kind) return refuse(number, "has no origin");
  if (isChild ? !isUid(parent) : parent !== null) return refuse(number, "has no parent that it can have");
  const above = typeof parent === "string" ? parent : null;
  return { is: "object", object: { kind, uid, origin, parent: above, label, rev, fields, files } };
};

const readHas = (raw: Raw, number: number): Line => {
  const { uid, yours, rev, digest, points_mark } = raw;
  const kind = kindOf(raw);
  if (!kind || !isUid(uid) || !isUid(yours) || !isCount(rev) || typeof digest !== "string" || !DIGEST.test(digest))
    return refuse(number, "is no receipt of an object");
  if (typeof points_mark !== "string") return refuse(number, "is no receipt of an object");
  return { is: "has", has: { kind, uid, yours, rev, digest, points_mark } };
};

const readHeading = (raw: Raw, number: number): Line => {
  const { id, workstation, peer } = raw;
  if (raw["v"] !== 1) return refuse(number, "is of a layout that this version does not know");
  if (typeof id !== "string" || !isUid(workstation)) return refuse(number, "does not say who wrote it");
  return { is: "heading", heading: { id, workstation, peer: typeof peer === "string" ? peer : undefined } };
};

/** One line back. @throws BundleError naming it. */
export const readLine = (text: string, number: number): Line => {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refuse(number, "is no JSON");
  }
  if (!isRaw(raw)) return refuse(number, "is no object");
  if (raw["t"] === "bundle") return readHeading(raw, number);
  if (raw["t"] === "object") return readObject(raw, number);
  if (raw["t"] === "has") return readHas(raw, number);
  if (raw["t"] === "audit") return { is: "audit" };
  if (raw["t"] === "sum" && isCount(raw["points"])) return { is: "sum", points: raw["points"] };
  const points = raw["t"] === "points" ? all(raw["p"], readPoint) : undefined;
  return points ? { is: "points", points } : refuse(number, "is of a kind that is not known");
};
