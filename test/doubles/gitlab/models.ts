/** `registered-models/…` of the MLflow API. */
import type { Raw } from "./body.ts";
import { type Answer, exists, invalid, json, missing } from "./http.ts";
import { ML, type MlCall, mlRoute } from "./ml-access.ts";
import { keysetPage } from "./paging.ts";
import { array, integer, rawText, required, text } from "./params.ts";
import { Refused, checkDescription, createModel, modelByName, modelsOf, versionBySemver } from "./registry.ts";
import { modelView, versionView } from "./registry-view.ts";
import { deleteModel } from "./remove.ts";
import type { Route } from "./routes.ts";
import { highest } from "./semver.ts";
import type { Model, Tag } from "./state.ts";

/** Tags as the services take them; what is missing becomes blank and is refused there. */
export const tagsOf = (items: readonly Raw[]): readonly Tag[] =>
  items.map((item) => ({ key: rawText(item, "key") ?? "", value: rawText(item, "value") ?? "" }));

const find = ({ state, project, params }: MlCall): Model => {
  const model = modelByName(state, project, params.text("name"));
  if (!model) throw missing();
  return model;
};

const create = ({ call, state, project, token, params }: MlCall): Answer => {
  try {
    const model = createModel(state, project, {
      name: params.text("name") ?? "",
      description: params.text("description") ?? null,
      tags: tagsOf(params.list("tags")),
      userId: token.userId,
    });
    return json({ registered_model: modelView(call, model) });
  } catch (cause) {
    if (cause instanceof Refused) throw exists(); // whatever the reason was
    throw cause;
  }
};

const update = (ml: MlCall): Answer => {
  const model = find(ml);
  const description = ml.params.text("description") ?? null;
  try {
    checkDescription(description);
  } catch (cause) {
    if (cause instanceof Refused) throw invalid(cause.reasons);
    throw cause;
  }
  model.description = description;
  model.updatedAt = ml.state.now();
  return json({ registered_model: modelView(ml.call, model) });
};

const remove = (ml: MlCall): Answer => {
  deleteModel(ml.state, find(ml));
  return json({});
};

const latestVersions = (ml: MlCall): Answer => {
  const model = find(ml);
  const version = highest(model.versions);
  if (version) return json({ model_versions: [versionView(ml.call, model, version)] });
  return json({ model_versions: ml.state.options.emptyLatestIsNull ? [null] : [] });
};

/** Split at the equals signs: nothing but `name='x'` is understood, and what follows makes the quoted text longer. */
const wantedName = (filter: string | undefined): string => {
  if (filter === undefined) return "";
  const [attribute = "", value = ""] = filter.split("=");
  if (attribute !== "name") throw invalid("Invalid attribute key specified. Valid keys are '{'name'}'");
  return value.slice(1, -1);
};

const columns: Readonly<Record<string, (model: Model) => string | number>> = {
  name: (each) => each.name,
  last_updated_timestamp: (each) => each.updatedAt,
  updated_at: (each) => each.updatedAt,
  created_at: (each) => each.createdAt,
};

const search = ({ call, state, project, params }: MlCall): Answer => {
  const name = wantedName(params.text("filter"));
  const [column = "", direction = "asc"] = (params.text("order_by") ?? "name ASC").trim().split(/\s+/);
  const sort = { key: columns[column] ?? ((each: Model) => each.id), descending: /^desc$/i.test(direction) };
  const found = modelsOf(state, project).filter((each) => each.name.includes(name));
  const page = { max: params.number("max_results"), fallback: 200, token: params.text("page_token") };
  const { rows, next } = keysetPage(call, found, sort, page);
  return json({ registered_models: rows.map((each) => modelView(call, each)), next_page_token: next });
};

const alias = (ml: MlCall): Answer => {
  const model = find(ml);
  const version = versionBySemver(model, ml.params.text("alias"));
  if (!version) throw missing();
  return json({ model_version: versionView(ml.call, model, version) });
};

const feature = "registry";
const AT = `${ML}/registered-models`;
const name = text("name");

export const modelRoutes: readonly Route[] = [
  mlRoute(
    "POST",
    `${AT}/create`,
    "models.create",
    { feature, params: [text("name", required), text("description"), array("tags")] },
    create,
  ),
  mlRoute("GET", `${AT}/get`, "models.get", { feature, params: [name] }, (ml) =>
    json({ registered_model: modelView(ml.call, find(ml)) }),
  ),
  mlRoute("PATCH", `${AT}/update`, "models.update", { feature, params: [name, text("description")] }, update),
  mlRoute("DELETE", `${AT}/delete`, "models.delete", { feature, params: [name] }, remove),
  mlRoute(
    "POST",
    `${AT}/get-latest-versions`,
    "models.get-latest-versions",
    { feature, writes: false, params: [name] },
    latestVersions,
  ),
  mlRoute(
    "GET",
    `${AT}/search`,
    "models.search",
    { feature, params: [text("filter"), integer("max_results"), text("order_by"), text("page_token")] },
    search,
  ),
  mlRoute("GET", `${AT}/alias`, "models.alias", { feature, params: [name, text("alias")] }, alias),
];
