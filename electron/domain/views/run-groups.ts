/** Runs by groups and counts of them: reads that look at every matching run, so they have a thread of their own. */
import type { Aggregate } from "../../../shared/api/outpost/run-groups.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Field } from "../../../shared/search/ast.ts";
import { parseOrder } from "../../../shared/search/parse-order.ts";
import type { GroupOrder, RunGroupViews } from "../../store/views/run-groups.ts";
import { bounded } from "./bounds.ts";
import { parseGroupKey, type RunScopeInput, toRunMatch } from "./run-scope.ts";

export interface RunGroupsInput extends RunScopeInput {
  readonly by: readonly string[];
  readonly metrics?: readonly string[] | undefined;
  readonly order_by?: string | undefined;
  readonly aggregate?: Aggregate | undefined;
  readonly max_results?: number | undefined;
  readonly page_token?: string | undefined;
}

const MAX_BY = 3;
const MAX_METRICS = 200;
const PAGE = 100;
const MAX_PAGE = 500;

/** What cannot order groups (a param that differs within them) leaves the largest first. */
const orderOf = (text: string, by: readonly Field[], aggregate: Aggregate): GroupOrder => {
  const [order] = text === "" ? [] : parseOrder("runs", [text]);
  if (order?.field.kind === "metric") return { by: { metric: order.field.key, aggregate }, ascending: order.ascending };
  const place = by.findIndex(({ kind, key }) => kind === order?.field.kind && key === order.field.key);
  return order && place >= 0 ? { by: { place }, ascending: order.ascending } : { by: "runs", ascending: false };
};

const isValues = (raw: unknown, length: number): raw is (string | null)[] =>
  Array.isArray(raw) && raw.length === length && raw.every((v) => v === null || typeof v === "string");

const readValues = (token: string | undefined, length: number): (string | null)[] | undefined => {
  if (token === undefined || token === "") return undefined;
  try {
    const raw: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (isValues(raw, length)) return raw;
  } catch {
    // falls through to the refusal
  }
  throw new DomainError("invalid", "Invalid page token: it was not given out by this list. Start from the first page.");
};

export const createRunGroupsView = (views: RunGroupViews) => ({
  /** @throws DomainError `invalid` */
  groups: (input: RunGroupsInput) => {
    if (input.by.length < 1 || input.by.length > MAX_BY)
      throw new DomainError("invalid", `Runs are grouped by 1 to ${MAX_BY} things, not ${input.by.length}.`);
    const metrics = input.metrics ?? [];
    if (metrics.length > MAX_METRICS)
      throw new DomainError("invalid", `${metrics.length} columns were asked for: at most ${MAX_METRICS} fit a page.`);
    const by = input.by.map(parseGroupKey);
    const { more, ...page } = views.list({
      match: toRunMatch(input),
      by,
      metrics,
      order: orderOf(input.order_by ?? "", by, input.aggregate ?? "mean"),
      limit: bounded(input.max_results, PAGE, MAX_PAGE),
      after: readValues(input.page_token, by.length),
    });
    const last = page.groups.at(-1);
    if (!more || !last) return page;
    return { ...page, next_page_token: Buffer.from(JSON.stringify(last.values)).toString("base64url") };
  },

  /** How many runs match, and the token with which an action takes exactly these. */
  count: (input: RunScopeInput): { count: number; page_token: string } => {
    const { count, newest } = views.count(toRunMatch(input));
    return { count, page_token: writeActionToken({ after: 0, until: newest, count }) };
  },
});

/** Where a bulk action goes on: after which run, up to which, and how many were confirmed. */
export interface ActionPlace {
  readonly after: number;
  readonly until: number;
  readonly count: number;
}

export const writeActionToken = ({ after, until, count }: ActionPlace): string =>
  Buffer.from(JSON.stringify([after, until, count])).toString("base64url");

/** @throws DomainError `invalid` */
export const readActionToken = (token: string): ActionPlace => {
  try {
    const raw: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(raw) && raw.length === 3 && raw.every((n: unknown) => Number.isSafeInteger(n))) {
      const [after, until, count] = raw.map(Number);
      if (after !== undefined && until !== undefined && count !== undefined) return { after, until, count };
    }
  } catch {
    // falls through to the refusal
  }
  throw new DomainError("invalid", "Invalid page token: count the runs first, then act on them.");
};
