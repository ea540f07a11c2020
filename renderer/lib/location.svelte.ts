import { push, replace, router } from "svelte-spa-router";

type Fields = Record<string, string | readonly string[] | undefined>;

const read = (): URLSearchParams => new URLSearchParams(router.querystring ?? "");

/** The page's address with the given fields of its query replaced; undefined or "" removes one. */
const addressWith = (fields: Fields): string => {
  const next = read();
  for (const [name, value] of Object.entries(fields)) {
    next.delete(name);
    if (typeof value === "string") {
      if (value !== "") next.set(name, value);
    } else for (const item of value ?? []) next.append(name, item);
  }
  const text = next.toString();
  return router.location + (text && `?${text}`);
};
const isHere = (address: string): boolean => {
  const text = read().toString();
  return address === router.location + (text && `?${text}`);
};

/** The query of the hash route is the page's state: Back, reload and a shared link give the same view. */
export const query = {
  get: (name: string): string => read().get(name) ?? "",
  all: (name: string): string[] => read().getAll(name),
  has: (name: string): boolean => read().has(name),
  /** A new view: Back leads to the one before. */
  set: (fields: Fields): void => {
    const address = addressWith(fields);
    if (!isHere(address)) void push(address);
  },
  /** The same view, still being adjusted (each pause in typing, each ticked box): Back does not stop here. */
  adjust: (fields: Fields): void => void replace(addressWith(fields)),
};
