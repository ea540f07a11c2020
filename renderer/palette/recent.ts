/** What one looked at last, kept in this browser. */
export interface Visit {
  readonly href: string;
  readonly title: string;
  readonly kind: "experiment" | "run" | "registered_model" | "model_version";
}

const KEY = "outpost.recent";
const MOST = 12;

const PAGES: readonly (readonly [RegExp, Visit["kind"]])[] = [
  [/^\/experiments\/[^/]+\/runs\/[^/]+/, "run"],
  [/^\/experiments\/[^/]+/, "experiment"],
  [/^\/models\/[^/]+\/versions\/[^/]+/, "model_version"],
  [/^\/models\/[^/]+/, "registered_model"],
];

/** The thing that a page is about, without the page's tabs and filters; undefined for pages about none. */
export const visitOf = (location: string, title: string): Visit | undefined => {
  for (const [pattern, kind] of PAGES) {
    const path = pattern.exec(location)?.[0];
    if (path !== undefined) return title === "" ? undefined : { href: `#${path}`, title, kind };
  }
  return undefined;
};

/** The newest first, each thing once. */
export const withVisit = (visits: readonly Visit[], visit: Visit): Visit[] =>
  [visit, ...visits.filter(({ href }) => href !== visit.href)].slice(0, MOST);

const isVisit = (value: unknown): value is Visit =>
  typeof value === "object" &&
  value !== null &&
  "href" in value &&
  typeof value.href === "string" &&
  value.href.startsWith("#/") &&
  "title" in value &&
  typeof value.title === "string" &&
  "kind" in value &&
  PAGES.some(([, kind]) => kind === value.kind);

/** What was kept; nothing where it cannot be read. */
export const readVisits = (storage: Pick<Storage, "getItem"> = localStorage): Visit[] => {
  try {
    const visits: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(visits) ? visits.filter(isVisit) : [];
  } catch {
    return []; // not ours, or from another version: it is only a convenience
  }
};

export const keepVisit = (visit: Visit, storage: Pick<Storage, "getItem" | "setItem"> = localStorage): void =>
  storage.setItem(KEY, JSON.stringify(withVisit(readVisits(storage), visit)));
