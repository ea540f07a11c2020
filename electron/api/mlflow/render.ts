/** From the domain's objects to MLflow's messages: unset and empty repeated fields are left out, NaN is a word. */
import type {
  DatasetInput,
  Experiment as WireExperiment,
  KeyValue,
  Metric,
  Run as WireRun,
  RunInfo,
} from "../../../shared/api/mlflow/entities.ts";
import { loggedModelStatuses, type LoggedModel as WireLoggedModel } from "../../../shared/api/mlflow/logged-models.ts";
import { experimentRoot, type Experiment } from "../../domain/tracking/experiments.ts";
import { loggedModelRoot, type LoggedModel } from "../../domain/tracking/logged-models.ts";
import { runRoot, type Run } from "../../domain/tracking/runs.ts";

const SCHEME = "mlflow-artifacts:/";

/** A double as JSON can hold it. */
const wireDouble = (value: number): number | "NaN" | "Infinity" | "-Infinity" =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

/** `{ name: items }`, or nothing where the list is empty. */
export const repeated = <K extends string, T>(name: K, items: readonly T[]): { [name in K]?: T[] } =>
  items.length === 0 ? {} : ({ [name]: items } as { [name in K]?: T[] });

const keyValues = (items: readonly KeyValue[]): KeyValue[] => items.map(({ key, value }) => ({ key, value }));

export const renderExperiment = (experiment: Experiment): WireExperiment => ({
  experiment_id: String(experiment.id),
  name: experiment.name,
  artifact_location: experimentRoot(experiment.id),
  lifecycle_stage: experiment.lifecycle_stage,
  last_update_time: experiment.last_update_time,
  creation_time: experiment.creation_time,
  ...repeated("tags", keyValues(experiment.tags)),
  workspace: "default",
});

export const renderRunInfo = (run: Omit<Run, "metrics" | "params" | "tags" | "datasets" | "models">): RunInfo => ({
  run_uuid: run.run_id,
  experiment_id: String(run.experiment),
  run_name: run.name,
  user_id: run.user_id,
  status: run.status,
  start_time: run.start_time,
  ...(run.end_time ? { end_time: run.end_time } : {}),
  artifact_uri: `${SCHEME}${runRoot(run)}`,
  lifecycle_stage: run.lifecycle_stage,
  run_id: run.run_id,
});

const renderDataset = ({ dataset, tags }: Run["datasets"][number]): DatasetInput => ({
  ...repeated("tags", keyValues(tags)),
  dataset,
});

/** `view` decides what MLflow leaves out: outputs of a run just created, input models in a search. */
export const renderRun = (run: Run, view: "created" | "whole" | "found"): WireRun => {
  const inputs = run.models.filter((m) => m.direction === "input").map(({ model_id }) => ({ model_id }));
  const outputs = run.models.filter((m) => m.direction === "output").map(({ model_id, step }) => ({ model_id, step }));
  const metrics: Metric[] = run.metrics.map((m) => ({
    key: m.key,
    value: wireDouble(m.value),
    timestamp: m.timestamp,
    step: m.step,
  }));
  return {
    info: renderRunInfo(run),
    data: {
      ...repeated("metrics", metrics),
      ...repeated("params", keyValues(run.params)),
      ...repeated("tags", keyValues(run.tags)),
    },
    inputs: {
      ...repeated("dataset_inputs", run.datasets.map(renderDataset)),
      ...(view === "whole" ? repeated("model_inputs", inputs) : {}),
    },
    ...(view === "created" ? {} : { outputs: repeated("model_outputs", outputs) }),
  };
};

const statusWords = Object.fromEntries(
  Object.entries(loggedModelStatuses).map(([word, number]) => [number, word as keyof typeof loggedModelStatuses]),
);

export const renderLoggedModel = (model: LoggedModel): WireLoggedModel => ({
  info: {
    model_id: model.model_id,
    experiment_id: String(model.experiment),
    name: model.name,
    creation_timestamp_ms: model.creation_timestamp_ms,
    last_updated_timestamp_ms: model.last_updated_timestamp_ms,
    artifact_uri: `${SCHEME}${loggedModelRoot(model)}`,
    status: statusWords[model.status] ?? "LOGGED_MODEL_STATUS_UNSPECIFIED",
    ...(model.model_type === null ? {} : { model_type: model.model_type }),
    ...(model.source_run_id === null ? {} : { source_run_id: model.source_run_id }),
    ...(model.status_message === null ? {} : { status_message: model.status_message }),
    ...repeated("tags", keyValues(model.tags)),
  },
  data: {
    ...repeated("params", keyValues(model.params)),
    ...repeated(
      "metrics",
      model.metrics.map((m) => ({
        key: m.key,
        value: wireDouble(m.value),
        timestamp: m.timestamp,
        step: m.step,
        ...(m.dataset_name === null ? {} : { dataset_name: m.dataset_name }),
        ...(m.dataset_digest === null ? {} : { dataset_digest: m.dataset_digest }),
        model_id: model.model_id,
        run_id: m.run_id,
      })),
    ),
  },
});
