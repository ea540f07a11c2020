import type { ComparedRun, Comparison, FileComparison, MissingRun } from "../../../shared/api/outpost/compare.ts";
import { MAX_COMPARED } from "../../../shared/api/outpost/series.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { ComparedRow, CompareViews } from "../../store/views/compare.ts";

export interface CompareQuery {
  readonly run_ids: readonly string[];
  readonly search?: string | undefined;
}

/** Runs side by side. A reader thread makes the same over its own connection. */
export const createCompareView = (compare: CompareViews) => {
  /** The runs in the order asked for, each once, and those that cannot be compared. */
  const choose = (wanted: readonly string[]): { rows: ComparedRow[]; missing: MissingRun[] } => {
    const ids = [...new Set(wanted)];
    if (ids.length > MAX_COMPARED)
      throw new DomainError(
        "invalid",
        `${ids.length} runs were given in 'run_ids': at most ${MAX_COMPARED} can be compared. Choose fewer.`,
      );
    const byId = new Map(compare.infos(ids).map((row) => [row.run_id, row]));
    const rows: ComparedRow[] = [];
    const missing: MissingRun[] = [];
    for (const run_id of ids) {
      const row = byId.get(run_id);
      if (row?.lifecycle_stage === "active") rows.push(row);
      else missing.push({ run_id, run_name: row?.run_name ?? null, reason: row ? "deleted" : "unknown" });
    }
    return { rows, missing };
  };

  const toRun = ({ id: _id, experiment: _experiment, ...run }: ComparedRow): ComparedRun => run;

  /** @throws DomainError `invalid` for more runs than can be compared. */
  const compareRuns = ({ run_ids, search = "" }: CompareQuery): Comparison => {
    const { rows, missing } = choose(run_ids);
    const ids = rows.map(({ id }) => id);
    const [metrics, params, tags] = [
      compare.metrics(ids, search),
      compare.params(ids, search),
      compare.tags(ids, search),
    ];
    return {
      runs: rows.map(toRun),
      missing,
      metrics: metrics.rows,
      params: params.rows,
      tags: tags.rows,
      more: { metrics: metrics.more, params: params.more, tags: tags.more },
    };
  };

  /** @throws DomainError `invalid` for more runs than can be compared. */
  const compareFiles = ({ run_ids, search = "" }: CompareQuery): FileComparison => {
    const { rows } = choose(run_ids);
    const roots = rows.map(({ experiment, run_id }) => `${experiment}/${run_id}/artifacts`);
    const { rows: files, more } = compare.files(roots, search);
    return { run_ids: rows.map(({ run_id }) => run_id), roots, files, more };
  };

  return { compareRuns, compareFiles };
};
