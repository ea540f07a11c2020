import { replace, router } from "svelte-spa-router";

/** The query of the hash route is the page's state: Back, reload and a shared link give the same view. */
export const query = {
  get: (name: string): string => new URLSearchParams(router.querystring ?? "").get(name) ?? "",
  all: (name: string): string[] => new URLSearchParams(router.querystring ?? "").getAll(name),
  has: (name: string): boolean => new URLSearchParams(router.querystring ?? "").has(name),
  /** Replaces the given fields; undefined or "" removes one. */
  set: (fields: Record<string, string | readonly string[] | undefined>): void => {
    const next = new URLSearchParams(router.querystring ?? "");
    for (const [name, value] of Object.entries(fields)) {
      next.delete(name);
      if (typeof value === "string") {
        if (value !== "") next.set(name, value);
      } else for (const item of value ?? []) next.append(name, item);
    }
    const text = next.toString();
    void replace(router.location + (text && `?${text}`));
  },
};
