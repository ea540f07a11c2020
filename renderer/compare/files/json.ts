/** JSON in one form: keys sorted, two spaces, one value a line, so that only what differs differs. */

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || JSON.isRawJSON(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => [key, sorted(item)]),
  );
};

/** `1.0` is 1, but an integer beyond 2^53 keeps its digits: as doubles, two of them could seem the same. */
const keepDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
    ? JSON.rawJSON(context?.source ?? "")
    : value;

/** The canonical text of a JSON document; undefined where it is none. */
export const canonicalJson = (text: string): string | undefined => {
  try {
    return JSON.stringify(sorted(JSON.parse(text, keepDigits)), undefined, 2);
  } catch {
    return undefined;
  }
};
