/** Filters that were applied, the newest first, kept in this browser. */
const KEY = "outpost.filters";
const MOST = 10;

export const readFilters = (storage: Pick<Storage, "getItem"> = localStorage): string[] => {
  try {
    const filters: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(filters) ? filters.filter((filter) => typeof filter === "string") : [];
  } catch {
    return []; // not ours, or from another version: it is only a convenience
  }
};

export const keepFilter = (filter: string, storage: Pick<Storage, "getItem" | "setItem"> = localStorage): void => {
  if (filter === "") return;
  const next = [filter, ...readFilters(storage).filter((other) => other !== filter)].slice(0, MOST);
  storage.setItem(KEY, JSON.stringify(next));
};
