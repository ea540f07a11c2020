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

interface Walker {
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

const plain = (keys: readonly RunSortKey[], where: readonly Sql[], places: readonly Place[] | undefined): Phase => ({
  from: sql`runs AS r`,
  where: [...where, ...(places ? [behind(keys, places)] : [])],
  keys,
  experiment: sql`r.experiment`,
  byStage: true,
});

/** The range of the index that starts where the last page ended, and the exact condition for ties. */
const resume = (
  keys: readonly RunSortKey[],
  places: readonly Place[] | undefined,
  bound: (place: Place) => Sql,
): readonly Sql[] => (places?.[0]?.rank === 0 ? [bound(places[0]), behind(keys, places)] : []);

/** A key where every run of the phase has a value. */
const unranked = ({ value, ascending, type }: RunSortKey): RunSortKey => ({ value, ascending, type });

const onward = (ascending: boolean): Sql => (ascending ? sql`>=` : sql`<=`);

const timePhases = (
  walk: Walk & { kind: "start_time" | "end_time" },
  keys: readonly RunSortKey[],
  where: readonly Sql[],
  places: readonly Place[] | undefined,
  walker: Walker,
): readonly Phase[] => {
  const [first, ...rest] = keys;
  if (!first) return [];
  const present = unranked(first);
  const clauses = clausesOn(walk, walker.filter, walker.findKey);
  const phases: Phase[] = [];
  if ((places?.[0]?.rank ?? 0) === 0)
    phases.push({
      from: TIME_INDEXES[walk.kind],
      where: [
        ...where,
        ...(clauses.length > 0
          ? clauses.map((clause) => compareColumn(first.value, clause))
          : [sql`${first.value} IS NOT NULL`]),
        ...resume([present, ...rest], places, (place) => sql`${first.value} ${onward(first.ascending)} ${place.value}`),
      ],
      keys: [present, ...rest],
      experiment: sql`r.experiment`,
      byStage: true,
    });
  if (clauses.length > 0) return phases;
  return [
    ...phases,
    ...phasesOf(
      rest,
      [...where, sql`${first.value} IS NULL`],
      places?.[0]?.rank === 2 ? places.slice(1) : undefined,
      walker,
    ),
  ];
};

const loggedPhases = (
  walk: Walk & { kind: "metric" | "param" | "tag" },
  keys: readonly RunSortKey[],
  where: readonly Sql[],
  places: readonly Place[] | undefined,
  walker: Walker,
): readonly Phase[] => {
  const [first, ...rest] = keys;
  if (!first) return [];
  const rank = places?.[0]?.rank ?? 0;
  const tail = (wanted: number): readonly Place[] | undefined =>
    places && rank === wanted ? places.slice(1) : undefined;
  if (walk.key === undefined) return phasesOf(rest, where, tail(2), walker);
  const clauses = clausesOn(walk, walker.filter, walker.findKey);
  const isMetric = walk.kind === "metric";
  const from = sql`${VALUE_INDEXES[walk.kind]} CROSS JOIN runs AS r ON r.id = m.run`;
  const base = [sql`m.key = ${walk.key}`, ...where];
  const present = { ...unranked(first), value: sql`m.value` };
  const head: RunSortKey = { value: sql`m.head`, ascending: first.ascending, type: "text" };
  const bound = ({ value }: Place): Sql =>
    isMetric
      ? sql`m.value ${onward(first.ascending)} ${value}`
      : sql`m.head ${onward(first.ascending)} ${headOf(String(value))}`;
  const phases: Phase[] = [];
  const index = { from, experiment: sql`m.experiment`, byStage: false };
  if (rank === 0) {
    const ranges = isMetric ? [sql`m.is_nan = 0`, ...clauses.map((clause) => compareColumn(sql`m.value`, clause))] : [];
    const ordered = [present, ...rest];
    phases.push({
      ...index,
      where: [...base, ...ranges, ...resume(ordered, places, bound)],
      keys: isMetric ? ordered : [head, ...ordered],
    });
  }
  if (isMetric && rank <= 1 && clauses.every(({ comparator }) => comparator === "!=")) {
    const after = tail(1);
    phases.push({ ...index, where: [...base, sql`m.is_nan = 1`, ...(after ? [behind(rest, after)] : [])], keys: rest });
  }
  if (clauses.length > 0) return phases;
  const table = isMetric ? sql`latest_metrics` : TABLES[walk.kind === "param" ? "param" : "tag"];
  const missing = sql`NOT EXISTS (SELECT 1 FROM ${table} AS m WHERE m.run = r.id AND m.key = ${walk.key})`;
  return [...phases, ...phasesOf(rest, [...where, missing], tail(2), walker)];
};

/** The phases from the last page's end on (`places`), in order. */
const phasesOf = (
  keys: readonly RunSortKey[],
  where: readonly Sql[],
  places: readonly Place[] | undefined,
  walker: Walker,
): readonly Phase[] => {
  const walk = keys[0]?.walk;
  if (!walk) return [plain(keys, where, places)];
  return "key" in walk
    ? loggedPhases(walk, keys, where, places, walker)
    : timePhases(walk, keys, where, places, walker);
};

export const walkPhases = (
  keys: readonly RunSortKey[],
  places: readonly Place[] | undefined,
  filter: Filter,
  findKey: FindKey,
): readonly Phase[] => phasesOf(keys, [], places, { filter, findKey });

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
