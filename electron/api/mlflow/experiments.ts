import * as api from "../../../shared/api/mlflow/experiments.ts";
import type { RequestOf, ResponseOf } from "../../../shared/api/endpoint.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Experiments } from "../../domain/tracking/experiments.ts";
import { reads, writes, type Route } from "../route.ts";
import { renderExperiment, repeated } from "./render.ts";

const MAX_RESULTS = 50_000;

const done = {};

/** The experiments' endpoints of MLflow. */
export const experimentRoutes = (experiments: Experiments): Route[] => {
  const search = (query: RequestOf<typeof api.searchExperiments>): ResponseOf<typeof api.searchExperiments> => {
    const maxResults = Number(query.max_results ?? 0);
    if (maxResults < 1 || maxResults > MAX_RESULTS)
      throw new DomainError(
        "invalid",
        `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be between 1 and ${MAX_RESULTS}.`,
      );
    const found = experiments.search({
      filter: query.filter,
      viewType: query.view_type ?? "ACTIVE_ONLY",
      orderBy: query.order_by ?? [],
      maxResults,
      pageToken: query.page_token || undefined,
    });
    return {
      ...repeated("experiments", found.experiments.map(renderExperiment)),
      ...(found.nextPageToken ? { next_page_token: found.nextPageToken } : {}),
    };
  };
  return [
    writes(api.createExperiment, ({ name, artifact_location, tags }) => ({
      experiment_id: String(experiments.create(name, artifact_location, tags ?? []).id),
    })),
    reads(api.getExperiment, ({ experiment_id }) => ({ experiment: renderExperiment(experiments.get(experiment_id)) })),
    reads(api.getExperimentByName, ({ experiment_name }) => ({
      experiment: renderExperiment(experiments.getByName(experiment_name)),
    })),
    writes(api.updateExperiment, ({ experiment_id, new_name }) => {
      experiments.rename(experiment_id, new_name);
      return done;
    }),
    writes(api.deleteExperiment, ({ experiment_id }) => {
      experiments.trash(experiment_id);
      return done;
    }),
    writes(api.restoreExperiment, ({ experiment_id }) => {
      experiments.restore(experiment_id);
      return done;
    }),
    writes(api.setExperimentTag, ({ experiment_id, key, value = "" }) => {
      experiments.setTag(experiment_id, key, value);
      return done;
    }),
    writes(api.deleteExperimentTag, ({ experiment_id, key }) => {
      experiments.deleteTag(experiment_id, key);
      return done;
    }),
    reads(api.searchExperiments, search),
    reads(api.searchExperimentsByQuery, search),
  ];
};
