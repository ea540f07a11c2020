/** What is logged to a run: metrics append, params and tags are write-once. */
import { type Answer, invalid, json, noRoute } from "./http.ts";
import { ML, type MlCall, mlRoute } from "./ml-access.ts";
import { keysetPage } from "./paging.ts";
import { array, float, integer, required, text } from "./params.ts";
import { type Route, route } from "./routes.ts";
import { metricView } from "./run-view.ts";
import { findRun, linkJob } from "./runs.ts";
import type { Candidate, State } from "./state.ts";
import { addMany, addOne, paramLimits, rawItems, tagLimits } from "./tags.ts";

interface Point {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number | null;
}

const pointOf = (fields: Readonly<Record<string, unknown>>): Point => {
  const { key, value, timestamp, step } = fields;
  if (typeof key !== "string" || typeof value !== "number" || typeof timestamp !== "number")
    throw invalid("Validation failed: Name can't be blank, Value can't be blank");
  return { key, value, timestamp, step: typeof step === "number" ? step : null };
};

const checkStep = (state: State, { step }: Point): void => {
  if (step !== null && state.options.step32 && (step > 2_147_483_647 || step < -2_147_483_648))
    throw invalid(`${String(step)} is out of range for ActiveModel::Type::Integer with limit 4 bytes`);
};

/** One statement: all the points or none. Equal points are stored again. */
const append = (state: State, run: Candidate, points: readonly Point[]): void => {
  for (const point of points) checkStep(state, point);
  for (const point of points) run.metrics.push({ id: state.nextId("metric"), ...point });
};

const logMetric = ({ state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  const read = ["value", "timestamp", "step"].map((name) => [name, params.number(name)] as const);
  append(state, run, [pointOf({ key: params.text("key"), ...Object.fromEntries(read) })]);
  return json({});
};

const logParameter = ({ state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  const param = { key: params.text("key") ?? "", value: params.text("value") ?? "" };
  addOne(run.params, param, paramLimits, "Name has already been taken");
  return json({});
};

const setTag = ({ state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  const tag = { key: params.text("key") ?? "", value: params.text("value") ?? "" };
  linkJob(state, project, run, [tag]);
  addOne(run.tags, tag, tagLimits, `Name '${tag.key}' already taken`);
  return json({});
};

/** Three inserts without a transaction around them: what came before a failure stays. */
const logBatch = ({ state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  append(state, run, params.list("metrics").map(pointOf));
  addMany(run.params, params.list("params"), paramLimits, "ml_candidate_params");
  const tags = rawItems(params.raw["tags"]); // not declared, hence not checked
  linkJob(state, project, run, tags);
  addMany(run.tags, tags, tagLimits, "ml_candidate_metadata");
  return json({});
};

const history = ({ call, state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  const points = run.metrics.filter((metric) => metric.key === params.text("metric_key"));
  const page = { max: params.number("max_results"), fallback: 1000, token: params.text("page_token") };
  const sort = { key: (metric: Point) => metric.step ?? Number.MAX_SAFE_INTEGER, descending: false }; // nulls last
  const { rows, next } = keysetPage(call, points, sort, page);
  return json({ metrics: rows.map(metricView), next_page_token: next });
};

const feature = "experiments";
const runId = text("run_id", required);
const keyValue = [text("key", required), text("value", required)];
const point = [text("key", required), float("value", required), integer("timestamp", required), integer("step")];

const historyRoute = mlRoute(
  "GET",
  `${ML}/metrics/get-history`,
  "metrics.get-history",
  {
    feature,
    params: [runId, text("metric_key", required), integer("max_results"), text("page_token")],
  },
  history,
);

export const logRoutes: readonly Route[] = [
  mlRoute("POST", `${ML}/runs/log-metric`, "runs.log-metric", { feature, params: [runId, ...point] }, logMetric),
  mlRoute(
    "POST",
    `${ML}/runs/log-parameter`,
    "runs.log-parameter",
    { feature, params: [runId, ...keyValue] },
    logParameter,
  ),
  mlRoute("POST", `${ML}/runs/set-tag`, "runs.set-tag", { feature, params: [runId, ...keyValue] }, setTag),
  mlRoute(
    "POST",
    `${ML}/runs/log-batch`,
    "runs.log-batch",
    { feature, params: [runId, array("metrics", { of: point }), array("params", { of: keyValue })] },
    logBatch,
  ),
  route("GET", `${ML}/metrics/get-history`, "metrics.get-history", (call) => {
    if (!call.state.options.metricHistory) throw noRoute();
    return historyRoute.handle(call);
  }),
];
