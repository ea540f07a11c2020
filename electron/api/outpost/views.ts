import { listLoggedModelArtifacts, listRunArtifacts } from "../../../shared/api/outpost/artifacts.ts";
import { getExperiment, listColumns, listExperiments } from "../../../shared/api/outpost/experiments.ts";
import { getRun, listRecentRuns, listRunMetrics, listRuns } from "../../../shared/api/outpost/runs.ts";
import { getStatus } from "../../../shared/api/outpost/status.ts";
import type { Views } from "../../domain/views/views.ts";
import { reads, type Route } from "../route.ts";

/** The reading half of `/api/outpost/v1`; series are in `series.ts`. */
export const outpostRoutes = (views: Views): Route[] => [
  reads(getStatus, () => views.status()),
  reads(listExperiments, (query) => views.experiments(query)),
  reads(getExperiment, ({ experiment_id }) => views.experiment(experiment_id)),
  reads(listColumns, ({ experiment_id }) => views.columns(experiment_id)),
  reads(listRuns, ({ metrics = [], params = [], tags = [], ...query }) => views.runs(query, { metrics, params, tags })),
  reads(listRecentRuns, (query) => views.recentRuns(query)),
  reads(getRun, ({ run_id }) => views.run(run_id)),
  reads(listRunMetrics, ({ run_id }) => views.runMetrics(run_id)),
  reads(listRunArtifacts, ({ run_id, path }) => views.runArtifacts(run_id, path)),
  reads(listLoggedModelArtifacts, ({ model_id, path }) => views.loggedModelArtifacts(model_id, path)),
];
