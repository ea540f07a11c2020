import * as api from "../../../shared/api/mlflow/logged-models.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { LoggedModels } from "../../domain/tracking/logged-models.ts";
import { reads, writes, type Route } from "../route.ts";
import { renderLoggedModel, repeated } from "./render.ts";

const done = {};

/** The logged models' endpoints of MLflow 3. */
export const loggedModelRoutes = (models: LoggedModels): Route[] => [
  writes(api.createLoggedModel, (input) => ({ model: renderLoggedModel(models.create(input)) })),
  reads(api.getLoggedModel, ({ model_id, allow_deleted }) => ({
    model: renderLoggedModel(models.get(model_id, allow_deleted)),
  })),
  writes(api.finalizeLoggedModel, ({ model_id, status }) => ({
    model: renderLoggedModel(models.finalize(model_id, api.loggedModelStatuses[status])),
  })),
  writes(api.deleteLoggedModel, ({ model_id }) => {
    models.trash(model_id);
    return done;
  }),
  writes(api.setLoggedModelTags, ({ model_id, tags = [] }) => {
    models.setTags(model_id, tags);
    return done;
  }),
  writes(api.deleteLoggedModelTag, ({ model_id, tag_key }) => {
    models.deleteTag(model_id, tag_key);
    return done;
  }),
  writes(api.logLoggedModelParams, ({ model_id, params = [] }) => {
    models.logParams(model_id, params);
    return done;
  }),
  reads(api.searchLoggedModels, (input) => {
    const found = models.search({
      experimentIds: input.experiment_ids,
      filter: input.filter,
      datasets: (input.datasets ?? []).map(({ dataset_name = "", dataset_digest }) => ({
        datasetName: dataset_name,
        datasetDigest: dataset_digest || undefined,
      })),
      orderBy: (input.order_by ?? []).map(({ field_name, ascending = true, dataset_name, dataset_digest }) => {
        if (!field_name)
          throw new DomainError("invalid", "Missing value for required parameter 'order_by.field_name'.");
        return {
          fieldName: field_name,
          ascending,
          datasetName: dataset_name || undefined,
          datasetDigest: dataset_digest || undefined,
        };
      }),
      maxResults: input.max_results ?? 0,
      pageToken: input.page_token || undefined,
    });
    return {
      ...repeated("models", found.models.map(renderLoggedModel)),
      ...(found.nextPageToken ? { next_page_token: found.nextPageToken } : {}),
    };
  }),
];
