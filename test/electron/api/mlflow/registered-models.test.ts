import { expect, test } from "vitest";
import * as mv from "../../../../shared/api/mlflow/model-versions.ts";
import * as rm from "../../../../shared/api/mlflow/registered-models.ts";
import { setupRegistry } from "../../../helpers/setup-registry.ts";

const refused = (status: number, error_code: string, message = /./) => [
  status,
  expect.objectContaining({ error_code, message: expect.stringMatching(message) }),
];
const model = (fields: object) => [200, { registered_model: expect.objectContaining(fields) }];
const T0 = 1_700_000_000_000;

test("a model is created with tags, of which the last of a key counts, and nothing that was not set", async () => {
  const { call } = setupRegistry();
  const tags = [{ key: "a", value: "1" }, { key: "b" }, { key: "a", value: "2" }];
  expect(await call(rm.createRegisteredModel, { name: "m", tags, description: "" })).toEqual([
    200,
    {
      registered_model: {
        name: "m",
        creation_timestamp: T0,
        last_updated_timestamp: T0,
        tags: [
          { key: "a", value: "2" },
          { key: "b", value: "" },
        ],
      },
    },
  ]);
});

test("a taken name is refused, and says whether a model or a prompt has it", async () => {
  const { call, newModel } = setupRegistry();
  await newModel("m");
  expect(await newModel("m")).toEqual(
    refused(400, "RESOURCE_ALREADY_EXISTS", /Registered Model \(name=m\) already exists/),
  );
  const prompt = { name: "m", tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] };
  expect(await call(rm.createRegisteredModel, prompt)).toEqual(
    refused(400, "RESOURCE_ALREADY_EXISTS", /taken by a registered model/),
  );
});

test.each(["../../x", "a/b", "a:b", "", "..", "n".repeat(5000), "a\0b"])("no model is called %j", async (name) => {
  const { call, db } = setupRegistry();
  expect(await call(rm.createRegisteredModel, { name })).toEqual(refused(400, "INVALID_PARAMETER_VALUE"));
  expect(db.prepare("SELECT count(*) FROM registered_models").pluck().get()).toBe(0);
});

test("an update without a description removes it", async () => {
  const { call, newModel, tick } = setupRegistry();
  await newModel("m");
  tick();
  expect(await call(rm.updateRegisteredModel, { name: "m", description: "card" })).toEqual(
    model({ description: "card", last_updated_timestamp: T0 + 1000 }),
  );
  const [, body] = await call(rm.updateRegisteredModel, { name: "m" });
  expect(body).toEqual({ registered_model: expect.not.objectContaining({ description: expect.anything() }) });
});

test("a rename keeps versions, aliases and tags; a taken name is refused, the own one is not", async () => {
  const { call, newModel, newVersion } = setupRegistry();
  await newModel("a");
  await newModel("b");
  await newVersion("a");
  await call(rm.setRegisteredModelAlias, { name: "a", alias: "champ", version: "1" });
  expect(await call(rm.renameRegisteredModel, { name: "a", new_name: "b" })).toEqual(
    refused(400, "RESOURCE_ALREADY_EXISTS"),
  );
  expect(await call(rm.renameRegisteredModel, { name: "a", new_name: "a" })).toEqual(model({ name: "a" }));
  expect(await call(rm.renameRegisteredModel, { name: "a", new_name: "c" })).toEqual(
    model({ name: "c", aliases: [{ alias: "champ", version: "1" }] }),
  );
  expect(await call(mv.getModelVersion, { name: "c", version: "1" })).toMatchObject([
    200,
    { model_version: { name: "c" } },
  ]);
  expect(await call(rm.getRegisteredModel, { name: "a" })).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
});

test("a deleted model is gone with its versions, is kept in the trash, and one made again starts at version 1", async () => {
  const { call, newModel, newVersion, db } = setupRegistry();
  await newModel("m");
  await newVersion("m");
  await newVersion("m");
  expect(await call(rm.deleteRegisteredModel, { name: "m" })).toEqual([200, {}]);
  expect(await call(rm.deleteRegisteredModel, { name: "m" })).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
  expect(await call(mv.getModelVersion, { name: "m", version: "2" })).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
  expect(await call(mv.searchModelVersions, { filter: "name = 'm'" })).toEqual([200, {}]);
  const trashed = "SELECT trashed_at FROM registered_models UNION ALL SELECT trashed_at FROM model_versions";
  expect(db.prepare(trashed).pluck().all()).toEqual([T0, T0, T0]);
  await newModel("m");
  expect(await newVersion("m")).toMatchObject([200, { model_version: { version: "1" } }]);
});

test("tags are set, replaced and removed; removing what is not there is fine", async () => {
  const { call, newModel } = setupRegistry();
  await newModel("m");
  await call(rm.setRegisteredModelTag, { name: "m", key: "k", value: "1" });
  await call(rm.setRegisteredModelTag, { name: "m", key: "k" });
  expect(await call(rm.getRegisteredModel, { name: "m" })).toEqual(model({ tags: [{ key: "k", value: "" }] }));
  expect(await call(rm.deleteRegisteredModelTag, { name: "m", key: "k" })).toEqual([200, {}]);
  expect(await call(rm.deleteRegisteredModelTag, { name: "m", key: "k" })).toEqual([200, {}]);
  expect(await call(rm.setRegisteredModelTag, { name: "m", key: "a//b", value: "" })).toEqual(
    refused(400, "INVALID_PARAMETER_VALUE"),
  );
  expect(await call(rm.setRegisteredModelTag, { name: "nope", key: "k" })).toEqual(
    refused(404, "RESOURCE_DOES_NOT_EXIST"),
  );
});

test("an alias moves, is removed with its version, and a missing one is 400", async () => {
  const { call, newModel, newVersion } = setupRegistry();
  await newModel("m");
  await newVersion("m");
  await newVersion("m");
  const byAlias = () => call(rm.getModelVersionByAlias, { name: "m", alias: "champ" });
  expect(await byAlias()).toEqual(refused(400, "INVALID_PARAMETER_VALUE", /alias champ not found/));
  await call(rm.setRegisteredModelAlias, { name: "m", alias: "champ", version: "1" });
  expect(await byAlias()).toMatchObject([200, { model_version: { version: "1", aliases: ["champ"] } }]);
  await call(rm.setRegisteredModelAlias, { name: "m", alias: "champ", version: "2" });
  expect(await byAlias()).toMatchObject([200, { model_version: { version: "2" } }]);
  await call(mv.deleteModelVersion, { name: "m", version: "2" });
  expect(await byAlias()).toEqual(refused(400, "INVALID_PARAMETER_VALUE"));
  expect(await call(rm.deleteRegisteredModelAlias, { name: "m", alias: "champ" })).toEqual([200, {}]);
  expect(await call(rm.setRegisteredModelAlias, { name: "m", alias: "champ", version: "2" })).toEqual(
    refused(404, "RESOURCE_DOES_NOT_EXIST"),
  );
});

test.each(["latest", "v1", "2.1.0", "a b", "x".repeat(256)])("the alias %s cannot be set", async (alias) => {
  const { call, newModel, newVersion } = setupRegistry();
  await newModel("m");
  await newVersion("m");
  expect(await call(rm.setRegisteredModelAlias, { name: "m", alias, version: "1" })).toEqual(
    refused(400, "INVALID_PARAMETER_VALUE"),
  );
});

test("latest is the highest number, whatever its stage", async () => {
  const { call, newModel, newVersions } = setupRegistry();
  await newModel("m");
  expect(await call(rm.getModelVersionByAlias, { name: "m", alias: "Latest" })).toEqual(
    refused(404, "RESOURCE_DOES_NOT_EXIST"),
  );
  await newVersions("m", 3);
  await call(mv.transitionModelVersionStage, { name: "m", version: "3", stage: "Archived" });
  expect(await call(rm.getModelVersionByAlias, { name: "m", alias: "Latest" })).toMatchObject([
    200,
    { model_version: { version: "3" } },
  ]);
});

test("the newest version of each stage, in the order of the stages' oldest versions; stages in any case", async () => {
  const { call, newModel, newVersions } = setupRegistry();
  await newModel("m");
  await newVersions("m", 4);
  await call(mv.transitionModelVersionStage, { name: "m", version: "2", stage: "Staging" });
  await call(mv.transitionModelVersionStage, { name: "m", version: "3", stage: "Staging" });
  const latest = async (stages?: string[]) => {
    const [status, body] = await call(rm.postLatestVersions, stages ? { name: "m", stages } : { name: "m" });
    return [status, (body as { model_versions?: { version: string }[] }).model_versions?.map((v) => v.version)];
  };
  expect(await latest()).toEqual([200, ["4", "3"]]);
  expect(await latest(["STAGING", "production"])).toEqual([200, ["3"]]);
  expect(await latest(["Archived"])).toEqual([200, undefined]);
  expect(await latest(["Bogus"])).toEqual([400, undefined]);
  expect(await call(rm.getLatestVersions, { name: "m", stages: ["staging", "none"] })).toMatchObject([
    200,
    { model_versions: [{}, {}] },
  ]);
});

test("a semantic version in the place of a stage or an alias finds that version", async () => {
  const { call, newModel, newVersion } = setupRegistry();
  await newModel("m");
  await newVersion("m", { tags: [{ key: "gitlab.version", value: "2.1.0" }] });
  await newVersion("m");
  const found = { model_versions: [{ version: "1" }] };
  expect(await call(rm.getLatestVersions, { name: "m", stages: ["2.1.0"] })).toMatchObject([200, found]);
  expect(await call(rm.getLatestVersions, { name: "m", stages: ["9.9.9"] })).toEqual([200, {}]);
  expect(await call(rm.getModelVersionByAlias, { name: "m", alias: "2.1.1" })).toMatchObject([
    200,
    { model_version: { version: "2" } },
  ]);
  expect(await call(rm.getModelVersionByAlias, { name: "m", alias: "9.9.9" })).toEqual(
    refused(404, "RESOURCE_DOES_NOT_EXIST"),
  );
});

test("a search of 0 or -1 models answers none and a token for the first page; below that and above 1000 is 400", async () => {
  const { call, newModel } = setupRegistry();
  const search = (max_results: number, page_token = "") => call(rm.searchRegisteredModels, { max_results, page_token });
  expect(await search(0)).toEqual([200, {}]);
  await newModel("a");
  await newModel("b");
  for (const count of [0, -1]) {
    const [status, body] = await search(count);
    expect([status, body]).toEqual([200, { next_page_token: expect.any(String) }]);
    expect(await search(1, (body as { next_page_token: string }).next_page_token)).toMatchObject([
      200,
      { registered_models: [{ name: "a" }] },
    ]);
  }
  expect(await search(-2)).toEqual(refused(400, "INVALID_PARAMETER_VALUE"));
  expect(await search(1001)).toEqual(refused(400, "INVALID_PARAMETER_VALUE"));
});

test("a search pages through all models, each with its newest versions, tags and aliases", async () => {
  const { call, newModel, newVersion } = setupRegistry();
  for (const name of ["c", "a", "b"]) await newModel(name);
  await newVersion("b", { tags: [{ key: "k", value: "v" }] });
  await call(rm.setRegisteredModelAlias, { name: "b", alias: "champ", version: "1" });
  const [, first] = await call(rm.searchRegisteredModels, { max_results: 2 });
  const page = first as { registered_models: unknown[]; next_page_token: string };
  expect(page.registered_models).toMatchObject([
    { name: "a" },
    { name: "b", aliases: [{ alias: "champ", version: "1" }] },
  ]);
  expect(page.registered_models[1]).toMatchObject({
    latest_versions: [{ version: "1", tags: [{ key: "k", value: "v" }] }],
  });
  expect(page.registered_models[1]).not.toHaveProperty("latest_versions.0.aliases"); // MLflow leaves them out here
  expect(await call(rm.searchRegisteredModels, { max_results: 2, page_token: page.next_page_token })).toEqual([
    200,
    { registered_models: [expect.objectContaining({ name: "c" })] },
  ]);
});

test("every change has its audit row and its mark; what changes nothing has none", async () => {
  const { call, newModel, newVersion, audit, db } = setupRegistry();
  await newModel("m");
  await newVersion("m");
  await call(rm.setRegisteredModelAlias, { name: "m", alias: "champ", version: "1" });
  await call(rm.deleteRegisteredModelTag, { name: "m", key: "nope" });
  await call(rm.getRegisteredModel, { name: "m" });
  await call(rm.deleteRegisteredModel, { name: "m" });
  const ours = audit().filter(({ action }) => !action.startsWith("logged-model"));
  expect(ours).toEqual([
    { action: "registered-model.create", subject: "m" },
    { action: "model-version.create", subject: "m/1" },
    { action: "registered-model.set-alias", subject: "m" },
    { action: "registered-model.delete", subject: "m" },
  ]);
  const marks = db
    .prepare("SELECT kind FROM changes WHERE kind IN ('registered_model', 'model_version') ORDER BY kind")
    .pluck()
    .all();
  expect(marks).toEqual(["model_version", "registered_model"]);
});
