import {
  createSavedView,
  deleteSavedView,
  getSavedView,
  listSavedViews,
  restoreSavedView,
  updateSavedView,
} from "../../../shared/api/outpost/saved-views.ts";
import type { SavedViews } from "../../domain/saved-views/saved-views.ts";
import { reads, type Route, writes } from "../route.ts";

/** Named views of the run table. */
export const savedViewRoutes = (views: SavedViews): Route[] => [
  reads(listSavedViews, ({ experiment_id }) => views.list(experiment_id)),
  reads(getSavedView, ({ view_id }) => views.get(view_id)),
  writes(createSavedView, (input) => views.create(input)),
  writes(updateSavedView, ({ view_id, ...change }) => views.update(view_id, change)),
  writes(deleteSavedView, ({ view_id }) => {
    views.trash(view_id);
    return {};
  }),
  writes(restoreSavedView, ({ view_id }) => views.restore(view_id)),
];
