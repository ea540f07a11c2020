/** `experiments/…` of the MLflow API. */
import { type Answer, exists, invalid, json, message, missing } from "./http.ts";
import { ML, type MlCall, mlRoute } from "./ml-access.ts";
import { keysetPage } from "./paging.ts";
import { array, integer, required, text } from "./params.ts";
import { deleteCandidate } from "./remove.ts";
import type { Route } from "./routes.ts";
import { type Experiment, type Project, type State, nextIid } from "./state.ts";
import { addMany, addOne, tagLimits } from "./tags.ts";

const view = (experiment: Experiment) => ({
  experiment_id: String(experiment.iid),
  name: experiment.name,
  lifecycle_stage: "active",
  artifact_location: "not_implemented",
  tags: experiment.tags,
});

export const experimentsOf = (state: State, project: Project): readonly Experiment[] =>
  [...state.experiments.values()].filter((each) => each.projectId === project.id);

/** By iid, as the MLflow API names experiments. @throws Refusal 404 */
export const experimentByIid = (state: State, project: Project, iid: string | number): Experiment => {
  const found = experimentsOf(state, project).find((each) => String(each.iid) === String(iid));
  if (!found) throw missing();
  return found;
};

/** @throws Refusal as GitLab words any invalid name */
export const createExperiment = (state: State, project: Project, name: string, userId: number): Experiment => {
  const taken = experimentsOf(state, project).some((each) => each.name === name);
  if (/^\s*$/u.test(name) || taken) throw exists();
  if ([...name].length > 255) {
    if (state.options.longNameIsExists) throw exists();
    throw invalid("Validation failed: Name is too long (maximum is 255 characters)");
  }
  const now = state.now();
  const experiment: Experiment = {
    id: state.nextId("experiment"),
    iid: nextIid(project, "experiment"),
    projectId: project.id,
    name,
    userId,
    modelId: null,
    tags: [],
    createdAt: now,
    updatedAt: now,
  };
  state.experiments.set(experiment.id, experiment);
  return experiment;
};

const create = ({ state, project, token, params }: MlCall): Answer => {
  const experiment = createExperiment(state, project, params.text("name") ?? "", token.userId);
  addMany(experiment.tags, params.list("tags"), tagLimits, "ml_experiment_metadata");
  return json({ experiment_id: String(experiment.iid) });
};

const byName = ({ state, project, params }: MlCall): Answer => {
  const name = params.text("experiment_name");
  const found = experimentsOf(state, project).find((each) => each.name === name);
  if (!found) throw missing();
  return json({ experiment: view(found) });
};

const list = ({ state, project }: MlCall): Answer =>
  json({
    experiments: experimentsOf(state, project)
      .toSorted((a, b) => b.id - a.id)
      .map(view),
  });

const columns: Readonly<Record<string, (experiment: Experiment) => string | number>> = {
  name: (each) => each.name,
  created_at: (each) => each.createdAt,
  updated_at: (each) => each.updatedAt,
  last_updated_timestamp: (each) => each.updatedAt,
  id: (each) => each.id,
};

const search = ({ call, state, project, params }: MlCall): Answer => {
  const [column = "", direction = "asc"] = (params.text("order_by") ?? "created_at DESC").trim().split(/\s+/);
  const sort = { key: columns[column] ?? ((each: Experiment) => each.id), descending: /^desc$/i.test(direction) };
  const page = { max: params.number("max_results"), fallback: 200, token: params.text("page_token") };
  const { rows, next } = keysetPage(call, experimentsOf(state, project), sort, page);
  return json({ experiments: rows.map(view), next_page_token: next });
};

const setTag = ({ state, project, params }: MlCall): Answer => {
  const experiment = experimentByIid(state, project, params.text("experiment_id") ?? "");
  const tag = { key: params.text("key") ?? "", value: params.text("value") ?? "" };
  addOne(experiment.tags, tag, tagLimits, `Name '${tag.key}' already taken`);
  return json({});
};

const remove = ({ state, project, params }: MlCall): Answer => {
  const experiment = experimentByIid(state, project, params.text("experiment_id") ?? "");
  if (experiment.modelId !== null) throw message(400, "Cannot delete an experiment associated to a model");
  state.experiments.delete(experiment.id);
  if (state.options.deleteCascades)
    for (const each of [...state.candidates.values()])
      if (each.experimentId === experiment.id) deleteCandidate(state, each);
  return json({});
};

const feature = "experiments";

export const experimentRoutes: readonly Route[] = [
  mlRoute("GET", `${ML}/experiments/get`, "experiments.get", { feature, params: [text("experiment_id")] }, (ml) =>
    json({ experiment: view(experimentByIid(ml.state, ml.project, ml.params.text("experiment_id") ?? "")) }),
  ),
  mlRoute(
    "GET",
    `${ML}/experiments/get-by-name`,
    "experiments.get-by-name",
    { feature, params: [text("experiment_name")] },
    byName,
  ),
  mlRoute("GET", `${ML}/experiments/list`, "experiments.list", { feature }, list),
  mlRoute(
    "POST",
    `${ML}/experiments/search`,
    "experiments.search",
    { feature, params: [integer("max_results"), text("order_by"), text("page_token"), text("filter")] },
    search,
  ),
  mlRoute(
    "POST",
    `${ML}/experiments/create`,
    "experiments.create",
    { feature, params: [text("name", required), array("tags"), text("artifact_location")] },
    create,
  ),
  mlRoute(
    "POST",
    `${ML}/experiments/set-experiment-tag`,
    "experiments.set-experiment-tag",
    { feature, params: [text("experiment_id", required), text("key", required), text("value", required)] },
    setTag,
  ),
  mlRoute(
    "POST",
    `${ML}/experiments/delete`,
    "experiments.delete",
    { feature, params: [text("experiment_id", required)] },
    remove,
  ),
];
