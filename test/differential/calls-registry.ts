/** Calls about registered models, their versions, aliases and stages, and about logged models. */
import { type Call, type Make, get, post } from "./call.ts";
import { type Fields, type Json, textAt, type World } from "./world.ts";
import { anyKey, filter, key, order, pageSize, pairs, text } from "./words.ts";

const model = (world: World): string =>
  world.random.chance(0.06) ? world.random.pick(["nomodel-zz", "a/b", "a:b"]) : world.any("model", "nomodel");
const version = (world: World): string =>
  world.random.pick(world.random.chance(0.08) ? ["99", "abc", "0", "-1", "1.0"] : ["1", "2", "3", "1", "2"]);
const loggedModel = (world: World): string =>
  world.random.chance(0.06) ? `m-${"0".repeat(32)}` : world.any("loggedModel", `m-${"0".repeat(32)}`);

const patch = (name: string, body: Fields): Call => post(name, name, body, { method: "PATCH" });
const remove = (name: string, body: Fields): Call => post(name, name, body, { method: "DELETE" });
const loggedModels = "/api/2.0/mlflow/logged-models";
/** A DELETE as the Python client sends it: no body and no content type. */
const bare = (name: string, path: string): Call => ({ name, method: "DELETE", path });
const optional = (world: World, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(() => world.random.chance(0.4)));

const createModel: Make = (world) => {
  const name = world.random.chance(0.15)
    ? model(world)
    : `${world.fresh("m")}-${world.random.pick(["a", "B", "zé", "x y"])}`;
  return post(
    "registered-models/create",
    "registered-models/create",
    { name, ...optional(world, { tags: pairs(world), description: text(world) }) },
    {
      learn: () => void (world.pools.model.includes(name) || world.pools.model.push(name)),
    },
  );
};

const SOURCES = ["s3://b/m", "s3://b/m2", "dbfs:/x"];
const ODD_SOURCES = [
  "/etc",
  "file:///x",
  "mlflow-artifacts:/a/b",
  "s3://b/../x",
  "http://h/x",
  "runs:/x/y",
  "models:/nope/1",
  "",
  "./x",
];

const createVersion: Make = (world) =>
  post("model-versions/create", "model-versions/create", {
    name: model(world),
    source: world.random.pick(world.random.chance(0.2) ? ODD_SOURCES : SOURCES),
    ...optional(world, { tags: pairs(world), description: text(world), run_id: world.any("run", "zz") }),
  });

const renameModel: Make = (world) => {
  const later = world.pools.model.slice(2);
  const [name, renamed] = [later.length > 0 ? world.random.pick(later) : "zz", world.fresh("renamed")];
  return post(
    "registered-models/rename",
    "registered-models/rename",
    { name, new_name: renamed },
    {
      learn: () => void (world.pools.model[world.pools.model.indexOf(name)] = renamed),
    },
  );
};

const createLoggedModel: Make = (world) =>
  post(
    "logged-models",
    "logged-models",
    {
      experiment_id: world.any("experiment", "0"),
      name: world.random.pick(["lm1", "lm2", "LM3", "a b", "a/b"]),
      ...optional(world, {
        params: pairs(world),
        tags: pairs(world),
        model_type: "agent",
        source_run_id: world.any("run", "zz"),
      }),
    },
    {
      learn: (a, b) => {
        const [reference, candidate] = [textAt(a, "model", "info", "model_id"), textAt(b, "model", "info", "model_id")];
        if (reference && candidate) world.pools.loggedModel.push(world.bind("logged", reference, candidate));
      },
    },
  );

const changeLoggedModel: Make = (world) => {
  const id = loggedModel(world);
  return world.random.pick<() => Call>([
    () => get("logged-models/get", `logged-models/${id}`, {}),
    () =>
      post(
        "logged-models/finalize",
        `logged-models/${id}`,
        { model_id: id, status: world.random.pick(["LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED"]) },
        { method: "PATCH" },
      ),
    () =>
      post("logged-models/tags", `logged-models/${id}/tags`, { model_id: id, tags: pairs(world) }, { method: "PATCH" }),
    () => post("logged-models/params", `logged-models/${id}/params`, { model_id: id, params: pairs(world) }),
    () => bare("logged-models/delete-tag", `${loggedModels}/${id}/tags/${encodeURIComponent(key(world))}`),
    () => bare("logged-models/delete", `${loggedModels}/m-${"0".repeat(32)}`),
  ])();
};

const searchVersions: Make = (world) => {
  const scope = world.random.pick([`name LIKE '${world.nonce}%'`, `name = '${world.any("model", "zz")}'`]);
  return get("model-versions/search", "model-versions/search", {
    filter: filter(world, "versions", scope),
    max_results: world.random.pick<Json>([1, 2, 100, 200_001, 0]),
    ...(world.random.chance(0.5) ? { order_by: order(world, ["name", "version_number", "creation_timestamp"]) } : {}),
  });
};

/** Weight and maker. */
export const registryCalls: readonly (readonly [number, Make])[] = [
  [3, createModel],
  [3, (w) => get("registered-models/get", "registered-models/get", { name: model(w) })],
  [2, (w) => patch("registered-models/update", { name: model(w), description: text(w) })],
  [1, renameModel],
  [
    1,
    (w) =>
      remove("registered-models/delete", {
        name: w.pools.model.length > 3 ? w.random.pick(w.pools.model.slice(3)) : "zz",
      }),
  ],
  [
    2,
    (w) =>
      post("registered-models/set-tag", "registered-models/set-tag", {
        name: model(w),
        key: anyKey(w),
        value: text(w),
      }),
  ],
  [1, (w) => remove("registered-models/delete-tag", { name: model(w), key: key(w) })],
  [
    4,
    (w) =>
      get("registered-models/search", "registered-models/search", {
        filter: filter(w, "models", `name LIKE '${w.nonce}%'`),
        max_results: w.random.pick([1, 2, 100, 1001]),
        ...(w.random.chance(0.5) ? { order_by: order(w, ["name", "last_updated_timestamp"]) } : {}),
      }),
  ],
  [
    2,
    (w) =>
      post("registered-models/get-latest-versions", "registered-models/get-latest-versions", {
        name: model(w),
        ...optional(w, { stages: w.random.some(["None", "Staging", "production", "Bogus"], 2) }),
      }),
  ],
  [
    3,
    (w) =>
      post("registered-models/alias set", "registered-models/alias", {
        name: model(w),
        alias: w.random.pick(["champ", "chall", "Champ", "v1", "latest", "a b", "é", "x".repeat(256)]),
        version: version(w),
      }),
  ],
  [
    2,
    (w) =>
      get("registered-models/alias get", "registered-models/alias", {
        name: model(w),
        alias: w.random.pick(["champ", "chall", "nope"]),
      }),
  ],
  [1, (w) => remove("registered-models/alias", { name: model(w), alias: w.random.pick(["champ", "nope"]) })],
  [5, createVersion],
  [3, (w) => get("model-versions/get", "model-versions/get", { name: model(w), version: version(w) })],
  [1, (w) => patch("model-versions/update", { name: model(w), version: version(w), description: text(w) })],
  [1, (w) => remove("model-versions/delete", { name: model(w), version: version(w) })],
  [
    2,
    (w) =>
      post("model-versions/set-tag", "model-versions/set-tag", {
        name: model(w),
        version: version(w),
        key: anyKey(w),
        value: text(w),
      }),
  ],
  [1, (w) => remove("model-versions/delete-tag", { name: model(w), version: version(w), key: key(w) })],
  [
    2,
    (w) =>
      post("model-versions/transition-stage", "model-versions/transition-stage", {
        name: model(w),
        version: version(w),
        stage: w.random.pick(["Staging", "Production", "archived", "None", "Bogus"]),
        archive_existing_versions: false,
      }),
  ],
  [
    1,
    (w) =>
      get("model-versions/get-download-uri", "model-versions/get-download-uri", {
        name: model(w),
        version: version(w),
      }),
  ],
  [4, searchVersions],
  [3, createLoggedModel],
  [5, changeLoggedModel],
  [
    3,
    (w) =>
      post("logged-models/search", "logged-models/search", {
        experiment_ids: w.random.some(w.pools.experiment.slice(0, 3), 2),
        filter: filter(w, "loggedModels"),
        max_results: pageSize(w),
      }),
  ],
];

export const registrySetup: readonly Make[] = [
  ...Array.from({ length: 4 }, () => createModel),
  ...Array.from({ length: 6 }, () => createVersion),
  ...Array.from({ length: 3 }, () => createLoggedModel),
];
