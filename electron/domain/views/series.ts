import type { Series } from "../../../shared/api/outpost/series.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { RunViews } from "../../store/views/runs.ts";
import type { SeriesRange, SeriesViews } from "../../store/views/series.ts";
import { bounded, found } from "./bounds.ts";

export interface SeriesQuery {
  readonly run_id: string;
  readonly metric_keys: readonly string[];
  readonly points?: number | undefined;
  readonly from_step?: number | bigint | undefined;
  readonly to_step?: number | bigint | undefined;
  readonly after_step?: number | bigint | undefined;
}

const MAX_SERIES = 100;
const POINTS = 1000;
const MAX_POINTS = 20_000;
const INT64_MAX = 2n ** 63n - 1n;
/** Points that the host's own thread may walk while writes wait: about three milliseconds. */
const SHORT = 20_000;

/** Thinned histories of one run. A reader thread makes the same over its own connection. */
export const createSeriesView = ({ runs, series }: { readonly runs: RunViews; readonly series: SeriesViews }) => {
  const rangesOf = (query: SeriesQuery): SeriesRange[] => {
    const keys = [...new Set(query.metric_keys)];
    if (keys.length > MAX_SERIES)
      throw new DomainError("invalid", `${keys.length} metrics were asked for: at most ${MAX_SERIES} fit an answer.`);
    const { run } = found(runs.idsOf(query.run_id), `Run '${query.run_id}'`);
    const from = query.after_step === undefined ? (query.from_step ?? -INT64_MAX) : BigInt(query.after_step) + 1n;
    const points = bounded(query.points, POINTS, MAX_POINTS);
    return keys.map((key) => ({ run, key, from, to: query.to_step ?? INT64_MAX, points }));
  };

  return {
    /** @throws DomainError `not_found` for an unknown run, `invalid` for too many metrics or points. */
    series: (query: SeriesQuery): { series: Series[] } => ({ series: rangesOf(query).map(series.read) }),
    /** Whether reading it belongs into a reader thread. */
    isLongSeries: (query: SeriesQuery): boolean => {
      let room = SHORT;
      return rangesOf(query).some((range) => (room -= series.countUpTo(range, room + 1)) < 0);
    },
  };
};
