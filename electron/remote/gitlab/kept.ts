/**
 * What is kept of very many objects between two calls: as text, since an object of a few fields takes several times as
 * much, and equal texts once, since most versions of a registry say nothing of their own.
 */
const MOST_KEPT = 200_000;
/** Different texts that are looked for among those that are there; what is longer is seldom there twice. */
const MOST_SHARED = 1_000;
const LONGEST_SHARED = 200;

export interface Kept<T> {
  /** With the time at which it was set. */
  get(key: string): { readonly value: T; readonly at: number } | undefined;
  /** `at`: milliseconds; kept to the millisecond. Beyond 200,000 all is forgotten. */
  set(key: string, value: T, at: number): void;
  delete(key: string): void;
}

/** Keeps plain data (JSON); what is undefined in it comes back as missing. */
export const createKept = <T>(most = MOST_KEPT): Kept<T> => {
  const entries = new Map<string, { readonly at: number; readonly text: string }>();
  const shared = new Map<string, string>();

  const once = (text: string): string => {
    if (text.length > LONGEST_SHARED) return text;
    const known = shared.get(text);
    if (known !== undefined) return known;
    if (shared.size < MOST_SHARED) shared.set(text, text);
    return text;
  };

  return {
    get: (key) => {
      const entry = entries.get(key);
      return entry && { value: JSON.parse(entry.text) as T, at: entry.at };
    },
    set: (key, value, at) => {
      if (entries.size >= most && !entries.has(key)) entries.clear();
      entries.set(key, { at: Math.trunc(at), text: once(JSON.stringify(value)) });
    },
    delete: (key) => void entries.delete(key),
  };
};
