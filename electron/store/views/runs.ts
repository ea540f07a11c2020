import type { LatestMetric, RecentRun, Run, RunInfo, RunRow } from "../../../shared/api/outpost/runs.ts";
import type { MetricValue } from "../../../shared/api/outpost/words.ts";
import type { Database } from "../database.ts";
import { toMetricValue } from "./values.ts";

export type RunViews = ReturnType<typeof createRunViews>;

/** The keys whose values a page of runs carries. */
export interface RunColumns {
  readonly metrics: readonly string[];
  readonly params: readonly string[];
  readonly tags: readonly string[];
}

/** Characters of a value in a list. A longer one ends in an ellipsis; the run's own page has it whole. */
const MAX_SHOWN = 500;
/** Children named on a run's page; a sweep may have thousands, and the run table filters for them. */
const MAX_CHILDREN = 50;

const PARENT_TAG = "mlflow.parentRunId";
const INFO = `r.run_id, CAST(r.experiment AS TEXT) AS experiment_id, r.name AS run_name, r.user_id, r.status,
  r.start_time, r.end_time, r.lifecycle_stage`;
const OF_PAGE = "run IN (SELECT value FROM json_each(@runs)) AND key = @key";

const shorten = (text: string): string => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text);

interface LatestRow {
  readonly key: string;
  readonly value: number;
  readonly is_nan: number;
  readonly step: number;
  readonly timestamp: number;
  readonly points: number; // 1, or 2 for more
}

/** Rows of a page of runs, with only the columns asked for. */
const createRowReader = (db: Database) => {
  const infos = db.prepare<[string], RunInfo & { id: number }>(
    `SELECT r.id, ${INFO} FROM runs r WHERE r.id IN (SELECT value FROM json_each(?))`,
  );
  const keyId = db.prepare<[string], number>("SELECT id FROM keys WHERE name = ?").pluck();
  type OfKey = { runs: string; key: number };
  const metric = db.prepare<OfKey, { run: number; value: number; is_nan: number }>(
    `SELECT run, value, is_nan FROM latest_metrics WHERE ${OF_PAGE}`,
  );
  const param = db.prepare<OfKey, { run: number; value: string }>(
    `SELECT run, substr(value, 1, ${MAX_SHOWN + 1}) AS value FROM params WHERE ${OF_PAGE}`,
  );
  const tag = db.prepare<OfKey, { run: number; value: string }>(
    `SELECT run, substr(value, 1, ${MAX_SHOWN + 1}) AS value FROM run_tags WHERE ${OF_PAGE}`,
  );

  const children = db.prepare<[string], { id: number; children: number }>(`
    SELECT p.id, (SELECT count(*) FROM run_tags t JOIN runs c ON c.id = t.run
      WHERE t.experiment = p.experiment AND t.key = (SELECT id FROM keys WHERE name = '${PARENT_TAG}')
        AND t.head = p.run_id AND c.lifecycle_stage = p.lifecycle_stage) AS children
    FROM runs p WHERE p.id IN (SELECT value FROM json_each(?))`);

  const texts = (statement: typeof param, runs: string, name: string): Map<number, string> => {
    const key = keyId.get(name);
    return new Map(key === undefined ? [] : statement.all({ runs, key }).map((row) => [row.run, shorten(row.value)]));
  };
  const numbers = (runs: string, name: string): Map<number, MetricValue> => {
    const key = keyId.get(name);
    return new Map(
      key === undefined ? [] : metric.all({ runs, key }).map((row) => [row.run, toMetricValue(row.value, row.is_nan)]),
    );
  };

  return (ids: readonly number[], columns: RunColumns): RunRow[] => {
    const runs = JSON.stringify(ids);
    const byId = new Map(infos.all(runs).map(({ id, ...info }) => [id, info]));
    const metrics = columns.metrics.map((name) => numbers(runs, name));
    const params = columns.params.map((name) => texts(param, runs, name));
    const tags = columns.tags.map((name) => texts(tag, runs, name));
    const parents = texts(tag, runs, PARENT_TAG);
    const childrenById = new Map(children.all(runs).map(({ id, children }) => [id, children]));
    return ids.flatMap((id) => {
      const info = byId.get(id);
      if (!info) return [];
      return {
        ...info,
        parent_run_id: parents.get(id) ?? null,
        children: childrenById.get(id) ?? 0,
        metrics: metrics.map((values) => values.get(id) ?? null),
        params: params.map((values) => values.get(id) ?? null),
        tags: tags.map((values) => values.get(id) ?? null),
      };
    });
  };
};

/** What belongs to one run beside its own row. */
const createRunParts = (db: Database) => {
  const pairs = (table: "params" | "run_tags") =>
    db.prepare<[number], { key: string; value: string }>(
      `SELECT keys.name AS key, t.value FROM ${table} t JOIN keys ON keys.id = t.key WHERE t.run = ? ORDER BY keys.name`,
    );
  return {
    params: pairs("params"),
    tags: pairs("run_tags"),
    datasets: db.prepare<[number], Run["datasets"][number]>(`
      SELECT d.name, d.digest, d.source_type, d.source, d.schema, d.profile, rd.context
      FROM run_datasets rd JOIN datasets d ON d.id = rd.dataset WHERE rd.run = ? ORDER BY d.name`),
    models: db.prepare<[number], Run["logged_models"][number]>(`
      SELECT rm.model_id, coalesce(m.name, rm.model_id) AS name, rm.direction, rm.step
      FROM run_models rm LEFT JOIN logged_models m ON m.model_id = rm.model_id WHERE rm.run = ? ORDER BY rm.step, name`),
    versions: db.prepare<[string], { name: string; version: string }>(`
      SELECT m.name, CAST(v.version AS TEXT) AS version FROM model_versions v JOIN registered_models m ON m.id = v.model
      WHERE v.run_id = ? AND v.trashed_at IS NULL AND m.trashed_at IS NULL ORDER BY m.name, v.version`),
    children: db.prepare<{ experiment: number; parent: string }, { run_id: string; run_name: string }>(`
      SELECT r.run_id, r.name AS run_name FROM run_tags t JOIN runs r ON r.id = t.run
      WHERE t.experiment = @experiment AND t.key = (SELECT id FROM keys WHERE name = '${PARENT_TAG}')
        AND t.head = @parent AND r.lifecycle_stage = 'active' ORDER BY r.start_time LIMIT ${MAX_CHILDREN}`),
    byRunId: db.prepare<[string], { run_id: string; run_name: string }>(
      "SELECT run_id, name AS run_name FROM runs WHERE run_id = ?",
    ),
  };
};

export const createRunViews = (db: Database) => {
  const rows = createRowReader(db);
  const parts = createRunParts(db);
  const one = db.prepare<[string], RunInfo & { id: number; experiment: number; home: number; experiment_name: string }>(
    `SELECT r.id, r.experiment, coalesce(r.home, r.experiment) AS home, e.name AS experiment_name, ${INFO} FROM runs r JOIN experiments e ON e.id = r.experiment WHERE r.run_id = ?`,
  );
  const ref = db.prepare<[string], { id: number; name: string }>("SELECT id, name FROM runs WHERE run_id = ?");
  const recent = db.prepare<[number], RecentRun>(`
    SELECT ${INFO}, e.name AS experiment_name FROM runs r JOIN experiments e ON e.id = r.experiment
    WHERE r.lifecycle_stage = 'active' AND e.model IS NULL ORDER BY r.id DESC LIMIT ?`);
  const running = db.prepare<[number], RecentRun>(`
    SELECT ${INFO}, e.name AS experiment_name FROM experiments e JOIN runs r ON r.experiment = e.id AND r.status = 'RUNNING'
    WHERE r.lifecycle_stage = 'active' AND e.model IS NULL ORDER BY r.start_time DESC LIMIT ?`);
  const latest = db.prepare<[number], LatestRow>(`
    SELECT keys.name AS key, m.value, m.is_nan, m.step, m.timestamp,
      (SELECT count(*) FROM (SELECT 1 FROM metrics WHERE run = m.run AND key = m.key LIMIT 2)) AS points
    FROM latest_metrics m JOIN keys ON keys.id = m.key WHERE m.run = ? ORDER BY keys.name`);

  const get = (runId: string): Run | undefined => {
    const row = one.get(runId);
    if (!row) return undefined;
    const { id, experiment, home, ...info } = row;
    const tags = parts.tags.all(id);
    const parent = tags.find(({ key }) => key === PARENT_TAG)?.value;
    return {
      ...info,
      parent: (parent && parts.byRunId.get(parent)) || null,
      children: parts.children.all({ experiment, parent: runId }),
      params: parts.params.all(id),
      tags,
      datasets: parts.datasets.all(id),
      logged_models: parts.models.all(id),
      model_versions: parts.versions.all(runId),
    };
  };

  /** Integer ids of a run, its experiment, and the one below which its files lie. */
  const idsOf = (runId: string): { run: number; experiment: number; home: number } | undefined => {
    const row = one.get(runId);
    return row && { run: row.id, experiment: row.experiment, home: row.home };
  };

  /** A run's integer id and its name. */
  const refOf = (runId: string): { run: number; run_name: string } | undefined => {
    const row = ref.get(runId);
    return row && { run: row.id, run_name: row.name };
  };

  const latestMetrics = (run: number): LatestMetric[] =>
    latest.all(run).map(({ is_nan, value, points, ...point }) => ({
      ...point,
      value: toMetricValue(value, is_nan),
      once: points === 1,
    }));

  const newest = (limit: number) => ({ running: running.all(limit), recent: recent.all(limit) });

  return { rows, get, idsOf, refOf, latestMetrics, newest };
};
