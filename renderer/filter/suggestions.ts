/** What the filter bar offers at the caret. Keys and values come from the server, all else from the grammar. */
import type { Suggestion, ValueKind } from "../../shared/api/outpost/completion.ts";
import type { Kind } from "../../shared/search/ast.ts";
import { comparatorsOf, grammars } from "../../shared/search/fields.ts";
import { quoteKey, quoteText } from "../../shared/search/quote.ts";
import { m } from "../i18n/messages.ts";
import { formatCount } from "../lib/format.ts";
import type { Context } from "./context.ts";

/** One line of the list: what it is and what it puts into the text in place of `from` to `to`. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly detail?: string;
  readonly insert: string;
  readonly from: number;
  readonly to: number;
  /** The text is complete and can be applied at once. */
  readonly applies?: boolean;
}

/** Asks the server; an item list is built from what it gives. */
export interface Source {
  readonly keys: (kind: "metric" | "param" | "tag", text: string) => Promise<readonly string[]>;
  readonly values: (kind: ValueKind, key: string, text: string) => Promise<readonly Suggestion[]>;
}

const PREFIX: Readonly<Record<Kind, string>> = {
  metric: "metrics.",
  param: "params.",
  tag: "tags.",
  attribute: "attributes.",
  dataset: "datasets.",
};
const KIND_TITLES: Readonly<Record<Kind, () => string>> = {
  metric: m.filter_kind_metric,
  param: m.filter_kind_param,
  tag: m.filter_kind_tag,
  attribute: m.filter_kind_attribute,
  dataset: m.filter_kind_dataset,
};
const ATTRIBUTES = ["run_name", "status", "start_time", "end_time", "user_id", "run_id", "artifact_uri"];
const STATUSES = ["RUNNING", "FINISHED", "FAILED", "KILLED", "SCHEDULED"];
const OPERATOR_TITLES: Readonly<Record<string, () => string>> = {
  "=": m.filter_op_equal,
  "!=": m.filter_op_unequal,
  "<": m.filter_op_less,
  "<=": m.filter_op_at_most,
  ">": m.filter_op_more,
  ">=": m.filter_op_at_least,
  LIKE: m.filter_op_like,
  ILIKE: m.filter_op_ilike,
  IN: m.filter_op_in,
  "NOT IN": m.filter_op_not_in,
  "IS NULL": m.filter_op_null,
  "IS NOT NULL": m.filter_op_not_null,
};
const HOUR = 3_600_000;

const contains = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());
const startsFirst = (part: string) => (a: string, b: string) =>
  Number(b.toLowerCase().startsWith(part.toLowerCase())) - Number(a.toLowerCase().startsWith(part.toLowerCase()));

const item = (context: Context, title: string, insert: string, detail?: string): Item => ({
  id: `${insert}|${title}`,
  title,
  insert,
  from: context.from,
  to: context.to,
  ...(detail !== undefined && { detail }),
});

const staticKeys = (kind: "attribute" | "dataset"): readonly string[] =>
  kind === "attribute" ? ATTRIBUTES : grammars.runs.datasetKeys;

const keyItems = (context: Context, kind: Kind, keys: readonly string[]): Item[] =>
  keys.map((key) => {
    const field = `${PREFIX[kind]}${quoteKey(key)}`;
    return item(context, field, `${field} `, KIND_TITLES[kind]());
  });

const fieldItems = async (context: Context, source: Source): Promise<Item[]> => {
  const { prefix, typed } = context;
  if (prefix === "attribute" || prefix === "dataset")
    return keyItems(
      context,
      prefix,
      staticKeys(prefix)
        .filter((key) => contains(key, typed))
        .toSorted(startsFirst(typed)),
    );
  if (prefix !== undefined) return keyItems(context, prefix, await source.keys(prefix, typed));
  const kinds = (["metric", "param", "tag"] as const).map(async (kind) =>
    keyItems(context, kind, await source.keys(kind, typed)),
  );
  const [metrics = [], params = [], tags = []] = await Promise.all(kinds);
  const prefixes = (Object.keys(PREFIX) as Kind[])
    .filter((kind) => PREFIX[kind].startsWith(typed.toLowerCase()))
    .map((kind) => item(context, PREFIX[kind], PREFIX[kind], KIND_TITLES[kind]()));
  const attributes = keyItems(
    context,
    "attribute",
    ATTRIBUTES.filter((key) => contains(key, typed)),
  );
  const words =
    typed === ""
      ? []
      : [item(context, "NOT", "NOT ", m.filter_join_not())].filter(({ title }) =>
          title.startsWith(typed.toUpperCase()),
        );
  const most = typed === "" ? 4 : 8;
  return [
    ...prefixes,
    ...metrics.slice(0, most),
    ...params.slice(0, most),
    ...attributes.slice(0, most),
    ...tags.slice(0, most),
    ...words,
  ];
};

const operatorItems = (context: Context): Item[] => {
  const { field, typed } = context;
  const operators = field
    ? comparatorsOf(grammars.runs, field.kind, field.value)
    : comparatorsOf(grammars.runs, "param");
  return operators
    .filter((operator) => operator.startsWith(typed.toUpperCase()))
    .map((operator) => {
      const after = operator === "IN" || operator === "NOT IN" ? " (" : " ";
      return item(context, operator, `${operator}${after}`, OPERATOR_TITLES[operator]?.());
    });
};

const timeItems = (context: Context, now: number): Item[] =>
  [
    { title: m.filter_time_hour(), ms: now - HOUR },
    { title: m.filter_time_today(), ms: new Date(now).setHours(0, 0, 0, 0) },
    { title: m.filter_time_week(), ms: now - 7 * 24 * HOUR },
    { title: m.filter_time_month(), ms: now - 30 * 24 * HOUR },
  ].map(({ title, ms }) => item(context, title, `${ms} `, String(ms)));

const valuesOf = async (context: Context, source: Source): Promise<readonly Suggestion[]> => {
  const { field, typed } = context;
  if (!field || field.kind === "metric") return [];
  const text = typed.replace(/^%|%$/g, "");
  if (field.kind !== "attribute") return source.values(field.kind, field.key, text);
  const found = await source.values("attribute", field.key, text);
  if (field.key !== "status") return found;
  const counts = new Map(found.map(({ value, runs }) => [value, runs]));
  return STATUSES.filter((value) => contains(value, text)).map((value) => ({ value, runs: counts.get(value) ?? 0 }));
};

const valueItems = async (context: Context, source: Source, now: number): Promise<Item[]> => {
  const { field, operator = "=", list, typed } = context;
  if (list === "after" && typed === "")
    return [item(context, ")", ") ", m.filter_list_end()), item(context, ",", ", ", m.filter_list_more())];
  if (field?.kind === "attribute" && field.value === "number") return timeItems(context, now);
  const pattern = operator === "LIKE" || operator === "ILIKE";
  const items = (await valuesOf(context, source)).flatMap(({ value, runs }) => {
    const quoted = quoteText(pattern ? `%${value}%` : value);
    if (quoted === undefined) return [];
    const insert = `${list === "first" ? "(" : ""}${quoted}${list === undefined ? " " : ""}`;
    return [
      item(context, quoted, insert, runs > 0 ? m.filter_value_runs({ count: runs, n: formatCount(runs) }) : undefined),
    ];
  });
  const anywhere = pattern && typed !== "" ? quoteText(`%${typed.replace(/^%|%$/g, "")}%`) : undefined;
  return anywhere === undefined || items.some(({ title }) => title === anywhere)
    ? items
    : [item(context, anywhere, `${anywhere} `, m.filter_value_anywhere()), ...items];
};

const joinItems = (context: Context): Item[] =>
  [
    item(context, "AND", "AND ", m.filter_join_and()),
    item(context, "OR", "OR ", m.filter_join_or()),
    ...(context.depth > 0 ? [item(context, ")", ") ", m.filter_join_close())] : []),
  ].filter(({ title }) => title.startsWith(context.typed.toUpperCase()));

/** The lines for a context, the likeliest first. */
export const suggest = async (context: Context, source: Source, now: number): Promise<Item[]> => {
  if (context.expects === "field") return fieldItems(context, source);
  if (context.expects === "operator") return operatorItems(context);
  return context.expects === "value" ? valueItems(context, source, now) : joinItems(context);
};

/** The text with an item in its place, and where the caret stands then. */
export const insertItem = (text: string, { insert, from, to }: Item): { text: string; caret: number } => {
  const rest = text.slice(to);
  const joined = insert.endsWith(" ") && rest.startsWith(" ") ? insert.slice(0, -1) : insert;
  const space = from > 0 && /[^\s(.]$/.test(text.slice(0, from)) && !/^[,)]/.test(insert) ? " " : "";
  const caret = from + space.length + insert.length;
  return { text: `${text.slice(0, from)}${space}${joined}${rest}`, caret };
};
