import type { ExperimentNode, ExperimentOverview } from "../../../shared/api/outpost/experiment-tree.ts";
import type { Database } from "../database.ts";

/** More experiments than anybody opens a tree of. */
const MAX_NODES = 5000;
const MAX_TAGS = 20;
const MAX_VALUE = 200;

const MAX_DATASETS = 500;

type Dataset = Omit<ExperimentOverview["datasets"][number], "contexts"> & { contexts: string };
const textsIn = (json: string): string[] => {
  const texts: unknown = JSON.parse(json);
  return Array.isArray(texts) ? texts.filter((text) => typeof text === "string").sort() : [];
};

type Row = Omit<ExperimentNode, "experiment_id" | "tags"> & { experiment_id: number };

/** All experiments at once, for a tree by their names. */
export const createExperimentTreeViews = (db: Database) => {
  const all = db.prepare<[], Row>(`
    SELECT e.id AS experiment_id, e.name, e.creation_time,
      max(e.last_update_time,
        coalesce((SELECT max(start_time) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active'), 0),
        coalesce((SELECT max(end_time) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active'), 0)) AS last_activity,
      (SELECT count(*) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active') AS runs,
      (SELECT count(*) FROM runs WHERE experiment = e.id AND status = 'RUNNING' AND lifecycle_stage = 'active') AS running,
      coalesce((SELECT substr(value, 1, 300) FROM experiment_tags
        WHERE experiment = e.id AND key = 'mlflow.note.content'), '') AS note
    FROM experiments e WHERE e.lifecycle_stage = 'active' AND e.model IS NULL
    ORDER BY last_activity DESC, e.id DESC LIMIT ${MAX_NODES}`);
  const tags = db.prepare<[], { experiment: number; key: string; value: string }>(`
    SELECT experiment, key, substr(value, 1, ${MAX_VALUE}) AS value FROM experiment_tags
    WHERE key NOT LIKE 'mlflow.%' ORDER BY experiment, key`);
  const total = db
    .prepare<[], number>("SELECT count(*) FROM experiments WHERE lifecycle_stage = 'active' AND model IS NULL")
    .pluck();
  const sizes = db.prepare<[], { experiment_id: string; bytes: number }>(`
    SELECT CAST(e.id AS TEXT) AS experiment_id,
      (SELECT coalesce(sum(size), 0) FROM artifacts WHERE path >= e.id || '/' AND path < e.id || '0') AS bytes
    FROM experiments e WHERE e.lifecycle_stage = 'active' AND e.model IS NULL`);

  const statuses = db.prepare<[number], ExperimentOverview["statuses"][number]>(`
    SELECT status, count(*) AS runs FROM runs WHERE experiment = ? AND lifecycle_stage = 'active'
    GROUP BY status ORDER BY runs DESC, status`);
  const datasets = db.prepare<[number], Dataset>(`
    SELECT d.name, d.digest, d.source_type, count(DISTINCT r.id) AS runs,
      json_group_array(DISTINCT i.context) FILTER (WHERE i.context IS NOT NULL AND r.id IS NOT NULL) AS contexts
    FROM datasets d LEFT JOIN run_datasets i ON i.dataset = d.id
      LEFT JOIN runs r ON r.id = i.run AND r.lifecycle_stage = 'active'
    WHERE d.experiment = ? GROUP BY d.id ORDER BY runs DESC, d.name, d.digest LIMIT ${MAX_DATASETS}`);

  return {
    /** How its runs went and what data they used, the most used first. */
    overview: (experiment: number): ExperimentOverview => ({
      statuses: statuses.all(experiment),
      datasets: datasets.all(experiment).map((row) => ({ ...row, contexts: textsIn(row.contexts) })),
    }),
    /** The latest active first. */
    tree: (): { experiments: ExperimentNode[]; total: number } => {
      const byExperiment = Map.groupBy(tags.all(), ({ experiment }) => experiment);
      const experiments = all.all().map((row) => ({
        ...row,
        experiment_id: String(row.experiment_id),
        tags: (byExperiment.get(row.experiment_id) ?? []).slice(0, MAX_TAGS).map(({ key, value }) => ({ key, value })),
      }));
      return { experiments, total: total.get() ?? 0 };
    },
    sizes: () => ({ sizes: sizes.all() }),
  };
};
