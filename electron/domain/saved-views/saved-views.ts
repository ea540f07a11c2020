/** Named views of the run table. They are shared by their address, so what one deletes can be brought back. */
import type { SavedView } from "../../../shared/api/outpost/saved-views.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Journal } from "../../store/journal.ts";
import type { SavedViewRow, SavedViewStore } from "../../store/saved-views.ts";

export interface SavedViewsDeps {
  readonly views: SavedViewStore;
  /** @throws DomainError for an experiment that is not there. */
  readonly experiment: (id: string) => { readonly id: number };
  readonly journal: Journal;
  readonly now: () => number;
}

export type SavedViews = ReturnType<typeof createSavedViews>;

const MAX_NAME = 200;
const MAX_QUERY = 16_000;
const MAX_VIEWS = 500;

const toView = (row: SavedViewRow): SavedView => ({
  view_id: row.uid,
  experiment_id: row.experiment === null ? null : String(row.experiment),
  name: row.name,
  query: row.query,
  is_default: row.is_default === 1,
  creation_time: row.created_at,
  last_update_time: row.updated_at,
});

const checkName = (name: string): string => {
  const trimmed = name.trim();
  if (trimmed === "") throw new DomainError("invalid", "The view needs a 'name': it must not be empty.");
  if (trimmed.length > MAX_NAME)
    throw new DomainError("invalid", `The 'name' of a view may have at most ${MAX_NAME} characters.`);
  return trimmed;
};
const checkQuery = (query: string): string => {
  if (query.length <= MAX_QUERY) return query;
  throw new DomainError(
    "invalid",
    `The 'query' of a view may have at most ${MAX_QUERY} characters: show fewer columns.`,
  );
};

export const createSavedViews = ({ views, experiment, journal, now }: SavedViewsDeps) => {
  const find = (viewId: string): SavedViewRow => {
    const row = views.byUid(viewId);
    if (row?.trashed_at !== null)
      throw new DomainError("not_found", `Saved view '${viewId}' was not found. It may have been deleted.`);
    return row;
  };
  const again = (row: SavedViewRow): SavedView => toView(views.byUid(row.uid) ?? row);
  const record = (row: SavedViewRow, action: string, before: unknown, after: unknown): void =>
    journal.record({
      action: `saved-view.${action}`,
      kind: "saved_view",
      uid: row.uid,
      subject: row.name,
      before,
      after,
    });

  const assertFree = (scope: number | null, name: string, but?: number): void => {
    const holder = views.byName(scope, name);
    if (holder && holder.id !== but)
      throw new DomainError(
        "already_exists",
        `There is a view '${name}' already. Choose another name, or change that one.`,
      );
  };

  /** There is one default, or none. */
  const setDefault = (row: SavedViewRow, isDefault: boolean): void => {
    if ((row.is_default === 1) === isDefault) return;
    const former = isDefault ? views.list(row.experiment).find((view) => view.is_default === 1) : undefined;
    if (former) {
      views.setDefault(former.id, false);
      record(former, "update", { is_default: true }, { is_default: false });
    }
    views.setDefault(row.id, isDefault);
    record(row, "update", { is_default: !isDefault }, { is_default: isDefault });
  };

  return {
    list: (experimentId: string | undefined): { views: SavedView[] } => ({
      views: views.list(experimentId === undefined ? null : experiment(experimentId).id).map(toView),
    }),
    /** @throws DomainError `not_found` */
    get: (viewId: string): { view: SavedView } => ({ view: toView(find(viewId)) }),

    /** @throws DomainError `already_exists` for a taken name, `invalid` for an odd one. */
    create: (input: {
      experiment_id?: string | undefined;
      name: string;
      query: string;
      is_default?: boolean | undefined;
    }): { view: SavedView } => {
      const name = checkName(input.name);
      const scope = input.experiment_id === undefined ? null : experiment(input.experiment_id).id;
      if (views.list(scope).length >= MAX_VIEWS)
        throw new DomainError("invalid", `There are ${MAX_VIEWS} saved views already: delete some you no longer use.`);
      assertFree(scope, name);
      const row = views.insert(scope, name, checkQuery(input.query), now());
      record(row, "create", undefined, { name, query: row.query });
      if (input.is_default) setDefault(row, true);
      return { view: again(row) };
    },

    /** @throws DomainError `not_found`, `already_exists`, `invalid` */
    update: (
      viewId: string,
      change: { name?: string | undefined; query?: string | undefined; is_default?: boolean | undefined },
    ): { view: SavedView } => {
      const row = find(viewId);
      const next = {
        name: change.name === undefined ? row.name : checkName(change.name),
        query: change.query === undefined ? row.query : checkQuery(change.query),
      };
      assertFree(row.experiment, next.name, row.id);
      if (next.name !== row.name || next.query !== row.query) {
        views.update(row.id, next, now());
        record(row, "update", { name: row.name, query: row.query }, next);
      }
      if (change.is_default !== undefined) setDefault(row, change.is_default);
      return { view: again(row) };
    },

    /** @throws DomainError `not_found` */
    trash: (viewId: string): void => {
      const row = find(viewId);
      views.setTrashed(row.id, now());
      record(row, "delete", { name: row.name, query: row.query }, undefined);
    },

    /**
     * Takes it out of the trash, under another name where one is given.
     * @throws DomainError `not_found`; `already_exists` where its name was taken meanwhile.
     */
    restore: (viewId: string, newName?: string): { view: SavedView } => {
      const row = views.byUid(viewId);
      if (!row?.trashed_at)
        throw new DomainError("not_found", `There is no deleted view '${viewId}': it is there, or gone for good.`);
      const name = newName === undefined ? row.name : checkName(newName);
      assertFree(row.experiment, name);
      if (name !== row.name) views.update(row.id, { name, query: row.query }, now());
      views.setTrashed(row.id, null);
      record(row, "restore", undefined, { name, query: row.query });
      return { view: again(row) };
    },
  };
};
