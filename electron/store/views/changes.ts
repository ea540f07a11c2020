import type { LiveRun } from "../../../shared/api/outpost/live-runs.ts";
import type { ChangeEvent } from "../../../shared/api/outpost/status.ts";
import type { Database } from "../database.ts";

export type ChangeViews = ReturnType<typeof createChangeViews>;

/**
 * The list of changes as the event stream sends it: objects by their latest change, so a page that was away for a week
 * gets each changed object once.
 */
export const createChangeViews = (db: Database) => {
  const after = db.prepare<[number, number], ChangeEvent>(`
    SELECT c.rev, c.kind,
      coalesce(r.run_id, CAST(e.id AS TEXT), m.name, lm.model_id, vm.name || '/' || v.version, c.uid) AS id,
      CAST(coalesce(r.experiment, e.id, lm.experiment, sv.experiment) AS TEXT) AS experiment_id
    FROM changes c
      LEFT JOIN runs r ON c.kind = 'run' AND r.uid = c.uid
      LEFT JOIN experiments e ON c.kind = 'experiment' AND e.uid = c.uid
      LEFT JOIN registered_models m ON c.kind = 'registered_model' AND m.uid = c.uid
      LEFT JOIN logged_models lm ON c.kind = 'logged_model' AND lm.uid = c.uid
      LEFT JOIN model_versions v ON c.kind = 'model_version' AND v.uid = c.uid
      LEFT JOIN saved_views sv ON c.kind = 'saved_view' AND sv.uid = c.uid
      LEFT JOIN registered_models vm ON vm.id = v.model
    WHERE c.rev > ? ORDER BY c.rev LIMIT ?`);
  const newest = db.prepare<[], number>("SELECT coalesce(max(rev), 0) FROM changes").pluck();
  const running = db.prepare<[number, number], LiveRun>(`
    SELECT r.run_id, r.name AS run_name, CAST(e.id AS TEXT) AS experiment_id, e.name AS experiment_name
    FROM changes c JOIN runs r ON c.kind = 'run' AND r.uid = c.uid JOIN experiments e ON e.id = r.experiment
    WHERE c.rev > ? AND r.status = 'RUNNING' AND r.lifecycle_stage = 'active' ORDER BY c.rev DESC LIMIT ?`);
  const counts = db.prepare<[], { experiments: number; runs: number; registered_models: number }>(`
    SELECT (SELECT count(*) FROM experiments WHERE lifecycle_stage = 'active' AND model IS NULL) AS experiments,
      (SELECT coalesce(sum((SELECT count(*) FROM runs WHERE experiment = e.id AND lifecycle_stage = 'active')), 0)
        FROM experiments e WHERE e.model IS NULL) AS runs, -- by experiment: the index answers it
      (SELECT count(*) FROM registered_models WHERE trashed_at IS NULL) AS registered_models`);

  return {
    /** Changes with a higher `rev`, in order. */
    after: (rev: number, limit: number): ChangeEvent[] => after.all(rev, limit),
    /** Runs that are RUNNING and changed after `rev`, the latest first. */
    runningSince: (rev: number, limit: number): LiveRun[] => running.all(rev, limit),
    rev: (): number => newest.get() ?? 0,
    counts: () => counts.get() ?? { experiments: 0, runs: 0, registered_models: 0 },
  };
};
