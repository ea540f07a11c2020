import { Type, type Static } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Bool, Opt, Required, Str } from "../wire.ts";
import { Nullable, OUTPOST_API, Text, Whole } from "./words.ts";

/** A named view of the run table: which runs, columns, order, groups and charts, as the page's address says it. */
export const SavedView = Type.Object({
  view_id: Text(),
  experiment_id: Nullable(Text()), // null: of the search over all experiments
  name: Text(),
  query: Text(),
  is_default: Type.Boolean(),
  creation_time: Whole(),
  last_update_time: Whole(),
});
export type SavedView = Static<typeof SavedView>;

const PATH = `${OUTPOST_API}/saved-views`;

export const listSavedViews = endpoint({
  method: "GET",
  path: PATH,
  summary: "The saved views of an experiment's run table, or without `experiment_id` those of the search over all",
  request: Type.Object({ experiment_id: Opt(Str()) }),
  response: Type.Object({ views: Type.Array(SavedView) }),
});

export const getSavedView = endpoint({
  method: "GET",
  path: `${PATH}/:view_id`,
  summary: "One saved view",
  request: Type.Object({ view_id: Required() }),
  response: Type.Object({ view: SavedView }),
});

export const createSavedView = endpoint({
  method: "POST",
  path: PATH,
  summary: "Saves a view under a name that the experiment's other views do not have",
  request: Type.Object({
    experiment_id: Opt(Str()),
    name: Required(),
    query: Str(),
    is_default: Opt(Bool()),
  }),
  response: Type.Object({ view: SavedView }),
});

export const updateSavedView = endpoint({
  method: "PATCH",
  path: `${PATH}/:view_id`,
  summary: "Renames a saved view, changes what it shows, or makes it the one that opens by itself",
  request: Type.Object({
    view_id: Required(),
    name: Opt(Str()),
    query: Opt(Str()),
    is_default: Opt(Bool()),
  }),
  response: Type.Object({ view: SavedView }),
});

export const deleteSavedView = endpoint({
  method: "DELETE",
  path: `${PATH}/:view_id`,
  summary: "Deletes a saved view; for 30 days it can be restored",
  request: Type.Object({ view_id: Required() }),
  response: Type.Object({}),
});

export const restoreSavedView = endpoint({
  method: "POST",
  path: `${PATH}/:view_id/restore`,
  summary: "Brings a deleted view back",
  request: Type.Object({ view_id: Required() }),
  response: Type.Object({ view: SavedView }),
});
