import { expect, test } from "vitest";
import { setupRun } from "../../../helpers/setup-run.ts";

/** A model whose version has a run of its own, in an experiment that no list shows. */
const setup = async () => {
  const api = await setupRun();
  await api.post("registered-models/create", { name: "fraud" });
  const versions = "/api/outpost/v1/registered-models/fraud/versions";
  await api.send("POST", versions);
  const [, version] = await api.send("GET", `${versions}/1`);
  const own = String(version["own_run_id"] ?? version["run_id"]);
  const [, answer] = await api.get("runs/get", { run_id: own });
  const experiment_id = (answer["run"] as { info: { experiment_id: string } }).info.experiment_id;
  const actOn = (experiment: string, body: Record<string, unknown>) =>
    api.send("POST", `/api/outpost/v1/experiments/${experiment}/run-actions`, body);
  return { ...api, own, experiment_id, actOn };
};
const refused = (message: string) => [400, { error_code: "INVALID_PARAMETER_VALUE", message }];

test("the experiment of a model's own runs is neither deleted nor renamed by its id, nor filled", async () => {
  const { post, get, experiment_id } = await setup();
  const holds = `The experiment ${experiment_id} ('[model]fraud') holds what the versions of a registered model keep of their own`;
  expect(await post("experiments/delete", { experiment_id })).toMatchObject(
    refused(`${holds}: it cannot be deleted. Delete the model or its versions instead.`),
  );
  expect(await post("experiments/update", { experiment_id, new_name: "mine" })).toMatchObject(
    refused(`${holds}: it cannot be renamed. Rename the model instead.`),
  );
  const full = refused(`${holds}: it cannot be logged to or moved into. Name another experiment.`);
  expect(await post("runs/create", { experiment_id })).toMatchObject(full);
  expect(await post("logged-models", { experiment_id, name: "net" })).toMatchObject(full);
  expect((await get("experiments/get", { experiment_id }))[1]).toMatchObject({
    experiment: { name: "[model]fraud", lifecycle_stage: "active" },
  });
});

test("a version's own run is neither deleted, renamed nor moved, by any surface", async () => {
  const { post, get, own, experiment_id, run_id, actOn } = await setup();
  const is = `The run ${own} is that of version 1 of model 'fraud' itself`;
  const deleted = refused(`${is}: it cannot be deleted. Delete the version instead.`);
  const renamed = refused(`${is}: it cannot be renamed. It has the name of its version.`);
  expect(await post("runs/delete", { run_id: own })).toMatchObject(deleted);
  expect(await actOn(experiment_id, { action: "DELETE", run_ids: [own] })).toMatchObject(deleted);
  expect(await post("runs/update", { run_id: own, run_name: "mine" })).toMatchObject(renamed);
  expect(await post("runs/set-tag", { run_id: own, key: "mlflow.runName", value: "mine" })).toMatchObject(renamed);
  expect(await actOn(experiment_id, { action: "MOVE", run_ids: [own], to_experiment_id: "0" })).toMatchObject(
    refused(`${is}: it cannot be moved. It belongs to its version.`),
  );
  const [status] = await actOn("0", { action: "MOVE", run_ids: [run_id], to_experiment_id: experiment_id });
  expect(status).toBe(400);
  expect((await get("runs/get", { run_id: own }))[1]).toMatchObject({
    run: { info: { run_name: "fraud 1.0.0", lifecycle_stage: "active", experiment_id } },
  });
  expect((await get("runs/get", { run_id }))[1]).toMatchObject({ run: { info: { experiment_id: "0" } } });
});

test("its metrics, status and other tags are logged as those of any run", async () => {
  const { post, own } = await setup();
  expect((await post("runs/log-metric", { run_id: own, key: "auc", value: 0.9, timestamp: 1 }))[0]).toBe(200);
  expect((await post("runs/update", { run_id: own, status: "RUNNING", run_name: "fraud 1.0.0" }))[0]).toBe(200);
  expect((await post("runs/set-tag", { run_id: own, key: "team", value: "risk" }))[0]).toBe(200);
});
