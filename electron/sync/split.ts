/**
 * Files that travel in parts: above a remote's largest file, or when one piece broke too often. The parts lie beside a
 * manifest: `<path>.outpost-0001`, … and `<path>.outpost-manifest.json`. Without the manifest the file is not there yet.
 * Pure naming and reading; `upload.ts` cuts, `download.ts` joins.
 */
import { canonical, type FileFact } from "../../shared/sync/doc.ts";

/** Bytes of a part, but for the last one. */
export const PART_BYTES = 256 * 1024 * 1024;

export interface SplitManifest {
  readonly v: 1;
  /** Of the whole file. */
  readonly path: string;
  readonly size: number; // bytes
  readonly sha256: string;
  /** In order; each part's own path, size and digest. */
  readonly parts: readonly FileFact[];
}

/** What a path of the far side says about itself: a part, a manifest, or undefined for a file of its own. */
export type SplitName =
  | { readonly role: "part"; readonly whole: string; readonly number: number }
  | { readonly role: "manifest"; readonly whole: string };

const PART = /^(.+)\.outpost-(\d{4,})$/su;
const MANIFEST = /^(.+)\.outpost-manifest\.json$/su;
const DIGEST = /^[0-9a-f]{64}$/;

/** `number` counts from 1. */
export const partPath = (whole: string, number: number): string =>
  `${whole}.outpost-${String(number).padStart(4, "0")}`;

export const manifestPath = (whole: string): string => `${whole}.outpost-manifest.json`;

export const readSplitName = (path: string): SplitName | undefined => {
  const [, ofManifest] = MANIFEST.exec(path) ?? [];
  if (ofManifest !== undefined) return { role: "manifest", whole: ofManifest };
  const [, whole, digits = ""] = PART.exec(path) ?? [];
  const number = Number(digits);
  return whole !== undefined && number > 0 && partPath(whole, number) === path
    ? { role: "part", whole, number }
    : undefined;
};

/** Where each part begins and how long it is. */
export const cut = (
  size: number,
  partBytes: number,
): readonly { readonly number: number; readonly from: number; readonly size: number }[] =>
  Array.from({ length: Math.max(1, Math.ceil(size / partBytes)) }, (_, index) => ({
    number: index + 1,
    from: index * partBytes,
    size: Math.min(partBytes, size - index * partBytes),
  }));

export const writeManifest = (manifest: SplitManifest): string => canonical(manifest);

const readFact = (value: unknown): FileFact | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { path, size, sha256 } = { path: undefined, size: undefined, sha256: undefined, ...value };
  if (typeof path !== "string" || typeof size !== "number" || typeof sha256 !== "string") return undefined;
  return Number.isSafeInteger(size) && size >= 0 && DIGEST.test(sha256) ? { path, size, sha256 } : undefined;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what is no JSON is no manifest
  }
};

/**
 * Undefined for what is not the manifest of `whole`: parts out of order, of other files, with sizes that do not add up.
 * What a far side says is never trusted further than that.
 */
export const readManifest = (whole: string, text: string): SplitManifest | undefined => {
  const value = parse(text);
  const fact = readFact(value);
  if (typeof value !== "object" || value === null || fact?.path !== whole) return undefined;
  if (!("v" in value) || value.v !== 1 || !("parts" in value) || !Array.isArray(value.parts)) return undefined;
  const parts = value.parts.map(readFact);
  const known = parts.filter((part) => part !== undefined);
  const inOrder = known.every((part, index) => part.path === partPath(whole, index + 1));
  const total = known.reduce((sum, part) => sum + part.size, 0);
  return known.length === parts.length && known.length > 0 && inOrder && total === fact.size
    ? { v: 1, ...fact, parts: known }
    : undefined;
};
