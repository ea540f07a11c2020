import { listLoggedModelArtifacts, listRunArtifacts } from "../../../shared/api/outpost/artifacts.ts";
import { getExperiment, listColumns, listExperiments } from "../../../shared/api/outpost/experiments.ts";
import { getRun, listRecentRuns, listRunMetrics, listRuns } from "../../../shared/api/outpost/runs.ts";
import { getSeries } from "../../../shared/api/outpost/series.ts";
import { getStatus } from "../../../shared/api/outpost/status.ts";
import type { Views } from "../../domain/views/views.ts";
import type { SeriesQuery } from "../../domain/views/series.ts";
import { JsonText, reads, type Route } from "../route.ts";

/** Reads series elsewhere, as JSON text or its bytes: in a reader thread. */
export type LongSeries = (query: SeriesQuery) => Promise<string | Uint8Array>;

/** The reading half of `/api/outpost/v1`. Without `longSeries` long histories are read here. */
export const outpostRoutes = (views: Views, longSeries?: LongSeries): Route[] => [
  reads(getStatus, () => views.status()),
  reads(listExperiments, (query) => views.experiments(query)),
  reads(getExperiment, ({ experiment_id }) => views.experiment(experiment_id)),
  reads(listColumns, ({ experiment_id }) => views.columns(experiment_id)),
  reads(
    listRuns,
    ({
      filter = "",
      order_by = [],
      view_type = "ACTIVE_ONLY",
      page_token,
      metrics = [],
      params = [],
      tags = [],
      ...query
    }) =>
      views.runs(
        { ...query, filter, orderBy: order_by, viewType: view_type, pageToken: page_token },
        { metrics, params, tags },
      ),
  ),
  reads(listRecentRuns, (query) => views.recentRuns(query)),
  reads(getRun, ({ run_id }) => views.run(run_id)),
  reads(listRunMetrics, ({ run_id }) => views.runMetrics(run_id)),
  reads(getSeries, async (query) =>
    longSeries && views.isLongSeries(query) ? new JsonText(await longSeries(query)) : views.series(query),
  ),
  reads(listRunArtifacts, ({ run_id, path }) => views.runArtifacts(run_id, path)),
  reads(listLoggedModelArtifacts, ({ model_id, path }) => views.loggedModelArtifacts(model_id, path)),
];
