/** Many objects at once, for tests of size: made by the same rules, without a request for each. */
import { createExperiment } from "./experiments.ts";
import { createModel, createVersion } from "./registry.ts";
import { createCandidate } from "./runs.ts";
import type { Project, State } from "./state.ts";

export interface Fill {
  readonly models: number;
  readonly versions: number;
  readonly experiments: number;
  readonly runs: number;
  readonly metrics: number;
}

/** `versions` are per model, `runs` per experiment, `metrics` per run; names begin with `prefix`. */
export const fill = (state: State, project: Project, prefix: string, wanted: Fill): void => {
  const userId = state.users.find(({ username }) => username === "developer")?.id ?? 0;
  for (let m = 0; m < wanted.models; m++) {
    const name = `${prefix}-model-${String(m).padStart(5, "0")}`;
    const model = createModel(state, project, { name, description: null, tags: [], userId });
    for (let v = 0; v < wanted.versions; v++) {
      const version = `1.${String(v)}.0`;
      const tags = [{ key: "gitlab.version", value: version }];
      createVersion(state, project, model, { version, description: null, tags, run: undefined });
    }
  }
  for (let e = 0; e < wanted.experiments; e++) {
    const experiment = createExperiment(state, project, `${prefix}-experiment-${String(e).padStart(5, "0")}`, userId);
    for (let r = 0; r < wanted.runs; r++) {
      const run = createCandidate(state, project, experiment, {
        name: `run-${String(r)}`,
        startTime: 1_000 + r,
        userId,
      });
      run.status = "FINISHED";
      for (let i = 0; i < wanted.metrics; i++)
        run.metrics.push({
          id: state.nextId("metric"),
          key: "loss",
          value: 1 / (i + 1),
          timestamp: 1_000 + i,
          step: i,
        });
    }
  }
};
