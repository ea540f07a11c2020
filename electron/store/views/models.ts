import type {
  ModelOrder,
  ModelVersion,
  RegisteredModel,
  RegisteredModelRow,
  VersionRow,
} from "../../../shared/api/outpost/models.ts";
import type { Database } from "../database.ts";
import { BY_SEMVER } from "../model-versions.ts";
import { containing, toMetricValue } from "./values.ts";

export type ModelViews = ReturnType<typeof createModelViews>;

/** Where a page of registered models goes on. */
export interface ModelCursor {
  readonly key: number | string;
  readonly name: string;
}
export interface ModelPage {
  readonly search: string;
  readonly order: ModelOrder;
  readonly descending: boolean;
  readonly limit: number;
  readonly after: ModelCursor | undefined;
}
/** A version as its page shows it, but for what only the domain knows. */
export type VersionParts = Omit<ModelVersion, "root">;

interface Pair {
  readonly key: string;
  readonly value: string;
}
type Row = Omit<RegisteredModelRow, "aliases" | "tags"> & { id: number };
type Version = Omit<VersionRow, "aliases" | "tags"> & { id: number; run: number | null };
type OneVersion = Version & { model: number; own: number | null; own_run_id: string | null };
type Metric = Pick<Pair, "key"> & { value: number; is_nan: number };

const ACTIVE = "FROM model_versions WHERE model = m.id AND trashed_at IS NULL";
const MODEL = `
  SELECT m.id, m.uid, m.name, m.description, m.creation_timestamp,
    max(m.last_updated_timestamp, coalesce((SELECT max(last_updated_timestamp) ${ACTIVE}), 0)) AS last_updated_timestamp,
    (SELECT count(*) ${ACTIVE}) AS versions,
    (SELECT CAST(max(version) AS TEXT) ${ACTIVE}) AS latest_version,
    (SELECT semver ${ACTIVE} ORDER BY version DESC LIMIT 1) AS latest_semver,
    (SELECT semver ${ACTIVE} ORDER BY ${BY_SEMVER} LIMIT 1) AS highest_semver
  FROM registered_models m`;
/** A version whose run is its own was made without a training run. */
const VERSION = `
  v.id, v.uid, r.id AS run, CAST(v.version AS TEXT) AS version, v.semver, v.description, v.current_stage, v.status,
    v.status_message, v.source, iif(r.id = v.own_run, NULL, v.run_id) AS run_id,
    iif(r.id = v.own_run, NULL, r.name) AS run_name,
    iif(r.id = v.own_run, NULL, CAST(r.experiment AS TEXT)) AS experiment_id, v.model_id, v.user_id,
    v.creation_timestamp, v.last_updated_timestamp
  FROM model_versions v JOIN registered_models m ON m.id = v.model LEFT JOIN runs r ON r.run_id = v.run_id`;
const MATCHES = `m.trashed_at IS NULL AND (m.name LIKE @pattern ESCAPE '\\' OR EXISTS (SELECT 1 FROM registered_model_tags t
  WHERE t.model = m.id AND t.key || '=' || substr(t.value, 1, 250) LIKE @pattern ESCAPE '\\'))`;

const SORT_KEYS = {
  changed: "last_updated_timestamp",
  created: "creation_timestamp",
  versions: "versions",
  name: "lower(name)",
} as const satisfies Record<ModelOrder, string>;

const createLists = (db: Database) => {
  const pageBy = (order: ModelOrder, descending: boolean) => {
    const key = SORT_KEYS[order];
    const next = descending ? "<" : ">";
    const sorted = `ORDER BY sort_key ${descending ? "DESC" : "ASC"}, name LIMIT @limit`;
    const statement = (where: string) =>
      `SELECT * FROM (SELECT *, ${key} AS sort_key FROM (${MODEL} WHERE ${MATCHES})) ${where} ${sorted}`;
    type Found = Row & { sort_key: number | string };
    return {
      first: db.prepare<{ pattern: string; limit: number }, Found>(statement("")),
      rest: db.prepare<{ pattern: string; limit: number; key: number | string; name: string }, Found>(
        statement(`WHERE sort_key ${next} @key OR (sort_key = @key AND name > @name)`),
      ),
    };
  };
  const pages = new Map<string, ReturnType<typeof pageBy>>();
  const pageOf = (order: ModelOrder, descending: boolean): ReturnType<typeof pageBy> => {
    const id = `${order}/${descending}`;
    const known = pages.get(id) ?? pageBy(order, descending);
    pages.set(id, known);
    return known;
  };
  const count = db
    .prepare<{ pattern: string }, number>(`SELECT count(*) FROM registered_models m WHERE ${MATCHES}`)
    .pluck();
  return {
    page: ({ search, order, descending, limit, after }: ModelPage) => {
      const page = pageOf(order, descending);
      const pattern = containing(search);
      return after ? page.rest.all({ pattern, limit, ...after }) : page.first.all({ pattern, limit });
    },
    count: (search: string): number => count.get({ pattern: containing(search) }) ?? 0,
  };
};

/** What was logged to a run. */
const createLogged = (db: Database) => {
  const params = db.prepare<[number], Pair>(
    "SELECT keys.name AS key, p.value FROM params p JOIN keys ON keys.id = p.key WHERE p.run = ? ORDER BY keys.name",
  );
  const metrics = db.prepare<[number], Metric>(`
    SELECT keys.name AS key, m.value, m.is_nan FROM latest_metrics m JOIN keys ON keys.id = m.key
    WHERE m.run = ? ORDER BY keys.name`);
  const byKey = <T extends { readonly key: string; readonly own: boolean }>(theirs: T[], own: T[]): T[] => {
    const mine = new Set(own.map(({ key }) => key));
    return [...theirs.filter(({ key }) => !mine.has(key)), ...own].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  };
  const paramsOf = (run: number | null, own: boolean): ModelVersion["params"] =>
    run === null ? [] : params.all(run).map((row) => ({ ...row, own }));
  const metricsOf = (run: number | null, own: boolean): ModelVersion["metrics"] =>
    run === null
      ? []
      : metrics.all(run).map(({ key, value, is_nan }) => ({ key, value: toMetricValue(value, is_nan), own }));
  /** Of the training run and of the version's own; what the version says itself wins. */
  return (run: number | null, own: number | null): Pick<ModelVersion, "params" | "metrics"> => {
    const training = run === own ? null : run;
    return {
      params: byKey(paramsOf(training, false), paramsOf(own, true)),
      metrics: byKey(metricsOf(training, false), metricsOf(own, true)),
    };
  };
};

export const createModelViews = (db: Database) => {
  const lists = createLists(db);
  const logged = createLogged(db);
  const one = db.prepare<[string], Row>(`${MODEL} WHERE m.trashed_at IS NULL AND m.name = ?`);
  const aliases = db.prepare<[number], { alias: string; version: string; id: number }>(`
    SELECT a.alias, CAST(v.version AS TEXT) AS version, v.id FROM aliases a JOIN model_versions v ON v.id = a.version
    WHERE a.model = ? ORDER BY a.alias`);
  const versions = db.prepare<[number], Version>(
    `SELECT ${VERSION} WHERE v.model = ? AND v.trashed_at IS NULL ORDER BY v.version DESC`,
  );
  const version = db.prepare<{ name: string; version: string }, OneVersion>(`
    SELECT v.model, v.own_run AS own, (SELECT run_id FROM runs WHERE id = v.own_run) AS own_run_id, ${VERSION}
    WHERE m.name = @name AND m.trashed_at IS NULL AND v.trashed_at IS NULL
      AND (CAST(v.version AS TEXT) = @version OR v.semver = @version)`);
  const before = db
    .prepare<[number, string], string | null>(
      "SELECT CAST(max(version) AS TEXT) FROM model_versions WHERE model = ? AND version < CAST(? AS INTEGER) AND trashed_at IS NULL",
    )
    .pluck();
  const behind = db
    .prepare<[number, string], string | null>(
      "SELECT CAST(min(version) AS TEXT) FROM model_versions WHERE model = ? AND version > CAST(? AS INTEGER) AND trashed_at IS NULL",
    )
    .pluck();
  const modelTags = db.prepare<[number], Pair>(
    "SELECT key, value FROM registered_model_tags WHERE model = ? ORDER BY key",
  );
  const versionTags = db.prepare<[number], Pair & { version: number }>(
    `SELECT t.version, t.key, t.value FROM model_versions v JOIN model_version_tags t ON t.version = v.id
     WHERE v.model = ? AND v.trashed_at IS NULL ORDER BY t.version, t.key`,
  );
  const files = db.prepare<[number], ModelVersion["files"][number]>(
    "SELECT path, sha256, size FROM version_files WHERE version = ? ORDER BY path",
  );

  const toRow = ({ id, ...row }: Row): RegisteredModelRow => ({
    ...row,
    aliases: aliases.all(id).map(({ alias, version }) => ({ alias, version })),
    tags: modelTags.all(id),
  });
  /** Versions of one model, each with its aliases and tags. */
  const toVersions = (model: number, rows: readonly Version[]): VersionRow[] => {
    const names = aliases.all(model);
    const tags = Map.groupBy(versionTags.all(model), (tag) => tag.version);
    return rows.map(({ id, run: _run, ...row }) => ({
      ...row,
      aliases: names.filter((alias) => alias.id === id).map(({ alias }) => alias),
      tags: (tags.get(id) ?? []).map(({ key, value }) => ({ key, value })),
    }));
  };

  /** A page, and how many there are in all; `after` continues behind a row. */
  const list = (page: ModelPage) => {
    const rows = lists.page(page);
    const last = rows.at(-1);
    return {
      registered_models: rows.map(({ sort_key: _key, ...row }) => toRow(row)),
      total: lists.count(page.search),
      last: last && rows.length === page.limit ? { key: last.sort_key, name: last.name } : undefined,
    };
  };

  const get = (name: string): RegisteredModel | undefined => {
    const row = one.get(name);
    return row && { ...toRow(row), model_versions: toVersions(row.id, versions.all(row.id)) };
  };

  /** By MLflow's integer or by the semantic version. */
  const getVersion = (name: string, wanted: string): VersionParts | undefined => {
    const row = version.get({ name, version: wanted });
    if (!row) return undefined;
    const { model, own, own_run_id, ...rest } = row;
    const [shown] = toVersions(model, [rest]);
    return (
      shown && {
        ...shown,
        name,
        ...logged(row.run, own),
        files: files.all(row.id),
        own_run_id,
        previous: before.get(model, row.version) ?? null,
        next: behind.get(model, row.version) ?? null,
      }
    );
  };

  return { list, get, getVersion };
};
