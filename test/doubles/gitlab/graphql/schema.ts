/** How types, fields and arguments are declared here. */
import type { State, Token } from "../state.ts";

export interface Context {
  readonly state: State;
  readonly token: Token | null;
  /** May write: the token's scope says so. */
  readonly canMutate: boolean;
}

export interface Arg {
  readonly type: "String" | "Int" | "ID" | "Boolean" | readonly string[] | Args;
  readonly required: boolean;
}
export interface Args {
  readonly [name: string]: Arg;
}
export type Values = Readonly<Record<string, unknown>>;

export interface FieldDef {
  /** The name of an object type; null for a leaf. */
  readonly type: string | null;
  readonly args: Args;
  readonly nonNull: boolean;
  /** A method, so that each declaration may name the type of what it reads from. */
  resolve(source: unknown, args: Values, context: Context): unknown;
}
export type Fields = Readonly<Record<string, FieldDef>>;
export type Types = Readonly<Record<string, Fields>>;

const opt = (type: Arg["type"]): Arg => ({ type, required: false });
export const optional = { string: opt("String"), int: opt("Int"), id: opt("ID"), choice: opt } as const;
export const needed = (type: Arg["type"]): Arg => ({ type, required: true });

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- each declaration says what it reads from
export const leaf = <T>(
  resolve: (source: T, args: Values, context: Context) => unknown,
  nonNull = false,
): FieldDef => ({
  type: null,
  args: {},
  nonNull,
  resolve,
});
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- each declaration says what it reads from
export const object = <T>(
  type: string,
  resolve: (source: T, args: Values, context: Context) => unknown,
  args: Args = {},
): FieldDef => ({ type, args, nonNull: false, resolve });

/** What the fields of a connection read from. */
export interface Connected<T> {
  readonly items: readonly T[];
  readonly page: readonly T[];
  readonly start: number;
}

const MAX_PAGE = 100;
const cursorOf = (at: number): string => Buffer.from(JSON.stringify({ at })).toString("base64");
const indexOf = (cursor: unknown): number | undefined => {
  if (typeof cursor !== "string") return undefined;
  const at = /"at":(\d+)/.exec(Buffer.from(cursor, "base64").toString())?.[1];
  return at === undefined ? undefined : Number(at);
};

const paged = <T>(items: readonly T[], args: Values): Connected<T> => {
  const from = (indexOf(args["after"]) ?? -1) + 1;
  const to = indexOf(args["before"]) ?? items.length;
  const size = (value: unknown): number => Math.min(typeof value === "number" ? value : MAX_PAGE, MAX_PAGE);
  const isLast = typeof args["last"] === "number";
  const start = isLast ? Math.max(from, to - size(args["last"])) : from;
  return { items, start, page: items.slice(start, isLast ? to : Math.min(to, start + size(args["first"]))) };
};

const pages = { first: optional.int, last: optional.int, after: optional.string, before: optional.string };

/** A field that gives pages of a list. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- each declaration says what it reads from
export const connection = <T>(
  node: string,
  list: (source: T, args: Values, context: Context) => readonly unknown[] | null,
  args: Args = {},
): FieldDef =>
  object<T>(
    `${node}Connection`,
    (source, values, context) => {
      const items = list(source, values, context);
      return items && paged(items, values);
    },
    { ...args, ...pages },
  );

/** The three types that every connection brings. */
export const connectionTypes = (node: string): Types => ({
  [`${node}Connection`]: {
    nodes: object<Connected<unknown>>(node, ({ page }) => page),
    edges: object<Connected<unknown>>(`${node}Edge`, ({ page, start }) =>
      page.map((each, index) => ({ node: each, cursor: cursorOf(start + index) })),
    ),
    pageInfo: object<Connected<unknown>>("PageInfo", (source) => source),
    count: { ...leaf<Connected<unknown>>(({ items }) => items.length), args: { limit: optional.int } },
  },
  [`${node}Edge`]: {
    node: object<{ node: unknown }>(node, (edge) => edge.node),
    cursor: leaf<{ cursor: string }>((edge) => edge.cursor),
  },
});

export const pageInfo: Fields = {
  hasNextPage: leaf<Connected<unknown>>(({ items, page, start }) => start + page.length < items.length),
  hasPreviousPage: leaf<Connected<unknown>>(({ start }) => start > 0),
  startCursor: leaf<Connected<unknown>>(({ page, start }) => (page.length > 0 ? cursorOf(start) : null)),
  endCursor: leaf<Connected<unknown>>(({ page, start }) =>
    page.length > 0 ? cursorOf(start + page.length - 1) : null,
  ),
};
