/** What an import did: counted as it goes, and what could not be carried, by name. */
import type { Problem } from "../../store/mlflow-source.ts";

export interface Tally {
  new: number;
  present: number;
}

export interface ImportReport {
  readonly experiments: Tally;
  readonly runs: Tally;
  readonly logged_models: Tally;
  readonly registered_models: Tally;
  readonly model_versions: Tally;
  readonly metric_points: number;
  readonly artifacts: { readonly files: number; readonly bytes: number };
  readonly problems: readonly Problem[];
}

export interface Progress {
  readonly what: string;
  readonly done: number;
  readonly total: number;
}

/** Problems beyond this many are only counted: a report is read by a person. */
const MAX_PROBLEMS = 1000;

export type ReportBuilder = ReturnType<typeof createReport>;

export const createReport = (onProgress: (progress: Progress) => void) => {
  const tally = (): Tally => ({ new: 0, present: 0 });
  const report = {
    experiments: tally(),
    runs: tally(),
    logged_models: tally(),
    registered_models: tally(),
    model_versions: tally(),
    metric_points: 0,
    artifacts: { files: 0, bytes: 0 },
    problems: [] as Problem[],
  };
  const unreachable = new Map<string, { readonly owner: string; count: number }>();
  let more = 0;
  return {
    counts: report,
    problem: (what: string, why: string): void => {
      if (report.problems.length < MAX_PROBLEMS) report.problems.push({ what, why });
      else more += 1;
    },
    /** Notes that an owner's artifacts cannot be carried at all: told once for all owners of which the same is true. */
    unreachable: (owner: string, why: string): void => {
      const known = unreachable.get(why);
      if (known) known.count += 1;
      else unreachable.set(why, { owner, count: 1 });
    },
    progress: onProgress,
    finish: (): ImportReport => {
      const folded = [...unreachable].map(([why, { owner, count }]) => ({
        what: `artifacts of ${owner}${count === 1 ? "" : ` and ${count - 1} more`}`,
        why,
      }));
      const rest = more === 0 ? [] : [{ what: `${more} more`, why: "see the store itself" }];
      return { ...report, problems: [...folded, ...report.problems, ...rest] };
    },
  };
};
