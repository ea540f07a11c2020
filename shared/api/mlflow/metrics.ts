import { Type } from "typebox";
import { endpoint } from "../endpoint.ts";
import { Int32, List, Opt, Required, Str } from "../wire.ts";
import { Metric } from "./entities.ts";

const MetricOfRun = Type.Object({ ...Metric.properties, run_id: Str() });

export const getMetricHistory = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/metrics/get-history",
  summary: "All points of a metric, by timestamp, step and value; paged when `max_results` is given",
  request: Type.Object({
    run_id: Opt(Str()),
    run_uuid: Opt(Str()),
    metric_key: Required(),
    page_token: Opt(Str()),
    max_results: Opt(Int32()),
  }),
  response: Type.Object({ metrics: Opt(List(Metric)), next_page_token: Opt(Str()) }),
});

export const getMetricHistoryBulkInterval = endpoint({
  method: "GET",
  path: "/api/2.0/mlflow/metrics/get-history-bulk-interval",
  summary: "At most `max_results` evenly spaced points of a metric for each run, first and last kept",
  request: Type.Object({
    run_ids: Opt(List(Str())),
    metric_key: Required(),
    start_step: Opt(Int32()),
    end_step: Opt(Int32()),
    max_results: Opt(Int32()),
  }),
  response: Type.Object({ metrics: Opt(List(MetricOfRun)) }),
});

/** MLflow's interface asks for it under /ajax-api only. */
export const getMetricHistoryBulk = endpoint({
  method: "GET",
  path: "/ajax-api/2.0/mlflow/metrics/get-history-bulk",
  summary: "Points of a metric of several runs, by run, timestamp, step and value, at most 25,000",
  request: Type.Object({ run_id: Opt(List(Str())), metric_key: Opt(Str()), max_results: Opt(Int32()) }),
  response: Type.Object({ metrics: List(MetricOfRun) }),
});
