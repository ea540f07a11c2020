/** Runs by equal values of params, tags, datasets or attributes, with figures of their metrics over every matching run. */
import type { Aggregate, RunGroup, Spread } from "../../../shared/api/outpost/run-groups.ts";
import type { Field } from "../../../shared/search/ast.ts";
import { type Database, withDeadline } from "../database.ts";
import { columnOf } from "../search/columns.ts";
import { TIMEOUT_MS } from "../search/page.ts";
import { RUN_COLUMNS, TABLES } from "../search/run-clauses.ts";
import { createRunMatches, type RunMatch } from "../search/run-matches.ts";
import { createRunner, join, type Sql, sql } from "../search/sql.ts";
import { toMetricValue } from "./values.ts";

export interface RunGroupQuery {
  readonly match: RunMatch;
  readonly by: readonly Field[];
  readonly metrics: readonly string[];
  readonly order: GroupOrder;
  readonly limit: number;
  /** The values of the group that the page before ended with. */
  readonly after?: readonly (string | null)[] | undefined;
}

export interface GroupOrder {
  /** A metric, a place in `by`, or how many runs a group has. */
  readonly by: { readonly metric: string; readonly aggregate: Aggregate } | { readonly place: number } | "runs";
  readonly ascending: boolean;
}

export interface RunGroups {
  readonly groups: readonly RunGroup[];
  readonly total_groups: number;
  readonly total_runs: number;
  /** Whether there are groups after these. */
  readonly more: boolean;
}

interface Group {
  readonly values: readonly (string | null)[];
  runs: number;
}

/** Mean and deviation in one pass that does not lose digits. Source: Welford, 1962. */
const createTally = () => {
  let [runs, nan, mean, squares, min, max] = [0, 0, 0, 0, Infinity, -Infinity];
  return {
    add: (value: number, isNan: boolean): void => {
      runs += 1;
      if (isNan) return void (nan += 1);
      const n = runs - nan;
      const delta = value - mean;
      mean = delta === 0 ? mean : mean + delta / n;
      squares += delta * (value - mean);
      min = Math.min(min, value);
      max = Math.max(max, value);
    },
    /** Undefined where there is nothing but NaN. */
    figure: (name: Aggregate): number | undefined =>
      runs === nan ? undefined : { mean, min, max, std: Math.sqrt(squares / (runs - nan)) }[name],
    spread: (): Spread => {
      const word = (value: number) => toMetricValue(value, Number(runs === nan || Number.isNaN(value)));
      const std = Math.sqrt(squares / (runs - nan));
      return { runs, nan, mean: word(mean), min: word(min), max: word(max), std: word(std) };
    },
  };
};
type Tally = ReturnType<typeof createTally>;

const collator = new Intl.Collator("en", { numeric: true });
const missingLast = <T>(a: T | null | undefined, b: T | null | undefined, compare: (a: T, b: T) => number): number => {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
  return b === null || b === undefined ? -1 : compare(a, b);
};
const byValues = (a: Group, b: Group): number => {
  for (const [i, value] of a.values.entries()) {
    const order = missingLast(value, b.values[i], collator.compare);
    if (order !== 0) return order;
  }
  return 0;
};

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

export const createRunGroupViews = (db: Database) => {
  const run = createRunner(db);
  const matches = createRunMatches(db);
  const keyId = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  const latest = db
    .prepare<[number, number], [number, number, number]>(
      "SELECT run, value, is_nan FROM latest_metrics WHERE experiment = ? AND key = ?",
    )
    .raw();

  const valueOf = ({ kind, key }: Field): Sql => {
    if (kind === "dataset") return sql`gd.name`;
    if (kind === "param" || kind === "tag")
      return sql`(SELECT t.value FROM ${TABLES[kind]} AS t WHERE t.run = r.id AND t.key = ${keyId.get(key) ?? -1})`;
    return columnOf(RUN_COLUMNS, key).value;
  };

  /** Id and values of every matching run; one of two datasets comes twice. */
  const valuesOf = ({ match, by }: RunGroupQuery): readonly (readonly unknown[])[] => {
    const datasets = by.some(({ kind }) => kind === "dataset")
      ? sql`LEFT JOIN run_datasets AS gi ON gi.run = r.id LEFT JOIN datasets AS gd ON gd.id = gi.dataset`
      : sql``;
    const values = join(by.map(valueOf), ", ");
    return withDeadline(db, TIMEOUT_MS, () =>
      run.rows(sql`SELECT DISTINCT r.id, ${values} FROM runs AS r ${datasets} WHERE ${matches.where(match)}`),
    );
  };

  const collect = (query: RunGroupQuery) => {
    const groups = new Map<string, Group>();
    const groupsOf = new Map<number, Group[]>();
    for (const [id, ...columns] of valuesOf(query)) {
      const values = columns.map(textOrNull);
      const name = JSON.stringify(values);
      const group = groups.get(name) ?? { values, runs: 0 };
      if (group.runs === 0) groups.set(name, group);
      group.runs += 1;
      const of = groupsOf.get(Number(id));
      if (of) of.push(group);
      else groupsOf.set(Number(id), [group]);
    }
    return { groups: [...groups.values()], groupsOf };
  };

  const tally = (experiment: number, metric: string, groupsOf: ReadonlyMap<number, readonly Group[]>) => {
    const tallies = new Map<Group, Tally>();
    const key = keyId.get(metric);
    if (key === undefined) return tallies;
    for (const [id, value, isNan] of latest.iterate(experiment, key))
      for (const group of groupsOf.get(id) ?? []) {
        const known = tallies.get(group) ?? createTally();
        if (!tallies.has(group)) tallies.set(group, known);
        known.add(value, isNan !== 0);
      }
    return tallies;
  };

  /** A page of the groups; the figures are of every run that matches, not only of those on a page. */
  const list = (query: RunGroupQuery): RunGroups => {
    const { match, order, metrics, limit, after } = query;
    const { groups, groupsOf } = collect(query);
    const sign = order.ascending ? 1 : -1;
    const compare = ((): ((a: Group, b: Group) => number) => {
      const { by } = order;
      if (by === "runs") return (a, b) => sign * (a.runs - b.runs);
      if ("place" in by)
        return (a, b) => missingLast(a.values[by.place], b.values[by.place], (x, y) => sign * collator.compare(x, y));
      const tallies = tally(match.experimentId, by.metric, groupsOf);
      const figure = (group: Group) => tallies.get(group)?.figure(by.aggregate);
      return (a, b) => missingLast(figure(a), figure(b), (x, y) => sign * (x - y));
    })();
    groups.sort((a, b) => compare(a, b) || byValues(a, b));
    const last = after && JSON.stringify(after);
    const start = last === undefined ? 0 : groups.findIndex(({ values }) => JSON.stringify(values) === last) + 1;
    const page = groups.slice(start, start + limit);
    const figures = metrics.map((metric) => tally(match.experimentId, metric, groupsOf));
    return {
      groups: page.map((group) => ({
        ...group,
        values: [...group.values],
        metrics: figures.map((tallies) => tallies.get(group)?.spread() ?? null),
      })),
      total_groups: groups.length,
      total_runs: groupsOf.size,
      more: start + page.length < groups.length,
    };
  };

  return { list, count: matches.count };
};
export type RunGroupViews = ReturnType<typeof createRunGroupViews>;
