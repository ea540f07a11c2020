/**
 * Walks runs in the order asked for, along the index that has it. Runs with a value, with NaN and without one are
 * phases, one after another, each of them a range of an index from where the last page ended.
 */
import { type Clause, conjuncts, type Filter } from "../../../shared/search/ast.ts";
import { compareColumn } from "./compile.ts";
import { headOf } from "./like.ts";
import { type FindKey, loggedPlace, TABLES } from "./run-clauses.ts";
import type { RunSortKey, Walk } from "./run-order.ts";
import { inTime } from "./page.ts";
import { behind, orderBy, type Place } from "./sort.ts";
import { all, join, list, type Sql, sql } from "./sql.ts";

/** Which runs are searched. */
export interface Scope {
  readonly experiments: readonly number[];
  readonly stages: readonly string[];
}

/** A stretch of the order. */
export interface Phase {
  /** Tables up to WHERE. */
  readonly from: Sql;
  readonly where: readonly Sql[];
  readonly keys: readonly RunSortKey[];
  /** The column that holds the experiment. */
  readonly experiment: Sql;
  /** Whether its index holds each lifecycle stage apart. */
  readonly byStage: boolean;
}

/** More streams than this are sorted as one: the sum of their pages costs more. */
const MAX_STREAMS = 12;

const asClause = (filter: Filter): Clause | undefined => ("field" in filter ? filter : undefined);

/** Clauses that must hold for every match and look at what `walk` walks along. */
const clausesOn = (walk: Walk, filter: Filter, findKey: FindKey): readonly Clause[] =>
  conjuncts(filter).flatMap((term) => {
    const clause = asClause(term);
    if (!clause || clause.comparator === "IS NULL") return [];
    const { kind, key } = clause.field;
    const same =
      "key" in walk ? kind === walk.kind && findKey(key) === walk.key : kind === "attribute" && key === walk.kind;
    return same && (kind === "attribute" || loggedPlace(clause)) ? [clause] : [];
  });

/** What is still to be ordered: by `keys`, where `where` holds, from `places` on. */
interface Rest {
  readonly keys: readonly RunSortKey[];
  readonly where: readonly Sql[];
  readonly places: readonly Place[] | undefined;
  readonly filter: Filter;
  readonly findKey: FindKey;
}

const TIME_INDEXES = {
  start_time: sql`runs AS r INDEXED BY runs_by_start`,
  end_time: sql`runs AS r INDEXED BY runs_by_end`,
} as const;
const VALUE_INDEXES = {
  metric: sql`latest_metrics AS m INDEXED BY latest_metrics_by_value`,
  param: sql`params AS m INDEXED BY params_by_value`,
  tag: sql`run_tags AS m INDEXED BY run_tags_by_value`,
} as const;

const plainPhase = ({ keys, where, places }: Pick<Rest, "keys" | "where" | "places">): Phase => ({
  from: sql`runs AS r`,
  where: [...where, ...(places ? [behind(keys, places)] : [])],
  keys,
  experiment: sql`r.experiment`,
  byStage: true,
});

/** The range of the index that starts where the last page ended, and the exact condition for ties. */
const resume = (keys: readonly RunSortKey[], places: Rest["places"], bound: (place: Place) => Sql): readonly Sql[] =>
  places?.[0]?.rank === 0 ? [bound(places[0]), behind(keys, places)] : [];

/** A key where every run of the phase has a value. */
const unranked = ({ value, ascending, type }: RunSortKey): RunSortKey => ({ value, ascending, type });

const onward = (ascending: boolean): Sql => (ascending ? sql`>=` : sql`<=`);

/** The rank in the first key where the page begins: phases of lower ranks are done. */
const rankOf = ({ places }: Rest): number => places?.[0]?.rank ?? 0;
/** The places in the other keys, where the page begins amid the phase of this rank. */
const placesIn = (rest: Rest, rank: number): Rest["places"] =>
  rankOf(rest) === rank ? rest.places?.slice(1) : undefined;

type TimeWalk = Extract<Walk, { kind: "start_time" | "end_time" }>;
type LoggedWalk = Extract<Walk, { key: unknown }>;

const timePhases = (walk: TimeWalk, first: RunSortKey, rest: Rest): readonly Phase[] => {
  const { where, places, filter, findKey } = rest;
  const others = rest.keys.slice(1);
  const clauses = clausesOn(walk, filter, findKey).map((clause) => compareColumn(first.value, clause));
  const keys = [unranked(first), ...others];
  const bound = ({ value }: Place): Sql => sql`${first.value} ${onward(first.ascending)} ${value}`;
  const ranges = clauses.length > 0 ? clauses : [sql`${first.value} IS NOT NULL`];
  const timed = {
    ...plainPhase({ keys, where: [...where, ...ranges, ...resume(keys, places, bound)], places: undefined }),
    from: TIME_INDEXES[walk.kind],
  };
  const untimed = [...where, sql`${first.value} IS NULL`];
  return [
    ...(rankOf(rest) === 0 ? [timed] : []),
    ...(clauses.length > 0 ? [] : phasesOf({ ...rest, keys: others, where: untimed, places: placesIn(rest, 2) })),
  ];
};

/** Runs with a value of a metric, param or tag, in its order. */
const valuePhase = (walk: LoggedWalk, first: RunSortKey, rest: Rest, clauses: readonly Clause[]): Phase => {
  const isMetric = walk.kind === "metric";
  const next = onward(first.ascending);
  const keys = [{ ...unranked(first), value: sql`m.value` }, ...rest.keys.slice(1)];
  const bound = ({ value }: Place): Sql =>
    isMetric ? sql`m.value ${next} ${value}` : sql`m.head ${next} ${headOf(String(value))}`;
  const ranges = isMetric ? [sql`m.is_nan = 0`, ...clauses.map((clause) => compareColumn(sql`m.value`, clause))] : [];
  const head: RunSortKey = { value: sql`m.head`, ascending: first.ascending, type: "text" };
  return loggedPhase(walk, isMetric ? keys : [head, ...keys], [
    ...rest.where,
    ...ranges,
    ...resume(keys, rest.places, bound),
  ]);
};

const loggedPhase = (walk: LoggedWalk, keys: readonly RunSortKey[], where: readonly Sql[]): Phase => ({
  from: sql`${VALUE_INDEXES[walk.kind]} CROSS JOIN runs AS r ON r.id = m.run`,
  where: [sql`m.key = ${walk.key ?? null}`, ...where],
  keys,
  experiment: sql`m.experiment`,
  byStage: false,
});

const loggedPhases = (walk: LoggedWalk, first: RunSortKey, rest: Rest): readonly Phase[] => {
  const others = { ...rest, keys: rest.keys.slice(1) };
  if (walk.key === undefined) return phasesOf({ ...others, places: placesIn(rest, 2) });
  const clauses = clausesOn(walk, rest.filter, rest.findKey);
  const phases = rankOf(rest) === 0 ? [valuePhase(walk, first, rest, clauses)] : [];
  if (walk.kind === "metric" && rankOf(rest) <= 1 && clauses.every(({ comparator }) => comparator === "!=")) {
    const places = placesIn(rest, 1);
    const where = [...rest.where, sql`m.is_nan = 1`, ...(places ? [behind(others.keys, places)] : [])];
    phases.push(loggedPhase(walk, others.keys, where));
  }
  if (clauses.length > 0) return phases;
  const table = walk.kind === "metric" ? sql`latest_metrics` : TABLES[walk.kind];
  const missing = sql`NOT EXISTS (SELECT 1 FROM ${table} AS m WHERE m.run = r.id AND m.key = ${walk.key})`;
  return [...phases, ...phasesOf({ ...others, where: [...rest.where, missing], places: placesIn(rest, 2) })];
};

const phasesOf = (rest: Rest): readonly Phase[] => {
  const [first] = rest.keys;
  if (!first?.walk) return [plainPhase(rest)];
  return "key" in first.walk ? loggedPhases(first.walk, first, rest) : timePhases(first.walk, first, rest);
};

/** The phases from the last page's end on (`places`), in order. */
export const walkPhases = (
  keys: readonly RunSortKey[],
  places: readonly Place[] | undefined,
  filter: Filter,
  findKey: FindKey,
): readonly Phase[] => phasesOf({ keys, where: [], places, filter, findKey });

const within = (phase: Phase, { experiments, stages }: Scope): Sql =>
  all([sql`${phase.experiment} IN ${list(experiments)}`, sql`r.lifecycle_stage IN ${list(stages)}`, ...phase.where]);

/** Every experiment and stage has its own range of the index: their pages are merged. */
const streamsOf = (phase: Phase, { experiments, stages }: Scope): readonly Scope[] => {
  const groups = phase.byStage ? stages.map((stage) => [stage]) : [stages];
  const streams = experiments.flatMap((experiment) =>
    groups.map((group) => ({ experiments: [experiment], stages: group })),
  );
  return streams.length <= MAX_STREAMS ? streams : [{ experiments, stages }];
};

/** Selects `id` of the first `limit` runs of a phase for which `condition` holds. */
export const scan = (phase: Phase, scope: Scope, condition: Sql, limit: number): Sql => {
  const streams = streamsOf(phase, scope);
  const page = (stream: Scope, columns: Sql): Sql =>
    sql`SELECT r.id AS id${columns} FROM ${phase.from} WHERE ${within(phase, stream)} AND ${condition} AND ${inTime(sql`r.id`)}
      ORDER BY ${orderBy(phase.keys)} LIMIT ${limit}`;
  const [only] = streams;
  if (only && streams.length === 1) return page(only, sql``);
  const column = (name: string): Sql => ({ text: name, values: [] });
  const columns = phase.keys.reduce(
    (sum, key, i) => sql`${sum}, ${key.value} AS ${column(`k${i}`)}, ${key.rank ?? sql`0`} AS ${column(`n${i}`)}`,
    sql``,
  );
  const merged = phase.keys.map((key, i) => ({
    ...key,
    value: column(`k${i}`),
    ...(key.rank ? { rank: column(`n${i}`) } : {}),
  }));
  const pages = streams.map((stream) => sql`SELECT * FROM (${page(stream, columns)})`);
  return sql`SELECT id FROM (${join(pages, " UNION ALL ")}) ORDER BY ${orderBy(merged)} LIMIT ${limit}`;
};
