import type { RunSeries, Series, XAxis } from "../../../shared/api/outpost/series.ts";
import { MAX_COMPARED } from "../../../shared/api/outpost/series.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { RunViews } from "../../store/views/runs.ts";
import { MAX_MARKS, type SeriesRange, type SeriesViews } from "../../store/views/series.ts";
import { bounded, found } from "./bounds.ts";

/** Which part of the axis, and how finely. */
interface SeriesPart {
  readonly points?: number | undefined;
  readonly x_axis?: XAxis | undefined;
  readonly x_metric?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}
export interface SeriesQuery extends SeriesPart {
  readonly run_id: string;
  readonly metric_keys: readonly string[];
  readonly after_step?: number | bigint | undefined;
}
export interface RunsSeriesQuery extends SeriesPart {
  readonly run_ids: readonly string[];
  readonly metric_key: string;
}

interface Halves {
  readonly queries: readonly [SeriesQuery, SeriesQuery];
  readonly join: (first: SeriesAnswer, second: SeriesAnswer) => SeriesAnswer;
}
export interface SeriesAnswer {
  readonly series: Series[];
}

const MAX_SERIES = 100;
const POINTS = 1000;
const MAX_POINTS = 20_000;
/** Of many runs in one answer: it stays below about ten megabytes. */
const MAX_POINTS_OF_ALL = 400_000;
/** Points that the host's own thread may walk while writes wait: about three milliseconds. */
const SHORT = 20_000;

/** Two halves of one series, the earlier steps first. */
const joinHalves = (first: Series, second: Series): Series => ({
  ...first,
  total: first.total + second.total,
  steps: [...first.steps, ...second.steps],
  timestamps: [...first.timestamps, ...second.timestamps],
  values: [...first.values, ...second.values],
  marks: [...first.marks, ...second.marks].slice(0, MAX_MARKS),
  not_finite: first.not_finite + second.not_finite,
});

/** What all ranges of a query share. @throws DomainError `invalid` for an axis that lacks its metric or a window that is none. */
const partOf = (part: SeriesPart): Pick<SeriesRange, "points" | "window" | "xMetric"> => {
  const { x_axis: axis = "step", x_metric: xMetric, from = -Infinity, to = Infinity } = part;
  if (axis === "metric" && !xMetric)
    throw new DomainError("invalid", "Missing value for required parameter 'x_metric': x_axis 'metric' needs its key.");
  if (Number.isNaN(from) || Number.isNaN(to) || from > to)
    throw new DomainError("invalid", `Invalid window from ${from} to ${to}: 'from' must not be above 'to'.`);
  const isOpen = from === -Infinity && to === Infinity;
  return {
    points: bounded(part.points, POINTS, MAX_POINTS),
    window: isOpen ? undefined : { axis, from, to },
    xMetric: axis === "metric" ? xMetric : undefined,
  };
};

/** Thinned histories of one run, or one metric of many. A reader thread makes the same over its own connection. */
export const createSeriesView = ({ runs, series }: { readonly runs: RunViews; readonly series: SeriesViews }) => {
  const rangesOf = (query: SeriesQuery): SeriesRange[] => {
    const keys = [...new Set(query.metric_keys)];
    if (keys.length > MAX_SERIES)
      throw new DomainError("invalid", `${keys.length} metrics were asked for: at most ${MAX_SERIES} fit an answer.`);
    const { run } = found(runs.idsOf(query.run_id), `Run '${query.run_id}'`);
    const part = partOf(query);
    return keys.map((key) => ({ run, key, after: query.after_step, ...part }));
  };

  const rangesOfRuns = (
    query: RunsSeriesQuery,
  ): { name: readonly [id: string, name: string]; range: SeriesRange }[] => {
    const ids = [...new Set(query.run_ids)];
    if (ids.length > MAX_COMPARED)
      throw new DomainError("invalid", `${ids.length} runs were asked for: at most ${MAX_COMPARED} fit an answer.`);
    const part = partOf(query);
    const points = Math.min(part.points, Math.floor(MAX_POINTS_OF_ALL / Math.max(1, ids.length)));
    return ids.flatMap((id) => {
      const ref = runs.refOf(id);
      if (!ref) return [];
      return [{ name: [id, ref.run_name] as const, range: { run: ref.run, key: query.metric_key, ...part, points } }];
    });
  };

  const isLong = (ranges: readonly SeriesRange[]): boolean => {
    let room = SHORT;
    return ranges.some((range) => (room -= series.countUpTo(range, room + 1)) < 0);
  };

  return {
    /** @throws DomainError `not_found` for an unknown run, `invalid` for too many metrics or points. */
    series: (query: SeriesQuery): SeriesAnswer => ({ series: rangesOf(query).map(series.read) }),
    /** Whether reading it belongs into a reader thread. */
    isLongSeries: (query: SeriesQuery): boolean => isLong(rangesOf(query)),
    /**
     * The same question as two that two threads can answer at once, and how their answers become one: of many metrics
     * some each, of a single one the earlier and the later steps. Undefined where it cannot be halved.
     */
    halvesOfSeries: (query: SeriesQuery): Halves | undefined => {
      const ranges = rangesOf(query);
      const [range] = ranges;
      if (range && ranges.length > 1) {
        const half = Math.ceil(ranges.length / 2);
        const keys = ranges.map(({ key }) => key);
        return {
          queries: [
            { ...query, metric_keys: keys.slice(0, half) },
            { ...query, metric_keys: keys.slice(half) },
          ],
          join: (first, second) => ({ series: [...first.series, ...second.series] }),
        };
      }
      const steps = range && series.stepsBetween(range);
      if (!steps || steps.low === steps.high) return undefined;
      const middle = Math.floor(steps.low + (steps.high - steps.low) / 2);
      const half = { ...query, x_axis: "step", points: Math.ceil(range.points / 2), after_step: undefined } as const;
      return {
        queries: [
          { ...half, from: steps.low, to: middle },
          { ...half, from: middle + 1, to: query.to ?? Infinity }, // open: points may come in meanwhile
        ],
        join: ({ series: [first] }, { series: [second] }) => ({
          series: first && second ? [joinHalves(first, second)] : [],
        }),
      };
    },

    /** One metric of many runs; those that are gone are named. @throws DomainError `invalid` for too many runs or points. */
    runsSeries: (query: RunsSeriesQuery): { runs: RunSeries[]; missing: string[] } => {
      const ranges = rangesOfRuns(query);
      const known = new Set(ranges.map(({ name: [id] }) => id));
      return {
        runs: ranges.map(({ name: [run_id, run_name], range }) => ({ run_id, run_name, series: series.read(range) })),
        missing: query.run_ids.filter((id) => !known.has(id)),
      };
    },
    isLongRunsSeries: (query: RunsSeriesQuery): boolean => isLong(rangesOfRuns(query).map(({ range }) => range)),
  };
};
