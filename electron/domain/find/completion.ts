/** What a filter bar offers while one types. Reads only, over any connection. */
import type { KeyKind, Suggestion, ValueKind } from "../../../shared/api/outpost/completion.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { CompletionViews } from "../../store/views/completion.ts";
import { bounded } from "../views/bounds.ts";

interface Where {
  readonly experiment_id?: string | undefined;
  readonly text?: string | undefined;
  readonly max_results?: number | undefined;
}
export type KeyQuery = Where & { readonly kind: KeyKind };
export type ValuesQuery = Where & { readonly kind: ValueKind; readonly key: string };

const PAGE = 20;
const MAX_PAGE = 200;
const MAX_TEXT = 500;

const scopeOf = ({ experiment_id: id, text = "", max_results }: Where) => {
  if (id !== undefined && !/^\d{1,15}$/.test(id))
    throw new DomainError("invalid", `Invalid experiment ID '${id}': it is a number.`);
  if (text.length > MAX_TEXT)
    throw new DomainError("invalid", `The text to complete may have at most ${MAX_TEXT} characters; shorten 'text'.`);
  return { experiment: id === undefined ? undefined : Number(id), text, limit: bounded(max_results, PAGE, MAX_PAGE) };
};

export const createCompletion = (views: CompletionViews) => ({
  /** @throws DomainError `invalid` for an odd id, a long text or a large page. */
  keys: (query: KeyQuery): { keys: string[] } => ({ keys: views.keys(query.kind, scopeOf(query)) }),
  /** @throws DomainError `invalid` likewise. */
  values: (query: ValuesQuery): { values: Suggestion[] } => {
    const wanted = { ...scopeOf(query), key: query.key };
    if (query.kind === "attribute") return { values: views.attributeValues(wanted) };
    if (query.kind === "dataset") return { values: views.datasetValues(wanted) };
    return { values: views.loggedValues(query.kind, wanted) };
  },
});
