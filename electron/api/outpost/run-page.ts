import { getRunNeighbours, listMetricRanges } from "../../../shared/api/outpost/runs.ts";
import type { Views } from "../../domain/views/views.ts";
import { JsonText, reads, type Route } from "../route.ts";

/** Walks a run's histories elsewhere: in a reader thread, since they may hold millions of points. */
export type LongRanges = (query: { run_id: string }) => Promise<string | Uint8Array>;

/** What only a run's own page asks for. Without `longRanges` histories are walked here. */
export const runPageRoutes = (views: Views, longRanges?: LongRanges): Route[] => [
  reads(getRunNeighbours, ({ run_id }) => views.neighbours(run_id)),
  reads(listMetricRanges, async ({ run_id }) =>
    longRanges ? new JsonText(await longRanges({ run_id })) : views.metricRanges(run_id),
  ),
];
