import type {
  ModelVersion,
  RegisteredModel,
  RegisteredModelRow,
  VersionRow,
} from "../../../shared/api/outpost/models.ts";
import type { Database } from "../database.ts";
import { containing, toMetricValue } from "./values.ts";

export type ModelViews = ReturnType<typeof createModelViews>;

/** Where a page of registered models goes on. */
export interface ModelCursor {
  readonly last_updated_timestamp: number;
  readonly name: string;
}

type Row = Omit<RegisteredModelRow, "aliases"> & { id: number };
type Version = Omit<VersionRow, "aliases"> & { id: number; run: number | null };

const MODEL = `
  SELECT m.id, m.name, m.description, m.creation_timestamp, m.last_updated_timestamp,
    (SELECT count(*) FROM model_versions WHERE model = m.id AND trashed_at IS NULL) AS versions,
    (SELECT CAST(max(version) AS TEXT) FROM model_versions WHERE model = m.id AND trashed_at IS NULL) AS latest_version,
    (SELECT semver FROM model_versions WHERE model = m.id AND trashed_at IS NULL ORDER BY version DESC LIMIT 1) AS latest_semver
  FROM registered_models m`;
const VERSION = `
  SELECT v.id, r.id AS run, CAST(v.version AS TEXT) AS version, v.semver, v.description, v.current_stage, v.status, v.status_message,
    v.source, v.run_id, r.name AS run_name, CAST(r.experiment AS TEXT) AS experiment_id, v.model_id, v.user_id,
    v.creation_timestamp, v.last_updated_timestamp
  FROM model_versions v JOIN registered_models m ON m.id = v.model LEFT JOIN runs r ON r.run_id = v.run_id`;

export const createModelViews = (db: Database) => {
  const page = db.prepare<{ pattern: string; time: number; name: string; limit: number }, Row>(`${MODEL}
    WHERE m.trashed_at IS NULL AND m.name LIKE @pattern ESCAPE '\\'
      AND (m.last_updated_timestamp < @time OR (m.last_updated_timestamp = @time AND m.name > @name))
    ORDER BY m.last_updated_timestamp DESC, m.name LIMIT @limit`);
  const count = db
    .prepare<[string], number>(
      `SELECT count(*) FROM registered_models WHERE trashed_at IS NULL AND name LIKE ? ESCAPE '\\'`,
    )
    .pluck();
  const one = db.prepare<[string], Row>(`${MODEL} WHERE m.trashed_at IS NULL AND m.name = ?`);
  const aliases = db.prepare<[number], { alias: string; version: string; id: number }>(`
    SELECT a.alias, CAST(v.version AS TEXT) AS version, v.id FROM aliases a JOIN model_versions v ON v.id = a.version
    WHERE a.model = ? ORDER BY a.alias`);
  const versions = db.prepare<[number], Version>(
    `${VERSION} WHERE v.model = ? AND v.trashed_at IS NULL ORDER BY v.version DESC`,
  );
  const version = db.prepare<
    { name: string; version: string },
    Version & { model: number }
  >(`${VERSION.replace("SELECT v.id,", "SELECT v.model, v.id,")}
    WHERE m.name = @name AND m.trashed_at IS NULL AND v.trashed_at IS NULL
      AND (CAST(v.version AS TEXT) = @version OR v.semver = @version)`);
  const modelTags = db.prepare<[number], { key: string; value: string }>(
    "SELECT key, value FROM registered_model_tags WHERE model = ? ORDER BY key",
  );
  const versionTags = db.prepare<[number], { key: string; value: string }>(
    "SELECT key, value FROM model_version_tags WHERE version = ? ORDER BY key",
  );
  const files = db.prepare<[number], ModelVersion["files"][number]>(
    "SELECT path, sha256, size FROM version_files WHERE version = ? ORDER BY path",
  );
  const params = db.prepare<[number], { key: string; value: string }>(
    "SELECT keys.name AS key, p.value FROM params p JOIN keys ON keys.id = p.key WHERE p.run = ? ORDER BY keys.name",
  );
  const metrics = db.prepare<[number], { key: string; value: number; is_nan: number }>(`
    SELECT keys.name AS key, m.value, m.is_nan FROM latest_metrics m JOIN keys ON keys.id = m.key
    WHERE m.run = ? ORDER BY keys.name`);

  const aliasesOf = (model: number) => aliases.all(model).map(({ alias, version }) => ({ alias, version }));
  const toRow = ({ id, ...row }: Row): RegisteredModelRow => ({ ...row, aliases: aliasesOf(id) });
  const toVersion = ({ id, run: _run, ...row }: Version, all: { alias: string; id: number }[]): VersionRow => ({
    ...row,
    aliases: all.filter((alias) => alias.id === id).map(({ alias }) => alias),
  });

  /** A page, the latest changed first, and how many there are in all. */
  const list = (search: string, limit: number, after?: ModelCursor) => ({
    registered_models: page
      .all({
        pattern: containing(search),
        time: after?.last_updated_timestamp ?? Number.MAX_SAFE_INTEGER,
        name: after?.name ?? "",
        limit,
      })
      .map(toRow),
    total: count.get(containing(search)) ?? 0,
  });

  const get = (name: string): RegisteredModel | undefined => {
    const row = one.get(name);
    if (!row) return undefined;
    const all = aliases.all(row.id);
    return {
      ...toRow(row),
      tags: modelTags.all(row.id),
      model_versions: versions.all(row.id).map((v) => toVersion(v, all)),
    };
  };

  /** By MLflow's integer or by the semantic version. */
  const getVersion = (name: string, wanted: string): ModelVersion | undefined => {
    const row = version.get({ name, version: wanted });
    if (!row) return undefined;
    const { model, ...rest } = row;
    return {
      ...toVersion(rest, aliases.all(model)),
      name,
      tags: versionTags.all(row.id),
      params: row.run === null ? [] : params.all(row.run),
      metrics:
        row.run === null
          ? []
          : metrics.all(row.run).map(({ key, value, is_nan }) => ({ key, value: toMetricValue(value, is_nan) })),
      files: files.all(row.id),
    };
  };

  return { list, get, getVersion };
};
