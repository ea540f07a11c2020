import type { RequestOf } from "../../../shared/api/endpoint.ts";
import * as api from "../../../shared/api/mlflow/metrics.ts";
import { DomainError } from "../../../shared/errors.ts";
import type { Metrics, RawPoint } from "../../domain/tracking/metrics.ts";
import { JsonText, reads, type Route } from "../route.ts";
import { runIdOf } from "./runs.ts";

const MAX_RUNS = 100;
const MAX_PER_RUN = 2500;
const MAX_BULK = 25_000;

/** A point as JSON text. Integers beyond 2^53 come as digits and go out as digits. */
const renderPoints = (key: string, points: readonly RawPoint[], runId?: string): string => {
  const head = `{"key":${JSON.stringify(key)},"value":`;
  const tail = runId === undefined ? "}" : `,"run_id":${JSON.stringify(runId)}}`;
  return points
    .map(([step, timestamp, value, nan]) => {
      const number = nan ? '"NaN"' : Number.isFinite(value) ? String(value) : value > 0 ? '"Infinity"' : '"-Infinity"';
      return `${head}${number},"timestamp":${timestamp},"step":${step}${tail}`;
    })
    .join(",");
};

const positive = (value: number | undefined): number | undefined => {
  if (value !== undefined && value <= 0)
    throw new DomainError(
      "invalid",
      `Invalid value ${value} for parameter 'max_results' supplied. It must be a positive integer.`,
    );
  return value;
};

type BulkInterval = RequestOf<typeof api.getMetricHistoryBulkInterval>;

const stepsOf = ({ start_step, end_step }: BulkInterval): readonly [number, number] | undefined => {
  if (start_step === undefined && end_step === undefined) return undefined;
  if (start_step === undefined || end_step === undefined)
    throw new DomainError("invalid", "If either start step or end step are specified, both must be specified.");
  if (start_step > end_step)
    throw new DomainError(
      "invalid",
      `end_step must be greater than start_step. Found start_step=${start_step} and end_step=${end_step}.`,
    );
  return [start_step, end_step];
};

/** The long reads of this surface as functions from a request to JSON text, so that a reader thread can run them. */
export const createMetricReads = (metrics: Metrics) => ({
  metricHistory: (input: RequestOf<typeof api.getMetricHistory>): string => {
    const maxResults = positive(input.max_results);
    const { points, nextPageToken } = metrics.history(
      runIdOf(input),
      input.metric_key,
      maxResults,
      input.page_token || undefined,
    );
    const list = points.length === 0 ? "" : `"metrics":[${renderPoints(input.metric_key, points)}]`;
    return `{${list}${nextPageToken === undefined ? "" : `,"next_page_token":"${nextPageToken}"`}}`;
  },

  metricHistoryBulkInterval: (input: BulkInterval): string => {
    const { run_ids = [], metric_key, max_results = MAX_PER_RUN } = input;
    if (run_ids.length === 0) throw new DomainError("invalid", "Missing value for required parameter 'run_ids'.");
    if (run_ids.length > MAX_RUNS)
      throw new DomainError(
        "invalid",
        `GetMetricHistoryBulkInterval request must specify at most ${MAX_RUNS} run_ids. Received ${run_ids.length} run_ids.`,
      );
    if (max_results < 1 || max_results > MAX_PER_RUN)
      throw new DomainError("invalid", `max_results must be between 1 and ${MAX_PER_RUN}.`);
    const steps = stepsOf(input);
    const parts = run_ids
      .map((id) => renderPoints(metric_key, metrics.sample(id, metric_key, max_results, steps), id))
      .filter(Boolean);
    return parts.length === 0 ? "{}" : `{"metrics":[${parts.join(",")}]}`;
  },

  metricHistoryBulk: (input: RequestOf<typeof api.getMetricHistoryBulk>): string => {
    const { run_id = [], metric_key, max_results = MAX_BULK } = input;
    if (run_id.length === 0)
      throw new DomainError("invalid", "GetMetricHistoryBulk request must specify at least one run_id.");
    if (run_id.length > MAX_RUNS)
      throw new DomainError(
        "invalid",
        `GetMetricHistoryBulk request cannot specify more than ${MAX_RUNS} run_ids. Received ${run_id.length} run_ids.`,
      );
    if (metric_key === undefined)
      throw new DomainError("invalid", "GetMetricHistoryBulk request must specify a metric_key.");
    let left = Math.min(positive(max_results) ?? MAX_BULK, MAX_BULK);
    const parts: string[] = [];
    for (const id of [...new Set(run_id)].sort()) {
      if (left === 0) break;
      const { points } = metrics.history(id, metric_key, left, undefined);
      left -= points.length;
      if (points.length > 0) parts.push(renderPoints(metric_key, points, id));
    }
    return `{"metrics":[${parts.join(",")}]}`;
  },
});

export type MetricReads = ReturnType<typeof createMetricReads>;

/** Runs a long read by its name; resolves with JSON text. */
export type LongRead = <N extends keyof MetricReads>(
  name: N,
  input: Parameters<MetricReads[N]>[0],
) => string | Promise<string | Uint8Array>;

/** The metrics' endpoints of MLflow. */
export const metricRoutes = (read: LongRead): Route[] => [
  reads(api.getMetricHistory, async (input) => new JsonText(await read("metricHistory", input))),
  reads(
    api.getMetricHistoryBulkInterval,
    async (input) => new JsonText(await read("metricHistoryBulkInterval", input)),
  ),
  reads(api.getMetricHistoryBulk, async (input) => new JsonText(await read("metricHistoryBulk", input))),
];
