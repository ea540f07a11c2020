import { describe, expect, test } from "vitest";
import * as mv from "../../../../shared/api/mlflow/model-versions.ts";
import * as rm from "../../../../shared/api/mlflow/registered-models.ts";
import { MODEL_ID, setupRegistry } from "../../../helpers/setup-registry.ts";

const refused = (status: number, error_code: string, message = /./) => [
  status,
  expect.objectContaining({ error_code, message: expect.stringMatching(message) }),
];
const version = (fields: object) => [200, { model_version: expect.objectContaining(fields) }];
const INVALID = refused(400, "INVALID_PARAMETER_VALUE");
const T0 = 1_700_000_000_000;
const SHA = ["1", "2", "3"].map((digit) => digit.repeat(64));

/** A model `m` to make versions of. */
const setup = async () => {
  const registry = setupRegistry();
  await registry.newModel("m");
  return registry;
};

test("a version is answered as MLflow answers it, down to the empty strings", async () => {
  const { newVersion } = await setup();
  expect(await newVersion("m")).toEqual([
    200,
    {
      model_version: {
        name: "m",
        version: "1",
        creation_timestamp: T0,
        last_updated_timestamp: T0,
        current_stage: "None",
        description: "",
        source: "s3://bucket/model",
        run_id: "",
        status: "READY",
        run_link: "",
      },
    },
  ]);
});

test("numbers are never used again within a model, not even a deleted version's", async () => {
  const { call, newVersion } = await setup();
  await newVersion("m");
  await newVersion("m");
  expect(await call(mv.deleteModelVersion, { name: "m", version: "2" })).toEqual([200, {}]);
  expect(await newVersion("m")).toEqual(version({ version: "3" }));
  expect(await call(mv.getModelVersion, { name: "m", version: "2" })).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
  expect(await call(mv.deleteModelVersion, { name: "m", version: "2" })).toEqual(
    refused(404, "RESOURCE_DOES_NOT_EXIST"),
  );
});

test.each([
  ["0", 404],
  ["-1", 404],
  ["9".repeat(30), 404],
  ["1e3", 400],
  ["1;drop", 400],
  [" 1", 200],
])("version %j is %d", async (number, status) => {
  const { call, newVersion } = await setup();
  await newVersion("m");
  expect((await call(mv.getModelVersion, { name: "m", version: number }))[0]).toBe(status);
});

test("a description is replaced, and removed where the update has none", async () => {
  const { call, newVersion, tick } = await setup();
  await newVersion("m", { description: "first" });
  tick();
  expect(await call(mv.updateModelVersion, { name: "m", version: "1", description: "second" })).toEqual(
    version({ description: "second", last_updated_timestamp: T0 + 1000 }),
  );
  const [, body] = await call(mv.updateModelVersion, { name: "m", version: "1" });
  expect(body).toEqual({ model_version: expect.not.objectContaining({ description: expect.anything() }) });
});

describe("stages", () => {
  test("a transition moves the version and, when asked, archives those that held the stage", async () => {
    const { call, newVersions } = await setup();
    await newVersions("m", 3);
    const move = (number: string, stage: string, archive_existing_versions = false) =>
      call(mv.transitionModelVersionStage, { name: "m", version: number, stage, archive_existing_versions });
    const stageOf = async (number: string) => (await call(mv.getModelVersion, { name: "m", version: number }))[1];
    expect(await move("1", "pRODUCTION")).toEqual(version({ current_stage: "Production" }));
    expect(await move("2", "Production")).toEqual(version({ current_stage: "Production" }));
    expect(await stageOf("1")).toMatchObject({ model_version: { current_stage: "Production" } });
    expect(await move("3", "production", true)).toEqual(version({ current_stage: "Production" }));
    expect(await stageOf("1")).toMatchObject({ model_version: { current_stage: "Archived" } });
    expect(await stageOf("2")).toMatchObject({ model_version: { current_stage: "Archived" } });
    expect(await move("3", "Bogus")).toEqual(INVALID);
    expect(await move("3", "None", true)).toEqual(INVALID);
    expect(await move("9", "Staging", true)).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
  });
});

describe("sources", () => {
  const ROOT = `0/${"a".repeat(32)}/artifacts`;
  const MODEL_ROOT = `0/models/${MODEL_ID}/artifacts`;

  test.each([
    "/etc",
    "file:///etc",
    "http://h/x",
    "s3://b/../x",
    "s3://b/%2e%2e/x",
    "mlflow-artifacts:/a/b",
    "runs:/x/y",
    "abfss://a@b/c",
  ])("%s is refused and leaves nothing behind", async (source) => {
    const { newVersion, db } = await setup();
    expect(await newVersion("m", { source })).toEqual(INVALID);
    expect(db.prepare("SELECT count(*) FROM model_versions").pluck().get()).toBe(0);
  });

  test("files of a run need that run's id", async () => {
    const { newVersion, runId } = await setup();
    const source = `mlflow-artifacts:/${ROOT}/model`;
    expect(await newVersion("m", { source, run_id: runId })).toEqual(version({ source, run_id: runId }));
    expect(await newVersion("m", { source })).toEqual(INVALID);
    expect(await newVersion("m", { source, run_id: "f".repeat(32) })).toEqual(INVALID);
    expect(await newVersion("m", { source: `mlflow-artifacts:/${ROOT}x`, run_id: runId })).toEqual(INVALID);
    expect(await newVersion("m", { source: `runs:/${runId}/model`, run_id: runId })).toEqual(
      version({ source: `runs:/${runId}/model` }),
    );
    expect(await newVersion("m", { source: `runs:/${runId}/model`, run_id: "f".repeat(32) })).toEqual(INVALID);
  });

  test("a logged model gives its run, its place, and gets a list of what was made of it", async () => {
    const { call, newVersion, runId, loggedModels } = await setup();
    const source = `models:/${MODEL_ID}`;
    expect(await newVersion("m", { source })).toEqual(INVALID);
    expect(await newVersion("m", { source, model_id: MODEL_ID })).toEqual(version({ source, run_id: runId }));
    expect(await newVersion("m", { source: `mlflow-artifacts:/${MODEL_ROOT}/x`, model_id: MODEL_ID })).toEqual(
      version({ run_id: runId }),
    );
    expect(await newVersion("m", { source: `runs:/${runId}/x`, run_id: runId, model_id: MODEL_ID })).toEqual(INVALID);
    expect(await newVersion("m", { model_id: "m-nope" })).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
    expect(loggedModels.get(MODEL_ID).tags).toEqual([
      expect.objectContaining({
        key: "mlflow.modelVersions",
        value: '[{"name": "m", "version": 1}, {"name": "m", "version": 2}]',
      }),
    ]);
    expect(await call(mv.getModelVersionDownloadUri, { name: "m", version: "1" })).toEqual([
      200,
      { artifact_uri: `mlflow-artifacts:/${MODEL_ROOT}` },
    ]);
  });

  test("a deleted logged model is no source", async () => {
    const { newVersion, loggedModels } = await setup();
    loggedModels.trash(MODEL_ID);
    expect(await newVersion("m", { source: `models:/${MODEL_ID}`, model_id: MODEL_ID })).toEqual(INVALID);
  });

  test("a version of a version names it by number, has its run, and finds its files after a rename and a deletion", async () => {
    const { call, newModel, newVersion, runId } = await setup();
    await newModel("copy");
    await newVersion("m", { source: `runs:/${runId}/model`, run_id: runId });
    await call(rm.setRegisteredModelAlias, { name: "m", alias: "champ", version: "1" });
    for (const source of ["models:/m/1", "models:/m@champ", "models:/m/latest", "models:/m/none", "models:/m/1.0.0"])
      expect(await newVersion("copy", { source })).toEqual(version({ source: "models:/m/1", run_id: runId }));
    await call(rm.renameRegisteredModel, { name: "m", new_name: "n" });
    await newModel("m");
    await newVersion("m");
    await call(rm.deleteRegisteredModel, { name: "n" });
    expect(await call(mv.getModelVersionDownloadUri, { name: "copy", version: "1" })).toEqual([
      200,
      { artifact_uri: `runs:/${runId}/model` },
    ]);
  });

  test.each([
    ["models:/nope/1", 404],
    ["models:/m/9", 404],
    ["models:/m/Production", 404],
    ["models:/m@nope", 400],
    ["models:/m/bogus", 400],
    ["models://host/m/1", 400],
    ["models:/", 400],
    ["models:/a/b/c", 400],
  ])("the source %s is %d", async (source, status) => {
    const { newVersion } = await setup();
    await newVersion("m");
    expect((await newVersion("m", { source }))[0]).toBe(status);
  });

  test("a run given beside another version must be that version's", async () => {
    const { newVersion, runId } = await setup();
    await newVersion("m", { source: `runs:/${runId}/model`, run_id: runId });
    expect(await newVersion("m", { source: "models:/m/1", run_id: runId })).toEqual(version({ version: "2" }));
    expect(await newVersion("m", { source: "models:/m/1", run_id: "" })).toEqual(INVALID);
  });

  test("a prompt's version has a placeholder for a source and is no source itself", async () => {
    const { call, newVersion } = await setup();
    const tags = [{ key: "mlflow.prompt.is_prompt", value: "true" }];
    await call(rm.createRegisteredModel, { name: "p", tags });
    expect(await newVersion("p", { source: "dummy-source", tags })).toEqual(version({ source: "dummy-source" }));
    expect(await newVersion("p", { source: "s3://b/m", tags })).toEqual(INVALID);
    expect(await newVersion("m", { source: "models:/p/1" })).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", /Prompt versions/),
    );
  });

  test("the files are those that lay below the source when the version was made", async () => {
    const { newVersion, runId, putFile, registry } = await setup();
    putFile(`${ROOT}/model/MLmodel`, SHA[0]!, 10);
    putFile(`${ROOT}/model/data/w.bin`, SHA[1]!, 20);
    putFile(`${ROOT}/model.txt`, SHA[2]!);
    putFile(`${ROOT}/model0`, SHA[2]!);
    await newVersion("m", { source: `runs:/${runId}/model`, run_id: runId });
    putFile(`${ROOT}/model/MLmodel`, SHA[2]!, 30);
    putFile(`${ROOT}/model/late`, SHA[2]!);
    expect(registry.versions.filesOf("m", "1")).toEqual([
      { path: "MLmodel", sha256: SHA[0], size: 10 },
      { path: "data/w.bin", sha256: SHA[1], size: 20 },
    ]);
    await newVersion("m", { source: "models:/m/1" });
    expect(registry.versions.rootOfVersion("m", "2")).toBe(`${ROOT}/model`);
    await newVersion("m");
    expect(() => registry.versions.rootOfVersion("m", "3")).toThrow(/s3:\/\/bucket\/model/);
  });
});

describe("semantic versions", () => {
  const semvers = (db: ReturnType<typeof setupRegistry>["db"]) =>
    db.prepare("SELECT semver FROM model_versions ORDER BY id").pluck().all();

  test("the first is 1.0.0, then the highest with patch + 1, deleted ones counted", async () => {
    const { call, newVersion, db } = await setup();
    await newVersion("m");
    await newVersion("m", { tags: [{ key: "gitlab.version", value: "1.10.0" }] });
    await newVersion("m", { tags: [{ key: "gitlab.version", value: "1.9.7" }] });
    await newVersion("m");
    await call(mv.deleteModelVersion, { name: "m", version: "4" });
    await newVersion("m");
    expect(semvers(db)).toEqual(["1.0.0", "1.10.0", "1.9.7", "1.10.1", "1.10.2"]);
  });

  test("the tag gitlab.version must be one that is free", async () => {
    const { call, newVersion, db } = await setup();
    await newVersion("m");
    expect(await newVersion("m", { tags: [{ key: "gitlab.version", value: "1.0.0" }] })).toEqual(
      refused(400, "RESOURCE_ALREADY_EXISTS"),
    );
    expect(await newVersion("m", { tags: [{ key: "gitlab.version", value: "v2" }] })).toEqual(
      refused(400, "INVALID_PARAMETER_VALUE", /1\.2\.3/),
    );
    await newVersion("m");
    const set = (value: string) =>
      call(mv.setModelVersionTag, { name: "m", version: "2", key: "gitlab.version", value });
    expect(await set("1.0.0")).toEqual(refused(400, "RESOURCE_ALREADY_EXISTS"));
    expect(await set("3.0.0-rc.1")).toEqual([200, {}]);
    expect(await set("3.0.0-rc.1")).toEqual([200, {}]);
    expect(semvers(db)).toEqual(["1.0.0", "3.0.0-rc.1"]);
  });
});

test("tags are set, replaced and removed; removing what is not there is fine", async () => {
  const { call, newVersion } = await setup();
  await newVersion("m", { tags: [{ key: "a", value: "1" }] });
  await call(mv.setModelVersionTag, { name: "m", version: "1", key: "a", value: "2" });
  await call(mv.setModelVersionTag, { name: "m", version: "1", key: "b" });
  expect(await call(mv.deleteModelVersionTag, { name: "m", version: "1", key: "b" })).toEqual([200, {}]);
  expect(await call(mv.deleteModelVersionTag, { name: "m", version: "1", key: "b" })).toEqual([200, {}]);
  expect(await call(mv.getModelVersion, { name: "m", version: "1" })).toEqual(
    version({ tags: [{ key: "a", value: "2" }] }),
  );
  expect(await call(mv.setModelVersionTag, { name: "m", version: "1", key: "k", value: "v".repeat(100_001) })).toEqual(
    INVALID,
  );
});

test("a search finds live versions, newest first, without their aliases as in MLflow", async () => {
  const { call, newVersion, tick } = await setup();
  await newVersion("m");
  await newVersion("m");
  tick();
  await newVersion("m");
  await call(mv.deleteModelVersion, { name: "m", version: "2" });
  await call(rm.setRegisteredModelAlias, { name: "m", alias: "champ", version: "3" });
  const [status, body] = await call(mv.searchModelVersions, { filter: "name = 'm'" });
  const found = (body as { model_versions: Record<string, unknown>[] }).model_versions;
  expect([status, found.map((v) => v["version"])]).toEqual([200, ["3", "1"]]);
  expect(found[0]).not.toHaveProperty("aliases");
  expect(await call(mv.searchModelVersions, { max_results: 0 })).toEqual(INVALID);
  expect(await call(mv.searchModelVersions, { max_results: -1 })).toEqual(INVALID);
  expect(await call(mv.searchModelVersions, { max_results: 200_001 })).toEqual(INVALID);
});

test("an unknown model is 404, but only once the source is sound", async () => {
  const { newVersion } = await setup();
  expect(await newVersion("nope")).toEqual(refused(404, "RESOURCE_DOES_NOT_EXIST"));
  expect(await newVersion("nope", { source: "/etc" })).toEqual(INVALID);
  expect(await newVersion("a/b")).toEqual(INVALID);
});
