/** Pipelines: triggered, and then moving along by the double's clock. */
import { anyAccessToken, authenticate, findProject, requireRole } from "./auth.ts";
import { isRecord } from "./body.ts";
import { type Answer, error, json, message, notFound } from "./http.ts";
import { offsetPage } from "./paging.ts";
import { declared, rawText, required, text } from "./params.ts";
import { type Call, type Route, route } from "./routes.ts";
import { type Pipeline, type Project, type State, type Tag, nextIid } from "./state.ts";
import { rawItems } from "./tags.ts";

/** What a pipeline is after so many milliseconds; then its outcome. */
const COURSE = [
  { until: 1_000, status: "created" },
  { until: 3_000, status: "pending" },
  { until: 10_000, status: "running" },
] as const;

export const statusOf = (state: State, pipeline: Pipeline): string =>
  pipeline.forced ?? COURSE.find((each) => state.now() - pipeline.createdAt < each.until)?.status ?? pipeline.outcome;

const iso = (ms: number): string => new Date(ms).toISOString();
const final = ["success", "failed", "canceled", "skipped"];

const brief = (call: Call, project: Project, pipeline: Pipeline) => ({
  id: pipeline.id,
  iid: pipeline.iid,
  project_id: pipeline.projectId,
  sha: "5ad5b5f0c2e1b2c3d4e5f60718293a4b5c6d7e8f",
  ref: pipeline.ref,
  status: statusOf(call.state, pipeline),
  source: pipeline.source,
  created_at: iso(pipeline.createdAt),
  updated_at: iso(pipeline.updatedAt),
  web_url: `${call.base}/${project.path}/-/pipelines/${String(pipeline.id)}`,
  name: null,
});

const full = (call: Call, project: Project, pipeline: Pipeline) => {
  const status = statusOf(call.state, pipeline);
  const user = call.state.users.find((each) => each.id === pipeline.userId);
  const isStarted = status !== "created" && status !== "pending";
  const isOver = final.includes(status);
  return {
    ...brief(call, project, pipeline),
    before_sha: "0".repeat(40),
    tag: false,
    yaml_errors: null,
    user: user ? { id: user.id, username: user.username, name: user.username, state: "active" } : null,
    started_at: isStarted ? iso(pipeline.createdAt + 3_000) : null,
    finished_at: isOver ? iso(pipeline.createdAt + 10_000) : null,
    committed_at: null,
    duration: isOver ? 7 : null,
    queued_duration: isStarted ? 2 : null,
    coverage: null,
    detailed_status: { icon: `status_${status}`, text: status, label: status, group: status },
  };
};

const start = (
  state: State,
  project: Project,
  given: Pick<Pipeline, "ref" | "source" | "userId" | "variables">,
): Pipeline => {
  if (!project.refs.includes(given.ref)) throw message(400, { base: ["Reference not found"] });
  const now = state.now();
  const pipeline: Pipeline = {
    ...given,
    id: state.nextId("pipeline"),
    iid: nextIid(project, "pipeline"),
    projectId: project.id,
    createdAt: now,
    updatedAt: now,
    forced: null,
    outcome: "success",
  };
  state.pipelines.set(pipeline.id, pipeline);
  return pipeline;
};

const triggerVariables = (value: unknown): readonly Tag[] => {
  if (value === undefined || value === null) return [];
  const pairs = isRecord(value) ? Object.entries(value) : [["", null] as const];
  return pairs.map(([key, each]) => {
    if (typeof each !== "string") throw message(400, "variables needs to be a map of key-valued strings");
    return { key, value: each };
  });
};

/** The token is a parameter here; no header counts. Twice asked is twice started. */
const trigger = (call: Call): Answer => {
  const { state } = call;
  const raw = call.path["ref"] === undefined ? call.params : { ...call.params, ref: call.path["ref"] };
  const params = declared([text("ref", required), text("token", required)], raw);
  const ref = params.text("ref") ?? "";
  if (/^\s*$/.test(ref)) throw error(400, "ref is empty");
  const token = state.tokens.find((each) => each.value === params.text("token"));
  const id = call.path["id"] ?? "";
  const project = state.projects.find((each) => String(each.id) === id || each.path === id);
  const isGood = token?.state === "active" && (token.kind === "trigger" || token.kind === "job");
  if (!project || !isGood || token.projectId !== project.id) throw notFound();
  const variables = [...triggerVariables(call.params["variables"])];
  const pipeline = start(state, project, { ref, source: "trigger", userId: token.userId, variables });
  return json(full(call, project, pipeline), 201);
};

const create = (call: Call): Answer => {
  const token = authenticate(call.state, call, anyAccessToken, ["api"]);
  const project = findProject(call.state, call.path["id"] ?? "", token);
  requireRole(project, token, "developer");
  const ref = declared([text("ref", required)], call.params).text("ref") ?? "";
  const items = rawItems(call.params["variables"]);
  const variables = items.map((each) => ({ key: rawText(each, "key") ?? "", value: rawText(each, "value") ?? "" }));
  const pipeline = start(call.state, project, { ref, source: "api", userId: token.userId, variables });
  return json(full(call, project, pipeline), 201);
};

const open = (call: Call): { project: Project; pipeline: Pipeline } => {
  const isRead = call.method === "GET" || call.method === "HEAD";
  const token = authenticate(call.state, call, anyAccessToken, isRead ? ["api", "read_api"] : ["api"]);
  const project = findProject(call.state, call.path["id"] ?? "", token);
  requireRole(project, token, isRead ? "reporter" : "developer");
  const pipeline = call.state.pipelines.get(Number(call.path["pipeline"]));
  if (pipeline?.projectId !== project.id) throw notFound();
  return { project, pipeline };
};

const list = (call: Call): Answer => {
  const token = authenticate(call.state, call, anyAccessToken, ["api", "read_api"]);
  const project = findProject(call.state, call.path["id"] ?? "", token);
  requireRole(project, token, "reporter");
  const [ref, status] = [call.query.get("ref"), call.query.get("status")];
  const found = [...call.state.pipelines.values()]
    .filter((each) => each.projectId === project.id && (ref === null || each.ref === ref))
    .filter((each) => status === null || statusOf(call.state, each) === status)
    .toReversed();
  const address = `/api/v4/projects/${String(project.id)}/pipelines`;
  return offsetPage(call, address, found, (each) => brief(call, project, each));
};

const jobs = (call: Call): Answer => {
  const { project, pipeline } = open(call);
  const address = `/api/v4/projects/${String(project.id)}/pipelines/${String(pipeline.id)}/jobs`;
  const names = ["build", "test"].map((name, index) => ({ name, id: pipeline.id * 10 + index }));
  return offsetPage(call, address, names, ({ id, name }) => ({
    id,
    name,
    stage: name,
    status: statusOf(call.state, pipeline),
    ref: pipeline.ref,
    pipeline: { id: pipeline.id, project_id: project.id, ref: pipeline.ref },
  }));
};

const variables = (call: Call): Answer =>
  json(open(call).pipeline.variables.map((each) => ({ ...each, variable_type: "env_var", raw: false })));

const forceTo =
  (status: string | null) =>
  (call: Call): Answer => {
    const { project, pipeline } = open(call);
    if (status === null || !final.includes(statusOf(call.state, pipeline))) pipeline.forced = status ?? "running";
    pipeline.updatedAt = call.state.now();
    return json(full(call, project, pipeline), status === null ? 201 : 200);
  };

const AT = "/api/v4/projects/:id";

export const pipelineRoutes: readonly Route[] = [
  route("POST", `${AT}/trigger/pipeline`, "pipelines.trigger", trigger),
  route("POST", `${AT}/ref/:ref/trigger/pipeline`, "pipelines.trigger", trigger),
  route("POST", `${AT}/pipeline`, "pipelines.create", create),
  route("GET", `${AT}/pipelines`, "pipelines.list", list),
  route("GET", `${AT}/pipelines/:pipeline`, "pipelines.get", (call) => {
    const { project, pipeline } = open(call);
    return json(full(call, project, pipeline));
  }),
  route("GET", `${AT}/pipelines/:pipeline/variables`, "pipelines.variables", variables),
  route("GET", `${AT}/pipelines/:pipeline/jobs`, "pipelines.jobs", jobs),
  route("POST", `${AT}/pipelines/:pipeline/cancel`, "pipelines.cancel", forceTo("canceled")),
  route("POST", `${AT}/pipelines/:pipeline/retry`, "pipelines.retry", forceTo(null)),
];
