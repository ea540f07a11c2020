/** Logged models of MLflow 3: a model's files with their own params, tags and metrics, beside the run that made them. */
import type { KeyValue, KeyValueInput } from "../../../shared/api/mlflow/entities.ts";
import type { LoggedModelOrder } from "../../../shared/search/parse-order.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Journal } from "../../store/journal.ts";
import type { LoggedModelMetricRow, LoggedModelRow, LoggedModelStore } from "../../store/logged-models.ts";
import type { Removals } from "../trash/removals.ts";
import type { Experiments, Page } from "./experiments.ts";
import { checkLoggedModelName, checkUniqueKeys, checkValue, parseExperimentId } from "./names.ts";

export interface LoggedModel extends LoggedModelRow {
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  readonly metrics: readonly LoggedModelMetricRow[];
}

export interface LoggedModelQuery {
  readonly experimentIds: readonly number[];
  readonly filter: string | undefined;
  readonly datasets: readonly {
    readonly datasetName: string | undefined;
    readonly datasetDigest: string | undefined;
  }[];
  readonly orderBy: readonly LoggedModelOrder[];
  readonly maxResults: number; // 0: as many as MLflow gives by default
  readonly pageToken: string | undefined;
}

export interface NewLoggedModelInput {
  readonly experiment_id: string;
  readonly name?: string;
  readonly model_type?: string;
  readonly source_run_id?: string;
  readonly params?: readonly KeyValueInput[];
  readonly tags?: readonly KeyValueInput[];
}

export interface LoggedModelDeps {
  readonly models: LoggedModelStore;
  readonly experiments: Experiments;
  readonly search: { search(query: LoggedModelQuery): Page };
  readonly removals: Pick<Removals, "keep">;
  readonly journal: Journal;
  readonly now: () => number;
  readonly newModelId: () => string; // m-<32 hex digits>
  readonly randomName: () => string;
}

export type LoggedModels = ReturnType<typeof createLoggedModels>;

const PENDING = 1;

/** Where a logged model's files live below the artifact root. */
export const loggedModelRoot = (model: Pick<LoggedModelRow, "home" | "model_id">): string =>
  `${model.home}/models/${model.model_id}/artifacts`;

export const createLoggedModels = (deps: LoggedModelDeps) => {
  const { models, experiments, search, removals, journal, now, newModelId, randomName } = deps;

  /** Deleted ones too. @throws DomainError `not_found` */
  const find = (modelId: string): LoggedModelRow => {
    const model = models.byModelId(modelId);
    if (!model) throw new DomainError("not_found", `Logged model with ID '${modelId}' not found.`);
    return model;
  };
  const hydrate = (rows: readonly LoggedModelRow[]): LoggedModel[] => {
    const ids = rows.map((row) => row.id);
    const [params, tags, metrics] = [models.paramsOf(ids), models.tagsOf(ids), models.metricsOf(ids)];
    return rows.map((row) => ({
      ...row,
      params: params.get(row.id) ?? [],
      tags: tags.get(row.id) ?? [],
      metrics: metrics.get(row.id) ?? [],
    }));
  };
  const one = (row: LoggedModelRow): LoggedModel => {
    const [model] = hydrate([row]);
    if (!model) throw new Error("a row hydrates to one model");
    return model;
  };
  const record = (row: LoggedModelRow, action: string, before: unknown, after: unknown): void =>
    journal.record({
      action: `logged-model.${action}`,
      kind: "logged_model",
      uid: row.uid,
      subject: row.model_id,
      before,
      after,
    });

  const addParams = (row: LoggedModelRow, params: readonly KeyValueInput[]): void => {
    for (const [i, { key = "", value = "" }] of params.entries()) {
      checkValue(value, `params[${i}].value`);
      if (!models.addParam(row.id, key, value))
        throw new DomainError("bad_request", `The param '${key}' of logged model '${row.model_id}' is set already.`);
    }
  };

  /** @throws DomainError `invalid`, `not_found`; `bad_request` when params or tags name a key twice. */
  const create = (input: NewLoggedModelInput): LoggedModel => {
    checkLoggedModelName(input.name ?? "");
    const experiment = experiments.open(input.experiment_id);
    const row = models.insert(
      {
        model_id: newModelId(),
        experiment: experiment.id,
        name: input.name || randomName(),
        model_type: input.model_type ?? "",
        source_run_id: input.source_run_id ?? "",
        status: PENDING,
      },
      now(),
    );
    addParams(row, input.params ?? []);
    const tags = input.tags ?? [];
    checkUniqueKeys(tags, "bad_request");
    setTagsOf(row, tags);
    record(row, "create", undefined, input);
    return one(row);
  };

  const setTagsOf = (row: LoggedModelRow, tags: readonly KeyValueInput[]): void => {
    for (const [i, { key = "", value = "" }] of tags.entries()) {
      checkValue(value, `tags[${i}].value`);
      models.setTag(row.id, key, value);
    }
  };

  return {
    create,
    find,
    /** @throws DomainError `not_found`, for a deleted one too unless asked for. */
    get: (modelId: string, allowDeleted = false): LoggedModel => {
      const row = find(modelId);
      if (row.lifecycle_stage === "deleted" && !allowDeleted)
        throw new DomainError("not_found", `Logged model with ID '${modelId}' not found.`);
      return one(row);
    },
    finalize: (modelId: string, status: number): LoggedModel => {
      const row = find(modelId);
      models.setStatus(row.id, status, now());
      record(row, "finalize", { status: row.status }, { status });
      return one(find(modelId));
    },
    trash: (modelId: string): void => {
      const row = find(modelId);
      models.trash(row.id, now());
      record(row, "delete", { lifecycle_stage: row.lifecycle_stage }, { lifecycle_stage: "deleted" });
    },
    setTags: (modelId: string, tags: readonly KeyValueInput[]): void => {
      const row = find(modelId);
      setTagsOf(row, tags);
      record(row, "set-tags", undefined, tags);
    },
    /** Gives the trash id of the tag. @throws DomainError `not_found` */
    deleteTag: (modelId: string, key: string): string => {
      const row = find(modelId);
      const before = models
        .tagsOf([row.id])
        .get(row.id)
        ?.find((tag) => tag.key === key)?.value;
      if (before === undefined)
        throw new DomainError("not_found", `No tag with key '${key}' found for model with ID '${modelId}'.`);
      models.deleteTag(row.id, key);
      record(row, "delete-tag", { key, value: before }, undefined);
      return removals.keep({ kind: "tags", owner_kind: "logged_model", owner: row.id, name: key, value: before });
    },
    logParams: (modelId: string, params: readonly KeyValueInput[]): void => {
      const row = find(modelId);
      addParams(row, params);
      record(row, "log-params", undefined, params);
    },
    search: (
      query: Omit<LoggedModelQuery, "experimentIds"> & { experimentIds: readonly string[] },
    ): { models: LoggedModel[]; nextPageToken: string | undefined } => {
      const page = search.search({ ...query, experimentIds: query.experimentIds.map(parseExperimentId) });
      return { models: hydrate(models.byIds(page.ids)), nextPageToken: page.nextPageToken };
    },
  };
};
