/** What this store wrote as JSON, read back as what it was. */
import type { Base, Fields } from "../../../shared/sync/doc.ts";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textMap = (value: unknown): Fields => {
  const texts: Record<string, string> = {};
  if (isObject(value)) for (const [key, text] of Object.entries(value)) if (typeof text === "string") texts[key] = text;
  return texts;
};

/** Fields as `JSON.stringify` wrote them. */
export const parseFields = (json: string): Fields => textMap(JSON.parse(json));

export const parseBase = (json: string): Base => {
  const value: unknown = JSON.parse(json);
  const { fields, files, points, points_mark } = isObject(value) ? value : {};
  return {
    fields: textMap(fields),
    files: textMap(files),
    points: typeof points === "number" ? points : 0,
    points_mark: typeof points_mark === "string" ? points_mark : "",
  };
};

export const parseTexts = (json: string): readonly string[] => {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
};

export const parseCounts = (json: string | null): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  const value: unknown = json === null ? undefined : JSON.parse(json);
  if (isObject(value))
    for (const [key, count] of Object.entries(value)) if (typeof count === "number") counts[key] = count;
  return counts;
};

export const parseAny = (json: string | null): unknown => (json === null ? null : JSON.parse(json));
