/**
 * Imports another tracking store: experiments by name, runs and logged models under their own ids, registered models by
 * name, artifacts into blobs. Nothing is brought twice, and what was interrupted goes on where it stopped.
 */
import type { Artifacts } from "../artifacts/artifacts.ts";
import type { ExperimentStore } from "../../store/experiments.ts";
import type { ImportStore } from "../../store/imports.ts";
import type { InputStore } from "../../store/inputs.ts";
import type { Journal } from "../../store/journal.ts";
import type { LoggedModelStore } from "../../store/logged-models.ts";
import type { MetricStore } from "../../store/metrics.ts";
import type { TrackingSource } from "../../store/mlflow-source.ts";
import type { ModelVersionStore } from "../../store/model-versions.ts";
import type { RegisteredModelStore } from "../../store/registered-models.ts";
import type { RunStore } from "../../store/runs.ts";
import { createModelCarriage } from "./carry-models.ts";
import { createRunCarriage } from "./carry-runs.ts";
import { createReport, type ImportReport, type Progress } from "./report.ts";

/** Runs a job in the next commit. */
export type Write = <T>(job: () => T) => Promise<T>;

export interface ImporterDeps {
  readonly imports: ImportStore;
  readonly experiments: ExperimentStore;
  readonly runs: RunStore;
  readonly metrics: MetricStore;
  readonly inputs: InputStore;
  readonly loggedModels: LoggedModelStore;
  readonly models: RegisteredModelStore;
  readonly versions: ModelVersionStore;
  readonly artifacts: Artifacts;
  readonly journal: Journal;
  readonly now: () => number; // ms since epoch
}

export interface ImportOptions {
  readonly write: Write;
  readonly onProgress?: (progress: Progress) => void;
}

/** So many runs are carried at once: their rows share commits, and their files share syncs. */
const AT_ONCE = 16;

/** Ends when nothing is under way any more, also after a failure. */
const inParallel = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const queue = items.values();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
  const broken = lanes.find((result) => result.status === "rejected");
  if (broken) throw broken.reason;
};

export const createImporter = (deps: ImporterDeps) => {
  /**
   * Carries a whole store. What cannot be carried is in the report, by name.
   * @throws DomainError `exhausted` for a full disk; what was carried stays and the next import goes on.
   */
  const carry = async (
    source: TrackingSource,
    { write, onProgress = () => {} }: ImportOptions,
  ): Promise<ImportReport> => {
    const report = createReport(onProgress);
    const { carryExperiment, carryRun, carryLoggedModel } = createRunCarriage(deps, { source, write, report });
    const carryModel = createModelCarriage(deps, { source, write, report });
    const experiments = source.experiments();
    const work = experiments.flatMap((experiment) =>
      source.runIds(experiment.id).map((runId) => ({ experiment: experiment.id, runId })),
    );
    const places = new Map<string, number>();
    for (const experiment of experiments) places.set(experiment.id, await write(() => carryExperiment(experiment)));
    let done = 0;
    const total = work.length;
    await inParallel(work, async ({ experiment, runId }) => {
      await carryRun(experiment, places.get(experiment) ?? 0, runId);
      report.progress({ what: "runs", done: ++done, total });
    });
    for (const [id, place] of places) for (const model of source.loggedModels(id)) await carryLoggedModel(place, model);
    const models = source.models();
    for (const [i, model] of models.entries()) {
      await write(() => carryModel(model));
      report.progress({ what: "registered models", done: i + 1, total: models.length });
    }
    for (const { what, why } of source.left()) report.problem(what, why);
    return report.finish();
  };
  return { carry };
};
