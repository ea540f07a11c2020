/** Runs: their life, their search, and reading them whole. What is logged to them is in logging.ts. */
import type { KeyValue, KeyValueInput, RunStatus, ViewType } from "../../../shared/api/mlflow/entities.ts";
import type { Int64 } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { DatasetOfRun, InputStore, ModelOfRun } from "../../store/inputs.ts";
import type { Journal } from "../../store/journal.ts";
import type { MetricPoint } from "../../store/metrics.ts";
import type { RunRow, RunStore } from "../../store/runs.ts";
import type { Experiments, Page } from "./experiments.ts";
import { checkUniqueKeys, checkValue, parseExperimentId } from "./names.ts";

export const RUN_NAME_TAG = "mlflow.runName";

export interface Run extends RunRow {
  readonly metrics: readonly MetricPoint[];
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly datasets: readonly DatasetOfRun[];
  readonly models: readonly ModelOfRun[];
}

export interface RunQuery {
  readonly experimentIds: readonly number[];
  readonly filter: string | undefined;
  readonly viewType: ViewType;
  readonly orderBy: readonly string[];
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

export interface NewRunInput {
  readonly experiment_id?: string;
  readonly user_id?: string;
  readonly run_name?: string;
  readonly start_time?: Int64;
  readonly tags?: readonly KeyValueInput[];
}

export interface RunDeps {
  readonly runs: RunStore;
  readonly inputs: InputStore;
  readonly experiments: Experiments;
  readonly search: { search(query: RunQuery): Page };
  readonly journal: Journal;
  readonly now: () => number;
  readonly newRunId: () => string; // 32 hex digits
  readonly randomName: () => string;
  /** Told of a run that came to its end, inside the write that ends it. */
  readonly onEnd?: (run: RunRow) => void;
  /** Names the model version that keeps its own metrics, params and files in a run, if one does. */
  readonly heldBy?: (runId: string) => string | undefined;
}

const ENDED: ReadonlySet<RunStatus> = new Set(["FINISHED", "FAILED", "KILLED"]);

export type Runs = ReturnType<typeof createRuns>;

/** Where a run's artifacts live below the artifact root. */
export const runRoot = (run: Pick<RunRow, "home" | "run_id">): string => `${run.home}/${run.run_id}/artifacts`;

export const createRuns = (deps: RunDeps) => {
  const {
    runs,
    inputs,
    experiments,
    search,
    journal,
    now,
    newRunId,
    randomName,
    onEnd,
    heldBy = () => undefined,
  } = deps;

  /** @throws DomainError `not_found` */
  const find = (runId: string): RunRow => {
    const run = runs.byRunId(runId);
    if (!run) throw new DomainError("not_found", `Run with id=${runId} not found`);
    return run;
  };

  /** @throws DomainError `not_found`, `invalid` when it is in the trash. */
  const active = (runId: string): RunRow => {
    const run = find(runId);
    if (run.lifecycle_stage !== "active")
      throw new DomainError(
        "invalid",
        `The run ${runId} must be in the 'active' state. Current state is ${run.lifecycle_stage}.`,
      );
    return run;
  };

  const record = (run: RunRow, action: string, before: unknown, after: unknown): void =>
    journal.record({ action: `run.${action}`, kind: "run", uid: run.uid, subject: run.run_id, before, after });

  /** @throws DomainError `invalid` for the run in which a model version keeps what is its own. */
  const assertNotHeld = (runId: string, act: string, way: string): void => {
    const holder = heldBy(runId);
    if (holder !== undefined)
      throw new DomainError("invalid", `The run ${runId} is that of ${holder} itself: it cannot be ${act}. ${way}.`);
  };

  const hydrate = (rows: readonly RunRow[]): Run[] => {
    const ids = rows.map((row) => row.id);
    const [metrics, params, tags] = [runs.latestMetricsOf(ids), runs.paramsOf(ids), runs.tagsOf(ids)];
    const [datasets, models] = [inputs.datasetsOf(ids), inputs.modelsOf(ids)];
    return rows.map((row) => ({
      ...row,
      metrics: metrics.get(row.id) ?? [],
      params: params.get(row.id) ?? [],
      tags: tags.get(row.id) ?? [],
      datasets: datasets.get(row.id) ?? [],
      models: models.get(row.id) ?? [],
    }));
  };

  /** @throws DomainError `bad_request` without an experiment or with a tag key twice; `invalid`, `not_found`. */
  const create = (input: NewRunInput): Run => {
    const tags = (input.tags ?? []).map(({ key = "", value = "" }) => ({ key, value }));
    for (const [i, tag] of tags.entries()) checkValue(tag.value, `tags[${i}].value`);
    const nameTag = tags.find((tag) => tag.key === RUN_NAME_TAG)?.value;
    if (input.run_name && nameTag && input.run_name !== nameTag)
      throw new DomainError(
        "invalid",
        `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${input.run_name}', mlflow.runName='${nameTag}').`,
      );
    if (!input.experiment_id)
      throw new DomainError(
        "bad_request",
        "Missing value for required parameter 'experiment_id'; the default experiment is '0'.",
      );
    const experiment = experiments.open(input.experiment_id);
    const name = input.run_name || nameTag || randomName();
    if (!nameTag) tags.push({ key: RUN_NAME_TAG, value: name });
    checkUniqueKeys(tags, "bad_request");
    const run = runs.insert({
      run_id: newRunId(),
      experiment: experiment.id,
      name,
      user_id: input.user_id ?? "",
      status: "RUNNING",
      start_time: input.start_time ?? 0,
    });
    for (const tag of tags) runs.setTag(run, tag.key, tag.value);
    record(run, "create", undefined, { name, experiment: experiment.id, tags });
    return { ...run, metrics: [], params: [], tags, datasets: [], models: [] };
  };

  /** Sets what is given; an empty name is ignored. Renaming also sets the tag mlflow.runName. */
  const update = (runId: string, change: { status?: RunStatus; end_time?: Int64; run_name?: string }): RunRow => {
    const run = active(runId);
    const next = {
      status: change.status ?? run.status,
      end_time: change.end_time ?? run.end_time,
      name: change.run_name || run.name,
    };
    if (change.run_name) checkValue(change.run_name, "run_name");
    if (change.run_name && change.run_name !== run.name)
      assertNotHeld(runId, "renamed", "It has the name of its version");
    runs.update(run.id, next);
    if (change.run_name) runs.setTag(run, RUN_NAME_TAG, change.run_name);
    record(run, "update", { status: run.status, end_time: run.end_time, name: run.name }, next);
    if (ENDED.has(next.status) && !ENDED.has(run.status)) onEnd?.(run);
    return { ...run, ...next };
  };

  const setStage = (runId: string, stage: "active" | "deleted"): void => {
    const run = find(runId);
    if (stage === "deleted") assertNotHeld(runId, "deleted", "Delete the version instead");
    runs.setStage(run.id, stage, stage === "deleted" ? now() : null);
    record(
      run,
      stage === "deleted" ? "delete" : "restore",
      { lifecycle_stage: run.lifecycle_stage },
      { lifecycle_stage: stage },
    );
  };

  return {
    find,
    active,
    create,
    update,
    record,
    assertNotHeld,
    /** Moves to the trash; twice is fine. */
    trash: (runId: string): void => setStage(runId, "deleted"),
    /** Takes out of the trash; twice is fine. */
    restore: (runId: string): void => setStage(runId, "active"),
    get: (runId: string): Run => {
      const [run] = hydrate([find(runId)]);
      if (!run) throw new DomainError("not_found", `Run with id=${runId} not found`);
      return run;
    },
    search: (
      query: Omit<RunQuery, "experimentIds"> & { experimentIds: readonly string[] },
    ): { runs: Run[]; nextPageToken: string | undefined } => {
      const page = search.search({ ...query, experimentIds: query.experimentIds.map(parseExperimentId) });
      return { runs: hydrate(runs.byIds(page.ids)), nextPageToken: page.nextPageToken };
    },
  };
};
