/** What a training script logs to a run: metrics, params once, tags, datasets, logged models. */
import type { Dataset, KeyValueInput, MetricInput } from "../../../shared/api/mlflow/entities.ts";
import type { Int64 } from "../../../shared/api/wire.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { InputStore } from "../../store/inputs.ts";
import type { Journal } from "../../store/journal.ts";
import type { LoggedModelStore } from "../../store/logged-models.ts";
import type { MetricPoint, MetricStore } from "../../store/metrics.ts";
import type { RunRow, RunStore } from "../../store/runs.ts";
import type { Removals } from "../trash/removals.ts";
import { checkKey, checkRunId, checkValue } from "./names.ts";
import { RUN_NAME_TAG, type Runs } from "./runs.ts";

const MAX_METRICS = 1000;
const MAX_PARAMS_OR_TAGS = 100;
const MAX_ENTITIES = 1000;
const MODEL_HISTORY_TAG = "mlflow.log-model.history";

/** Longest field of a dataset, in characters. Source: mlflow/utils/validation.py. */
const DATASET_LIMITS = { name: 500, digest: 36, source: 65_535, schema: 1_048_575, profile: 16_777_215 } as const;
const MAX_INPUT_TAG_KEY = 255;
const MAX_INPUT_TAG_VALUE = 500;

export interface Batch {
  readonly run_id: string;
  readonly metrics?: readonly MetricInput[];
  readonly params?: readonly KeyValueInput[];
  readonly tags?: readonly KeyValueInput[];
}

export interface DatasetToLog {
  readonly dataset?: Partial<Dataset>;
  readonly tags?: readonly KeyValueInput[];
}

export interface LoggingDeps {
  readonly domain: Runs;
  readonly runs: RunStore;
  readonly metrics: MetricStore;
  readonly inputs: InputStore;
  readonly loggedModels: LoggedModelStore;
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
}

export type Logging = ReturnType<typeof createLogging>;

const missing = (at: string): DomainError =>
  new DomainError("invalid", `Missing value for required parameter '${at}'.`);

/** @throws DomainError `invalid` */
const checkMetric = (metric: MetricInput, at: string): MetricPoint => {
  const { key, value, timestamp, step = 0 } = metric;
  if (!key) throw missing(`${at}key`);
  if (value === undefined) throw missing(`${at}value`);
  if (timestamp === undefined) throw missing(`${at}timestamp`);
  if (!metric.dataset_name !== !metric.dataset_digest)
    throw new DomainError("invalid", "Both dataset_name and dataset_digest must be provided if one is provided");
  checkKey(key, `${at}name`);
  if (timestamp < 0)
    throw new DomainError(
      "invalid",
      `Invalid value ${timestamp} for parameter '${at}timestamp' supplied: metric '${key}' (value=${value}). Timestamp must be a nonnegative long (64-bit integer).`,
    );
  return { key, value, timestamp, step };
};

const checkKeyValue =
  (kind: "params" | "tags") =>
  (item: KeyValueInput, i: number): { key: string; value: string } => {
    const { key, value = "" } = item;
    if (!key) throw missing(`${kind}[${i}].key`);
    checkKey(key, `${kind}[${i}].key`);
    checkValue(value, `${kind}[${i}].value`);
    return { key, value };
  };

const checkLimit = (what: string, limit: number, length: number): void => {
  if (length > limit)
    throw new DomainError(
      "invalid",
      `A batch logging request can contain at most ${limit} ${what}. Got ${length} ${what}. Please split up ${what} across multiple requests and try again.`,
    );
};

export const createLogging = ({ domain, runs, metrics, inputs, loggedModels, removals, journal }: LoggingDeps) => {
  /** Metrics that name a logged model are kept with it too. */
  const logModelMetrics = (run: RunRow, points: readonly MetricInput[]): void => {
    for (const { key = "", value = NaN, timestamp = 0, step = 0, model_id, dataset_name, dataset_digest } of points) {
      if (!model_id) continue;
      const model = loggedModels.byModelId(model_id);
      if (!model)
        throw new DomainError(
          "bad_request",
          `The metric '${key}' names the logged model '${model_id}', which does not exist.`,
        );
      loggedModels.addMetric(model.id, {
        key,
        value,
        timestamp,
        step,
        run_id: run.run_id,
        dataset_name: dataset_name || null,
        dataset_digest: dataset_digest || null,
      });
      journal.mark("logged_model", model.uid);
    }
  };

  /** False when the same value was there. @throws DomainError `invalid` when another value was. */
  const addParam = (run: RunRow, key: string, value: string): boolean => {
    const known = runs.param(run.id, key);
    if (known === value) return false;
    if (known !== undefined)
      throw new DomainError(
        "invalid",
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${known.slice(0, 200)}' for run ID='${run.run_id}'. Attempted logging new value '${value.slice(0, 200)}'.`,
      );
    runs.addParam(run, key, value);
    return true;
  };

  const writeTag = (run: RunRow, key: string, value: string): void => {
    if (key === RUN_NAME_TAG) {
      domain.update(run.run_id, { run_name: value });
      return;
    }
    const before = runs.tag(run.id, key);
    if (before === value) return;
    runs.setTag(run, key, value);
    domain.record(run, "set-tag", before === undefined ? undefined : { key, value: before }, { key, value });
  };

  const logMetric = (runId: string, metric: MetricInput): void => {
    const point = checkMetric(metric, "");
    const run = domain.active(runId);
    metrics.log(run.id, run.experiment, [point]);
    if (metric.model_id) logModelMetrics(run, [metric]);
    journal.mark("run", run.uid);
  };

  const logParam = (runId: string, key: string, value: string): void => {
    checkKey(key, "key");
    checkValue(value, "value");
    const run = domain.active(runId);
    if (addParam(run, key, value)) domain.record(run, "log-param", undefined, { key, value });
  };

  const setTag = (runId: string, key: string, value: string): void => {
    checkKey(key, "key");
    checkValue(value, "value");
    writeTag(domain.active(runId), key, value);
  };

  /** Gives the trash id of the act; given as `into`, the same tag of another run joins it. */
  const deleteTag = (runId: string, key: string, into?: string): string => {
    const run = domain.active(runId);
    const before = runs.tag(run.id, key);
    if (before === undefined) throw new DomainError("not_found", `No tag with name: ${key} in run with id ${runId}`);
    runs.deleteTag(run.id, key);
    domain.record(run, "delete-tag", { key, value: before }, undefined);
    return removals.keep({ kind: "tags", owner_kind: "run", owner: run.id, name: key, value: before }, into);
  };

  /** All or nothing. @throws DomainError `invalid` for limits, keys, changed params; `not_found`. */
  const logBatch = (batch: Batch): void => {
    checkRunId(batch.run_id);
    const { metrics: sent = [] } = batch;
    const points = sent.map((metric, i) => checkMetric(metric, `metrics[${i}].`));
    const params = (batch.params ?? []).map(checkKeyValue("params"));
    const tags = (batch.tags ?? []).map(checkKeyValue("tags"));
    checkLimit("metrics", MAX_METRICS, points.length);
    checkLimit("params", MAX_PARAMS_OR_TAGS, params.length);
    checkLimit("tags", MAX_PARAMS_OR_TAGS, tags.length);
    checkLimit("metrics, params, and tags", MAX_ENTITIES, points.length + params.length + tags.length);
    const twice = params.find((param, i) => params.findIndex((p) => p.key === param.key) !== i);
    if (twice)
      throw new DomainError(
        "invalid",
        `Duplicate parameter keys have been submitted: ['${twice.key}']. Please ensure the request contains only one param value per param key.`,
      );
    const run = domain.active(batch.run_id);
    const added = params.filter(({ key, value }) => addParam(run, key, value));
    if (added.length > 0) domain.record(run, "log-params", undefined, added);
    metrics.log(run.id, run.experiment, points);
    if (sent.some((metric) => metric.model_id)) logModelMetrics(run, sent);
    for (const { key, value } of tags) writeTag(run, key, value);
    if (points.length > 0) journal.mark("run", run.uid);
  };

  /** Notes datasets and logged models that a run reads. */
  const logInputs = (runId: string, datasets: readonly DatasetToLog[], modelIds: readonly string[]): void => {
    checkRunId(runId);
    const checked = datasets.map(({ dataset = {}, tags = [] }, i) => ({
      dataset: checkDataset(dataset, i),
      tags: tags.map(checkInputTag),
    }));
    const run = domain.active(runId);
    for (const { dataset, tags } of checked) inputs.addDataset(run.id, run.experiment, dataset, tags);
    for (const id of modelIds) inputs.addModel(run.id, id, "input", 0);
    domain.record(run, "log-inputs", undefined, { datasets: checked, models: modelIds });
  };

  /** Notes logged models that a run made. @throws DomainError `bad_request` when one was noted before. */
  const logOutputs = (runId: string, models: readonly { model_id?: string; step?: Int64 }[]): void => {
    const run = domain.active(runId);
    for (const { model_id = "", step = 0 } of models)
      if (!inputs.addModel(run.id, model_id, "output", step))
        throw new DomainError("bad_request", `The logged model '${model_id}' is an output of run '${runId}' already.`);
    domain.record(run, "log-outputs", undefined, models);
  };

  /** Appends to the history of models that clients before MLflow 3 keep in a tag. */
  const logModelHistory = (runId: string, model: Record<string, unknown>): void => {
    const run = domain.active(runId);
    const known = runs.tag(run.id, MODEL_HISTORY_TAG);
    const value = JSON.stringify([...parseHistory(known), model]);
    checkValue(value, "model_json");
    writeTag(run, MODEL_HISTORY_TAG, value);
  };

  return { logMetric, logParam, setTag, deleteTag, logBatch, logInputs, logOutputs, logModelHistory };
};

/** @throws DomainError `invalid` when somebody set the tag to something else. */
const parseHistory = (tag: string | undefined): unknown[] => {
  if (tag === undefined) return [];
  let list: unknown;
  try {
    list = JSON.parse(tag);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list))
    throw new DomainError("invalid", `The tag '${MODEL_HISTORY_TAG}' holds no list of models; delete it first.`);
  return list;
};

const checkLength = (text: string | undefined, limit: number, at: string): void => {
  if (text !== undefined && text.length > limit)
    throw new DomainError("invalid", `'${at}' exceeds the maximum length of ${limit} characters.`);
};

/** Missing fields are stored as "", as MLflow does. */
const checkDataset = (sent: Partial<Dataset>, i: number): Dataset => {
  const { name = "", digest = "", source_type = "", source = "", schema, profile } = sent;
  const dataset: Dataset = {
    name,
    digest,
    source_type,
    source,
    ...(schema ? { schema } : {}),
    ...(profile ? { profile } : {}),
  };
  for (const [field, limit] of Object.entries(DATASET_LIMITS))
    checkLength(dataset[field as keyof typeof DATASET_LIMITS], limit, `datasets[${i}].dataset.${field}`);
  return dataset;
};

const checkInputTag = ({ key = "", value = "" }: KeyValueInput): { key: string; value: string } => {
  checkLength(key, MAX_INPUT_TAG_KEY, "key");
  checkLength(value, MAX_INPUT_TAG_VALUE, "value");
  return { key, value };
};
