import type { MetricRange } from "../../../shared/api/outpost/runs.ts";
import type { Database } from "../database.ts";
import { toMetricValue } from "./values.ts";

export type RunPageViews = ReturnType<typeof createRunPageViews>;

interface Place {
  readonly experiment: number;
  readonly lifecycle_stage: string;
  readonly start_time: number | null;
  readonly run_id: string;
}
interface Named {
  readonly run_id: string;
  readonly run_name: string;
}

/** What a run's own page shows beyond the run itself. */
export const createRunPageViews = (db: Database) => {
  const place = db.prepare<[number], Place>(
    "SELECT experiment, lifecycle_stage, start_time, run_id FROM runs WHERE id = ?",
  );
  /** One index seek: the runs of a place's experiment, in the order of the run list. */
  const seek = (where: string, order: string) =>
    db.prepare<Place, Named>(
      `SELECT run_id, name AS run_name FROM runs
       WHERE experiment = @experiment AND lifecycle_stage = @lifecycle_stage AND ${where} ORDER BY ${order} LIMIT 1`,
    );
  const NEWEST_FIRST = "start_time DESC, run_id";
  const OLDEST_FIRST = "start_time, run_id DESC";
  // Runs that started together stand by id; those that never started come last.
  const before = [
    seek("start_time IS @start_time AND run_id < @run_id", "run_id DESC"),
    seek("start_time > @start_time", OLDEST_FIRST),
  ];
  const beforeUnstarted = [
    seek("start_time IS NULL AND run_id < @run_id", "run_id DESC"),
    seek("start_time IS NOT NULL", OLDEST_FIRST),
  ];
  const after = [
    seek("start_time IS @start_time AND run_id > @run_id", "run_id"),
    seek("start_time < @start_time", NEWEST_FIRST),
    seek("@start_time IS NOT NULL AND start_time IS NULL", "run_id"),
  ];
  const first = (statements: typeof before, at: Place): Named | null => {
    for (const statement of statements) {
      const row = statement.get(at);
      if (row) return row;
    }
    return null;
  };

  const ranges = db.prepare<[number], { key: string; points: number; min: number | null; max: number | null }>(`
    SELECT keys.name AS key, r.points, r.min, r.max FROM (
      SELECT key, count(*) AS points, min(iif(is_nan = 1, NULL, value)) AS min, max(iif(is_nan = 1, NULL, value)) AS max
      FROM metrics WHERE run = ? GROUP BY key) r
    JOIN keys ON keys.id = r.key ORDER BY keys.name`);
  const value = (n: number | null) => (n === null ? null : toMetricValue(n, 0));

  return {
    /** The runs above and below in the list of its experiment, of the same lifecycle stage. */
    neighbours: (run: number): { previous: Named | null; next: Named | null } => {
      const at = place.get(run);
      if (!at) return { previous: null, next: null };
      return { previous: first(at.start_time === null ? beforeUnstarted : before, at), next: first(after, at) };
    },
    /** Lowest and highest value of each metric; walks every point. */
    metricRanges: (run: number): MetricRange[] =>
      ranges.all(run).map((row) => ({ ...row, min: value(row.min), max: value(row.max) })),
  };
};
