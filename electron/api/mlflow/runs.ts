import * as api from "../../../shared/api/mlflow/runs.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Logging } from "../../domain/tracking/logging.ts";
import type { Runs } from "../../domain/tracking/runs.ts";
import { reads, writes, type Route } from "../route.ts";
import { renderRun, renderRunInfo, repeated } from "./render.ts";

const MAX_RESULTS = 50_000;
const DEFAULT_RESULTS = 1000;
const MODEL_FIELDS = ["artifact_path", "flavors", "utc_time_created", "run_id"];

const done = {};

/** `run_uuid` stands in for `run_id` where that was not sent. @throws DomainError `invalid` when neither names a run. */
export const runIdOf = ({ run_id, run_uuid }: { run_id?: string; run_uuid?: string }): string => {
  const id = run_id ?? run_uuid;
  if (!id) throw new DomainError("invalid", "Missing value for required parameter 'run_id'.");
  return id;
};

const parseModel = (json: string): Record<string, unknown> => {
  let model: unknown;
  try {
    model = JSON.parse(json);
  } catch (cause) {
    throw new DomainError("invalid", "Malformed model info: model_json is not valid JSON.", { cause });
  }
  if (typeof model !== "object" || model === null || Array.isArray(model))
    throw new DomainError("invalid", "Malformed model info: model_json must be a JSON object.");
  const missing = MODEL_FIELDS.filter((field) => !Object.hasOwn(model, field));
  if (missing.length > 0)
    throw new DomainError("invalid", `Model json is missing mandatory fields: ${missing.join(", ")}`);
  return { ...model };
};

/** The runs' endpoints of MLflow. */
export const runRoutes = (runs: Runs, logging: Logging): Route[] => [
  writes(api.createRun, (input) => ({ run: renderRun(runs.create(input), "created") })),
  writes(api.updateRun, (input) => ({ run_info: renderRunInfo(runs.update(runIdOf(input), input)) })),
  writes(api.deleteRun, ({ run_id }) => {
    runs.trash(run_id);
    return done;
  }),
  writes(api.restoreRun, ({ run_id }) => {
    runs.restore(run_id);
    return done;
  }),
  reads(api.getRun, (input) => ({ run: renderRun(runs.get(runIdOf(input)), "whole") })),
  reads(api.searchRuns, (input) => {
    const maxResults = input.max_results ?? DEFAULT_RESULTS;
    if (maxResults < 1 || maxResults > MAX_RESULTS)
      throw new DomainError(
        "invalid",
        `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be between 1 and ${MAX_RESULTS}.`,
      );
    const found = runs.search({
      experimentIds: input.experiment_ids ?? [],
      filter: input.filter,
      viewType: input.run_view_type ?? "ACTIVE_ONLY",
      orderBy: input.order_by ?? [],
      maxResults,
      pageToken: input.page_token || undefined,
    });
    return {
      ...repeated(
        "runs",
        found.runs.map((run) => renderRun(run, "found")),
      ),
      ...(found.nextPageToken ? { next_page_token: found.nextPageToken } : {}),
    };
  }),
  writes(api.logMetric, (input) => {
    logging.logMetric(runIdOf(input), input);
    return done;
  }),
  writes(api.logParameter, (input) => {
    logging.logParam(runIdOf(input), input.key, input.value ?? "");
    return done;
  }),
  writes(api.setTag, (input) => {
    logging.setTag(runIdOf(input), input.key, input.value ?? "");
    return done;
  }),
  writes(api.deleteTag, ({ run_id, key }) => {
    logging.deleteTag(run_id, key);
    return done;
  }),
  writes(api.logBatch, (input) => {
    logging.logBatch(input);
    return done;
  }),
  writes(api.logInputs, ({ run_id, datasets = [], models = [] }) => {
    logging.logInputs(
      run_id,
      datasets,
      models.map(({ model_id = "" }) => model_id),
    );
    return done;
  }),
  writes(api.logOutputs, ({ run_id, models }) => {
    logging.logOutputs(run_id, models);
    return done;
  }),
  writes(api.logModel, ({ run_id, model_json }) => {
    logging.logModelHistory(run_id, parseModel(model_json));
    return done;
  }),
];
