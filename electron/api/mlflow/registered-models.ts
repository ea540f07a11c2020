import * as api from "../../../shared/api/mlflow/registered-models.ts";
import type { RegisteredModels } from "../../domain/registry/registered-models.ts";
import { reads, writes, type Route } from "../route.ts";
import { repeated } from "./render.ts";

/** The registered-models group of MLflow's REST API. */
export const registeredModelRoutes = (models: RegisteredModels): Route[] => {
  const latest = ({ name, stages = [] }: { name: string; stages?: string[] }) =>
    repeated("model_versions", models.latestVersions(name, stages));
  return [
    writes(api.createRegisteredModel, (input) => ({ registered_model: models.create(input) })),
    reads(api.getRegisteredModel, ({ name }) => ({ registered_model: models.get(name) })),
    writes(api.updateRegisteredModel, ({ name, description = "" }) => ({
      registered_model: models.update(name, description),
    })),
    writes(api.renameRegisteredModel, ({ name, new_name }) => ({ registered_model: models.rename(name, new_name) })),
    writes(api.deleteRegisteredModel, ({ name }) => done(() => models.trash(name))),
    reads(api.getLatestVersions, latest),
    reads(api.postLatestVersions, latest),
    writes(api.setRegisteredModelTag, ({ name, key, value = "" }) => done(() => models.setTag(name, key, value))),
    writes(api.deleteRegisteredModelTag, ({ name, key }) => done(() => models.deleteTag(name, key))),
    reads(api.searchRegisteredModels, ({ filter, max_results, order_by = [], page_token }) => {
      const page = models.search({
        filter,
        maxResults: max_results,
        orderBy: order_by,
        pageToken: page_token || undefined,
      });
      return {
        ...repeated("registered_models", page.models),
        ...(page.nextPageToken ? { next_page_token: page.nextPageToken } : {}),
      };
    }),
    writes(api.setRegisteredModelAlias, ({ name, alias, version }) =>
      done(() => models.setAlias(name, alias, version)),
    ),
    writes(api.deleteRegisteredModelAlias, ({ name, alias }) => done(() => models.deleteAlias(name, alias))),
    reads(api.getModelVersionByAlias, ({ name, alias }) => ({ model_version: models.byAlias(name, alias) })),
  ];
};

const done = (change: () => void): Record<string, never> => {
  change();
  return {};
};
