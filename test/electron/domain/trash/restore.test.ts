import { expect, test } from "vitest";
import { setupRun } from "../../../helpers/setup-run.ts";

const setup = async () => {
  const api = await setupRun();
  const restore = (trash_ids: string[], more: object = {}) =>
    api.send("POST", "/api/outpost/v1/trash/restore", { trash_ids, ...more });
  const idOf = (table: string, kind: string, where: string): string =>
    `${kind}:${String(api.db.prepare(`SELECT uid FROM ${table} WHERE ${where}`).pluck().get())}`;
  return { ...api, restore, idOf };
};

test("a run and an experiment come back", async () => {
  const { post, get, run_id, restore, idOf } = await setup();
  await post("runs/delete", { run_id });
  const [, { experiment_id }] = await post("experiments/create", { name: "old" });
  await post("experiments/delete", { experiment_id });
  const ids = [idOf("runs", "run", `run_id = '${run_id}'`), idOf("experiments", "experiment", "name = 'old'")];
  expect((await restore(ids))[1]).toEqual({ restored: ids, failed: [] });
  expect((await get("runs/get", { run_id }))[1]).toMatchObject({ run: { info: { lifecycle_stage: "active" } } });
  expect((await get("experiments/get", { experiment_id }))[1]).toMatchObject({
    experiment: { lifecycle_stage: "active" },
  });
});

test("one that cannot come back does not hold the others up", async () => {
  const { post, run_id, restore, idOf } = await setup();
  await post("runs/delete", { run_id });
  const id = idOf("runs", "run", `run_id = '${run_id}'`);
  const [, answer] = await restore([id, "run:nobody", "nonsense"]);
  expect(answer).toMatchObject({
    restored: [id],
    failed: [{ error_code: "RESOURCE_DOES_NOT_EXIST" }, { error_code: "INVALID_PARAMETER_VALUE" }],
  });
});

test("a model comes back with the versions that went with it and not with one that had gone before", async () => {
  const { post, send, run_id, restore, idOf } = await setup();
  await post("registered-models/create", { name: "fraud" });
  for (let i = 0; i < 2; i++)
    await post("model-versions/create", { name: "fraud", source: `runs:/${run_id}/model`, run_id });
  await send("DELETE", "/api/2.0/mlflow/model-versions/delete", { name: "fraud", version: "1" });
  const version = idOf("model_versions", "model_version", "version = 1");
  await send("DELETE", "/api/2.0/mlflow/registered-models/delete", { name: "fraud" });
  expect((await restore([version]))[1]).toMatchObject({ failed: [{ error_code: "RESOURCE_DOES_NOT_EXIST" }] });
  await restore([idOf("registered_models", "registered_model", "name = 'fraud'")]);
  const versionsOf = async () => {
    const [, model] = await send("GET", "/api/outpost/v1/registered-models/fraud");
    return (model["model_versions"] as { version: string }[]).map((row) => row.version);
  };
  expect(await versionsOf()).toEqual(["2"]);
  await restore([version]);
  expect(await versionsOf()).toEqual(["2", "1"]);
});

test("a model whose name was given away is offered a free one and comes back under it", async () => {
  const { post, send, restore, idOf } = await setup();
  await post("registered-models/create", { name: "fraud" });
  await send("DELETE", "/api/2.0/mlflow/registered-models/delete", { name: "fraud" });
  await post("registered-models/create", { name: "fraud" });
  await post("registered-models/create", { name: "fraud (restored)" });
  const id = idOf("registered_models", "registered_model", "trashed_at IS NOT NULL");
  const [, refused] = await restore([id]);
  expect(refused).toMatchObject({
    restored: [],
    failed: [{ error_code: "RESOURCE_ALREADY_EXISTS", suggested_name: "fraud (restored 2)" }],
  });
  expect((await restore([id], { new_name: "fraud-old" }))[1]).toMatchObject({ restored: [id] });
  expect((await send("GET", "/api/outpost/v1/registered-models/fraud-old"))[0]).toBe(200);
});

test("a version whose semantic version was given away comes back under the next one", async () => {
  const { post, send, run_id, restore, idOf } = await setup();
  await post("registered-models/create", { name: "fraud" });
  const tags = [{ key: "gitlab.version", value: "1.0.0" }];
  const create = () => post("model-versions/create", { name: "fraud", source: `runs:/${run_id}/model`, run_id, tags });
  await create();
  await send("DELETE", "/api/2.0/mlflow/model-versions/delete", { name: "fraud", version: "1" });
  await create();
  const id = idOf("model_versions", "model_version", "version = 1");
  const [, refused] = await restore([id]);
  expect(refused).toMatchObject({ failed: [{ suggested_name: "1.0.1" }] });
  expect((await restore([id], { new_name: "one" }))[1]).toMatchObject({
    failed: [{ error_code: "INVALID_PARAMETER_VALUE" }],
  });
  await restore([id], { new_name: "1.0.1" });
  expect(await send("GET", "/api/outpost/v1/registered-models/fraud/versions/1")).toMatchObject([
    200,
    { semver: "1.0.1" },
  ]);
});

test("an experiment may come back under another name, but not under a taken one", async () => {
  const { post, get, restore, idOf } = await setup();
  const [, { experiment_id }] = await post("experiments/create", { name: "old" });
  await post("experiments/delete", { experiment_id });
  const id = idOf("experiments", "experiment", "name = 'old'");
  expect((await restore([id], { new_name: "Default" }))[1]).toMatchObject({
    failed: [{ error_code: "RESOURCE_ALREADY_EXISTS" }],
  });
  expect((await get("experiments/get", { experiment_id }))[1]).toMatchObject({
    experiment: { name: "old", lifecycle_stage: "deleted" },
  });
  await restore([id], { new_name: "new" });
  expect((await get("experiments/get", { experiment_id }))[1]).toMatchObject({ experiment: { name: "new" } });
});

test("one new name for several things is refused", async () => {
  const { restore } = await setup();
  expect(await restore(["run:a", "run:b"], { new_name: "x" })).toMatchObject([400, {}]);
});

test("what is being deleted for good does not come back", async () => {
  const { post, run_id, db, restore, idOf } = await setup();
  await post("runs/delete", { run_id });
  const id = idOf("runs", "run", `run_id = '${run_id}'`);
  db.prepare("INSERT INTO purges (kind, uid) VALUES ('run', ?)").run(id.slice("run:".length));
  expect((await restore([id]))[1]).toMatchObject({ failed: [{ error_code: "RESOURCE_CONFLICT" }] });
});
