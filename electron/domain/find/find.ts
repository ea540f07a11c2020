/** Finding things by a few words, over everything that Outpost holds. Reads only, over any connection. */
import { FIND_KINDS, type FindKind, type FindRow } from "../../../shared/api/outpost/find.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { FindView } from "../../store/search-index/find.ts";
import { bounded } from "../views/bounds.ts";

export interface FindQuery {
  readonly text: string;
  readonly kinds?: readonly FindKind[] | undefined;
  readonly max_results?: number | undefined;
}

const PAGE = 5;
const MAX_PAGE = 100;
const MAX_TEXT = 200;
const KEY_KINDS = ["metric", "param", "tag"] as const;

const SOURCES = {
  experiment: "experiments",
  run: "runs",
  registered_model: "registered_models",
  model_version: "model_versions",
  logged_model: "logged_models",
  dataset: "datasets",
} as const;
const hasSource = (kind: FindKind): kind is keyof typeof SOURCES => Object.hasOwn(SOURCES, kind);
const isKind = (kind: string): kind is FindKind => Object.hasOwn(FIND_KINDS, kind);

export const createFind =
  ({ findIn }: FindView) =>
  /** @throws DomainError `invalid` for a text that is too long or a page that is too large. */
  (query: FindQuery): FindRow[] => {
    if (query.text.length > MAX_TEXT)
      throw new DomainError("invalid", `A search may have at most ${MAX_TEXT} characters; shorten 'text'.`);
    const limit = bounded(query.max_results, PAGE, MAX_PAGE);
    const wanted = new Set(query.kinds ?? Object.keys(FIND_KINDS).filter(isKind));
    const things = [...wanted].filter(hasSource).flatMap((kind) => findIn(SOURCES[kind], query.text, limit));
    const keyKinds = KEY_KINDS.filter((kind) => wanted.has(kind));
    if (keyKinds.length === 0) return things;
    const keys = findIn("keys", query.text, KEY_KINDS.length * limit);
    return [...things, ...keyKinds.flatMap((kind) => keys.filter((row) => row.kind === kind).slice(0, limit))];
  };
