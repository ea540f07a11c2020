/** `runs/…` of the MLflow API but for logging. */
import type { Raw } from "./body.ts";
import { type Answer, crash, json, message, missing } from "./http.ts";
import { experimentByIid } from "./experiments.ts";
import { ML, type MlCall, mlRoute } from "./ml-access.ts";
import { keysetPage } from "./paging.ts";
import { array, integer, rawText, required, text } from "./params.ts";
import { deleteCandidate } from "./remove.ts";
import type { Route } from "./routes.ts";
import { runInfo, runView } from "./run-view.ts";
import { type Candidate, type Experiment, type Project, type State, nextIid, statuses, uuid } from "./state.ts";
import { addMany, tagLimits } from "./tags.ts";

const moods = ["bold", "calm", "eager", "gentle", "merry", "proud", "quiet", "swift"] as const;
const animals = ["crane", "finch", "heron", "lynx", "otter", "raven", "seal", "stoat"] as const;

const nickname = (state: State): string => {
  const pick = (words: readonly string[]): string => words[Math.floor(state.random() * words.length)] ?? "";
  return `${pick(moods)}-${pick(animals)}-${String(Math.floor(state.random() * 10_000))}`;
};

/** By eid, within the project. @throws Refusal 404 */
export const findRun = (state: State, project: Project, eid: string | undefined): Candidate => {
  const found = state.byEid.get(eid ?? "");
  if (found?.projectId !== project.id) throw missing();
  return found;
};

export const createCandidate = (
  state: State,
  project: Project,
  experiment: Experiment,
  given: { name?: string | undefined; startTime?: number | undefined; userId: number | null },
): Candidate => {
  const run: Candidate = {
    id: state.nextId("candidate"),
    iid: nextIid(project, "candidate"),
    eid: uuid(state),
    projectId: project.id,
    experimentId: experiment.id,
    name: given.name ?? nickname(state),
    startTime: given.startTime ?? 0,
    endTime: null,
    status: "RUNNING",
    userId: given.userId,
    params: [],
    tags: [],
    metrics: [],
    versionId: null,
    packageId: null,
    ciJobId: null,
    createdAt: state.now(),
  };
  state.candidates.set(run.id, run);
  state.byEid.set(run.eid, run);
  return run;
};

/** Links the run to the CI job that a tag names. @throws Refusal 500 for a job that does not exist */
export const linkJob = (state: State, project: Project, run: Candidate, tags: readonly Raw[]): void => {
  const tag = tags.find((each) => each["key"] === "gitlab.CI_JOB_ID");
  if (!tag) return;
  const job = Number(rawText(tag, "value"));
  if (project.jobs.includes(job)) run.ciJobId = job;
  else if (state.options.ciJobFails) throw crash();
};

const create = ({ call, state, project, token, params }: MlCall): Answer => {
  const experiment = experimentByIid(state, project, params.number("experiment_id") ?? "");
  const tags = params.list("tags");
  const named = tags.find((tag) => tag["key"] === "mlflow.runName");
  const name = params.text("run_name") ?? (named && (rawText(named, "value") ?? undefined));
  const run = createCandidate(state, project, experiment, {
    name,
    startTime: params.number("start_time"),
    userId: token.userId,
  });
  linkJob(state, project, run, tags); // the row stays when this or the next line fails: there is no transaction
  addMany(run.tags, tags, tagLimits, "ml_candidate_metadata");
  return json({ run: runView(call, run) });
};

const latest = (run: Candidate, key: string): number | undefined =>
  run.metrics.findLast((metric) => metric.key === key)?.value;

/** How to sort, and which runs stay: sorting by a metric drops the runs without it. */
const orderOf = (orderBy: string) => {
  const [column = "", direction = "desc"] = orderBy.trim().split(/\s+/);
  const descending = !/^asc$/i.test(direction);
  const [area, metric] = column.split(".");
  if (area === "metrics" && metric !== undefined)
    return {
      keep: (run: Candidate) => latest(run, metric) !== undefined,
      sort: { key: (run: Candidate) => latest(run, metric) ?? 0, descending },
    };
  const keys: Readonly<Record<string, (run: Candidate) => string | number>> = {
    name: (run) => run.name ?? "",
    id: (run) => run.id,
  };
  return { keep: () => true, sort: { key: keys[column] ?? ((run: Candidate) => run.createdAt), descending } };
};

const search = ({ call, state, project, params }: MlCall): Answer => {
  const ids = params.raw["experiment_ids"];
  const wanted: unknown = Array.isArray(ids) ? ids[0] : undefined;
  const experiment = experimentByIid(state, project, typeof wanted === "number" ? wanted : String(wanted));
  const { keep, sort } = orderOf(params.text("order_by") ?? "created_at DESC");
  const runs = [...state.candidates.values()].filter((run) => run.experimentId === experiment.id && keep(run));
  const page = { max: params.number("max_results"), fallback: 200, token: params.text("page_token") };
  const { rows, next } = keysetPage(call, runs, sort, page);
  return json({ runs: rows.map((run) => runView(call, run)), next_page_token: next });
};

const update = ({ call, state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  run.status = params.text("status") ?? run.status;
  run.endTime = params.number("end_time") ?? run.endTime;
  return json({ run_info: runInfo(call, run) });
};

const remove = ({ state, project, params }: MlCall): Answer => {
  const run = findRun(state, project, params.text("run_id"));
  if (run.versionId !== null) throw message(400, "Cannot delete a candidate associated to a model version");
  deleteCandidate(state, run);
  return json({});
};

const feature = "experiments";
const runId = text("run_id", required);

export const runRoutes: readonly Route[] = [
  mlRoute(
    "POST",
    `${ML}/runs/create`,
    "runs.create",
    {
      feature,
      params: [
        integer("experiment_id", required),
        integer("start_time"),
        text("run_name"),
        array("tags"),
        text("user_id"),
      ],
    },
    create,
  ),
  mlRoute("GET", `${ML}/runs/get`, "runs.get", { feature, params: [runId, text("run_uuid")] }, (ml) =>
    json({ run: runView(ml.call, findRun(ml.state, ml.project, ml.params.text("run_id"))) }),
  ),
  mlRoute(
    "POST",
    `${ML}/runs/search`,
    "runs.search",
    {
      feature,
      params: [
        array("experiment_ids", required),
        integer("max_results"),
        text("order_by"),
        text("page_token"),
        text("filter"),
      ],
    },
    search,
  ),
  mlRoute(
    "POST",
    `${ML}/runs/update`,
    "runs.update",
    { feature, params: [runId, text("status", { values: statuses }), integer("end_time")] },
    update,
  ),
  mlRoute("POST", `${ML}/runs/delete`, "runs.delete", { feature, params: [runId] }, remove),
];
