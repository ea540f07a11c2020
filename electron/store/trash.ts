/**
 * What is in the trash, over all kinds. A thing that went with the experiment or the registered model it belongs to is
 * part of that and no entry of its own.
 */
import type { Database } from "./database.ts";
import { ownerName } from "./removals.ts";

export const trashKinds = [
  "experiment",
  "run",
  "logged_model",
  "registered_model",
  "model_version",
  "artifacts",
  "tags",
  "aliases",
  "texts",
  "saved_view",
] as const;
export type TrashKind = (typeof trashKinds)[number];

export interface TrashRow {
  readonly kind: TrashKind;
  readonly uid: string;
  readonly id: number; // of its row
  readonly key: string; // what it is called on the wire: an id, a name, a version number
  readonly name: string;
  readonly place: string | null; // the experiment's or the model's name
  readonly home: number | null; // the experiment below which its files lie
  readonly trashed_at: number; // ms since epoch
  readonly parts: number; // runs of an experiment, versions of a model, files, things a tag was on
  readonly value: string | null; // the beginning of what was removed, where that is one text
  readonly replaced: number; // 1: another value took its place
  readonly actor: string | null; // who deleted it, where that is kept
}

/** One kind: its columns, its tables, what makes a row an entry. `t` is the row in the trash. */
interface Source {
  readonly columns: string;
  readonly from: string;
  readonly name: string;
  /** Columns that only some kinds have. */
  readonly more?: string;
}

const SHOWN = 200;
const NO_MORE = "NULL AS value, 0 AS replaced, NULL AS actor";
const OWNER = "(SELECT owner FROM removed_values WHERE removal = t.id LIMIT 1)";
/** A value that was removed, by what kind of thing it is. */
const removal = (kind: string): Source => ({
  columns: `t.id, t.name AS key, t.name, ${ownerName(OWNER)} AS place, NULL AS home, t.parts`,
  from: `removals AS t WHERE t.kind = '${kind}' AND t.part_of IS NULL`,
  name: "t.name",
  more: `CASE WHEN t.parts = 1 THEN (SELECT substr(value, 1, ${SHOWN}) FROM removed_values WHERE removal = t.id) END AS value,
    (SELECT replaced_by IS NOT NULL FROM removed_values WHERE removal = t.id LIMIT 1) AS replaced, t.actor`,
});

const SOURCES: Readonly<Record<TrashKind, Source>> = {
  experiment: {
    columns: `t.id, CAST(t.id AS TEXT) AS key, t.name, NULL AS place, t.id AS home,
      (SELECT count(*) FROM runs WHERE experiment = t.id) AS parts`,
    from: "experiments AS t WHERE t.trashed_at IS NOT NULL AND t.model IS NULL",
    name: "t.name",
  },
  run: {
    columns: "t.id, t.run_id AS key, t.name, e.name AS place, coalesce(t.home, t.experiment) AS home, 1 AS parts",
    from: "runs AS t JOIN experiments AS e ON e.id = t.experiment WHERE t.trashed_at IS NOT NULL AND e.lifecycle_stage = 'active' AND e.model IS NULL",
    name: "t.name",
  },
  logged_model: {
    columns: "t.id, t.model_id AS key, t.name, e.name AS place, coalesce(t.home, t.experiment) AS home, 1 AS parts",
    from: "logged_models AS t JOIN experiments AS e ON e.id = t.experiment WHERE t.trashed_at IS NOT NULL AND e.lifecycle_stage = 'active'",
    name: "t.name",
  },
  registered_model: {
    columns: `t.id, t.name AS key, t.name, NULL AS place, NULL AS home,
      (SELECT count(*) FROM model_versions WHERE model = t.id) AS parts`,
    from: "registered_models AS t WHERE t.trashed_at IS NOT NULL",
    name: "t.name",
  },
  model_version: {
    columns: `t.id, CAST(t.version AS TEXT) AS key, t.semver AS name, m.name AS place, NULL AS home, 1 AS parts`,
    from: "model_versions AS t JOIN registered_models AS m ON m.id = t.model WHERE t.trashed_at IS NOT NULL AND m.trashed_at IS NULL",
    name: "(m.name || ' ' || t.semver)",
  },
  artifacts: {
    columns: `t.id, t.root AS key, coalesce((SELECT min(path) FROM trashed_artifacts WHERE trash = t.id), '') AS name,
      coalesce((SELECT r.name FROM runs AS r WHERE r.uid = t.owner_uid), (SELECT l.name FROM logged_models AS l WHERE l.uid = t.owner_uid), t.root) AS place,
      NULL AS home, (SELECT count(*) FROM trashed_artifacts WHERE trash = t.id) AS parts`,
    from: "artifact_trash AS t WHERE t.trashed_at IS NOT NULL",
    name: "coalesce((SELECT min(path) FROM trashed_artifacts WHERE trash = t.id), '')",
    more: "NULL AS value, 0 AS replaced, t.actor",
  },
  tags: removal("tags"),
  aliases: removal("aliases"),
  texts: removal("texts"),
  saved_view: {
    columns: "t.id, t.uid AS key, t.name, e.name AS place, NULL AS home, 1 AS parts",
    from: "saved_views AS t LEFT JOIN experiments AS e ON e.id = t.experiment WHERE t.trashed_at IS NOT NULL",
    name: "t.name",
  },
};

export interface TrashQuery {
  readonly kinds: readonly TrashKind[];
  readonly search: string;
  readonly limit: number;
  /** Rows before this one: the list begins with what was deleted last. */
  readonly before: { readonly trashed_at: number; readonly uid: string } | undefined;
}

export type TrashStore = ReturnType<typeof createTrashStore>;

export const createTrashStore = (db: Database) => {
  type Window = { search: string; at: number; uid: string; limit: number };
  const matches = (kind: TrashKind): string =>
    `(:search = '' OR instr(lower(${SOURCES[kind].name}), lower(:search)) > 0)`;
  const prepare = (kind: TrashKind) => {
    const { columns, from, more = NO_MORE } = SOURCES[kind];
    const select = `SELECT '${kind}' AS kind, t.uid, ${columns}, t.trashed_at, ${more} FROM ${from}`;
    return {
      one: db.prepare<[string], TrashRow>(`${select} AND t.uid = ?`),
      page: db.prepare<Window, TrashRow>(
        `${select} AND (t.trashed_at, t.uid) < (:at, :uid) AND ${matches(kind)} ORDER BY t.trashed_at DESC, t.uid DESC LIMIT :limit`,
      ),
      count: db.prepare<{ search: string }, number>(`SELECT count(*) FROM ${from} AND ${matches(kind)}`).pluck(),
      due: db.prepare<[number], number>(`SELECT count(*) FROM ${from} AND t.trashed_at <= ?`).pluck(),
    };
  };
  const of = {
    experiment: prepare("experiment"),
    run: prepare("run"),
    logged_model: prepare("logged_model"),
    registered_model: prepare("registered_model"),
    model_version: prepare("model_version"),
    artifacts: prepare("artifacts"),
    tags: prepare("tags"),
    aliases: prepare("aliases"),
    texts: prepare("texts"),
    saved_view: prepare("saved_view"),
  };
  const purging = db.prepare<[string, string], number>("SELECT 1 FROM purges WHERE kind = ? AND uid = ?").pluck();

  const restoreLoggedModel = db.prepare<[number, number]>(
    "UPDATE logged_models SET lifecycle_stage = 'active', trashed_at = NULL, last_updated_timestamp_ms = ? WHERE id = ?",
  );
  const restoreModel = db.prepare<[string, number, number]>(
    "UPDATE registered_models SET trashed_at = NULL, name = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const restoreVersionsOf = db
    .prepare<[number, number], string>(
      "UPDATE model_versions SET trashed_at = NULL WHERE model = ? AND trashed_at = ? RETURNING uid",
    )
    .pluck();
  const restoreVersion = db.prepare<[string, number, number]>(
    "UPDATE model_versions SET trashed_at = NULL, semver = ?, last_updated_timestamp = ? WHERE id = ?",
  );
  const renameExperiment = db.prepare<[string, number, number]>(
    "UPDATE experiments SET name = ?, last_update_time = ? WHERE id = ?",
  );

  return {
    /** A thing in the trash. */
    find: (kind: TrashKind, uid: string): TrashRow | undefined => of[kind].one.get(uid),
    /** What was deleted last comes first. */
    list: ({ kinds, search, limit, before }: TrashQuery): TrashRow[] => {
      const window = { search, at: before?.trashed_at ?? Number.MAX_SAFE_INTEGER, uid: before?.uid ?? "", limit };
      return kinds
        .flatMap((kind) => of[kind].page.all(window))
        .sort((a, b) => b.trashed_at - a.trashed_at || (a.uid < b.uid ? 1 : -1))
        .slice(0, limit);
    },
    count: (kinds: readonly TrashKind[], search: string): number =>
      kinds.reduce((sum, kind) => sum + (of[kind].count.get({ search }) ?? 0), 0),
    /** How many things were deleted at or before `time`. */
    countUntil: (time: number): number => trashKinds.reduce((sum, kind) => sum + (of[kind].due.get(time) ?? 0), 0),
    isPurging: (kind: TrashKind, uid: string): boolean => purging.get(kind, uid) !== undefined,

    restoreLoggedModel: (id: number, now: number): void => void restoreLoggedModel.run(now, id),
    /** Brings a model back with the versions that went with it; returns their uids. */
    restoreModel: (row: TrashRow, name: string, now: number): string[] => {
      restoreModel.run(name, now, row.id);
      return restoreVersionsOf.all(row.id, row.trashed_at);
    },
    restoreVersion: (id: number, semver: string, now: number): void => void restoreVersion.run(semver, now, id),
    renameExperiment: (id: number, name: string, now: number): void => void renameExperiment.run(name, now, id),
  };
};
