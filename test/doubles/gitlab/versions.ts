/** `model-versions/…` of the MLflow API. */
import { type Answer, invalid, json, missing, mlflow } from "./http.ts";
import { ML, type MlCall, mlRoute } from "./ml-access.ts";
import { tagsOf } from "./models.ts";
import { array, integer, required, text } from "./params.ts";
import { Refused, checkDescription, createVersion, modelByName, versionBySemver } from "./registry.ts";
import { versionView } from "./registry-view.ts";
import type { Route } from "./routes.ts";

/** The run named by `run_id`; undefined when none is named or this release does not look at it. */
const namedRun = ({ state, params }: MlCall) => {
  const eid = params.text("run_id");
  if (eid === undefined || eid === "" || !state.options.promoteRun) return undefined;
  return state.byEid.get(eid) ?? null;
};

const create = (ml: MlCall): Answer => {
  const { call, state, project, params } = ml;
  const model = modelByName(state, project, params.text("name"));
  if (!model) throw missing();
  const tags = tagsOf(params.list("tags"));
  try {
    const version = createVersion(state, project, model, {
      version: tags.find((tag) => tag.key === "gitlab.version")?.value,
      description: params.text("description") ?? null,
      tags,
      run: namedRun(ml),
    });
    return json({ model_version: versionView(call, model, version) });
  } catch (cause) {
    if (cause instanceof Refused) throw invalid(cause.reasons);
    throw cause;
  }
};

const get = ({ call, state, project, params }: MlCall): Answer => {
  const model = modelByName(state, project, params.text("name"));
  const version = versionBySemver(model, params.text("version"));
  if (!model || !version) throw missing();
  return json({ model_version: versionView(call, model, version) });
};

const update = ({ call, state, project, params }: MlCall): Answer => {
  const [name, semver, description] = [params.text("name"), params.text("version"), params.text("description")];
  if (!name || !semver || !description) throw invalid(null);
  const model = modelByName(state, project, name);
  const version = versionBySemver(model, semver);
  if (!model || !version) throw mlflow(400, "UPDATE_FAILED");
  try {
    checkDescription(description);
  } catch (cause) {
    if (cause instanceof Refused) throw mlflow(400, "UPDATE_FAILED");
    throw cause;
  }
  version.description = description;
  version.updatedAt = state.now();
  return json({ model_version: versionView(call, model, version) });
};

const feature = "registry";
const AT = `${ML}/model-versions`;
const name = text("name");

export const versionRoutes: readonly Route[] = [
  mlRoute(
    "POST",
    `${AT}/create`,
    "versions.create",
    {
      feature,
      params: [
        text("name", required),
        text("description"),
        array("tags"),
        text("run_id"),
        text("source"),
        text("run_link"),
      ],
    },
    create,
  ),
  mlRoute("GET", `${AT}/get`, "versions.get", { feature, params: [name, text("version")] }, get),
  mlRoute(
    "GET",
    `${AT}/get-download-uri`,
    "versions.get-download-uri",
    { feature, params: [text("name", required), integer("version", required)] },
    ({ params }) => json({ artifact_uri: `mlflow-artifacts:/${String(params.number("version"))}` }),
  ),
  mlRoute(
    "PATCH",
    `${AT}/update`,
    "versions.update",
    { feature, params: [name, text("version"), text("description")] },
    update,
  ),
];
