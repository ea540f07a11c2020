import * as api from "../../../shared/api/mlflow/model-versions.ts";
import type { ModelVersions } from "../../domain/registry/model-versions.ts";
import { reads, writes, type Route } from "../route.ts";
import { repeated } from "./render.ts";

/** The model-versions group of MLflow's REST API. */
export const modelVersionRoutes = (versions: ModelVersions): Route[] => [
  writes(api.createModelVersion, (input) => ({ model_version: versions.create(input) })),
  reads(api.getModelVersion, ({ name, version }) => ({ model_version: versions.get(name, version) })),
  writes(api.updateModelVersion, ({ name, version, description = null }) => ({
    model_version: versions.update(name, version, description),
  })),
  writes(api.deleteModelVersion, ({ name, version }) => {
    versions.trash(name, version);
    return {};
  }),
  writes(api.transitionModelVersionStage, (input) => ({ model_version: versions.transition(input) })),
  writes(api.setModelVersionTag, ({ name, version, key, value = "" }) => {
    versions.setTag(name, version, key, value);
    return {};
  }),
  writes(api.deleteModelVersionTag, ({ name, version, key }) => {
    versions.deleteTag(name, version, key);
    return {};
  }),
  reads(api.getModelVersionDownloadUri, ({ name, version }) => ({ artifact_uri: versions.downloadUri(name, version) })),
  reads(api.searchModelVersions, ({ filter, max_results, order_by = [], page_token }) => {
    const page = versions.search({
      filter,
      maxResults: max_results,
      orderBy: order_by,
      pageToken: page_token || undefined,
    });
    return {
      ...repeated("model_versions", page.versions),
      ...(page.nextPageToken ? { next_page_token: page.nextPageToken } : {}),
    };
  }),
];
