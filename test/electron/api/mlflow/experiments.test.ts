import { expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

test("an experiment comes back as MLflow shows it", async () => {
  const { get, post } = setupApi();
  expect(await post("experiments/create", { name: "e", tags: [{ key: "a", value: "b" }, { key: "x" }] })).toEqual([
    200,
    { experiment_id: "1" },
  ]);
  const [status, { experiment }] = await get("experiments/get", { experiment_id: "1" });
  expect(status).toBe(200);
  expect(experiment).toEqual({
    experiment_id: "1",
    name: "e",
    artifact_location: "mlflow-artifacts:/1",
    lifecycle_stage: "active",
    creation_time: expect.any(Number) as number,
    last_update_time: expect.any(Number) as number,
    tags: [
      { key: "a", value: "b" },
      { key: "x", value: "" },
    ],
    workspace: "default",
  });
  expect((await get("experiments/get-by-name", { experiment_name: "e" }))[1]).toEqual({ experiment });
});

test("the default experiment is there from the start", async () => {
  const { get } = setupApi();
  expect(await get("experiments/get", { experiment_id: "0" })).toMatchObject([
    200,
    { experiment: { name: "Default" } },
  ]);
});

test.each([
  ["no name", "create", {}, 400, "INVALID_PARAMETER_VALUE"],
  ["an empty name", "create", { name: "" }, 400, "INVALID_PARAMETER_VALUE"],
  ["a name of 501 characters", "create", { name: "é".repeat(501) }, 400, "INVALID_PARAMETER_VALUE"],
  ["a taken name", "create", { name: "Default" }, 400, "RESOURCE_ALREADY_EXISTS"],
  ["a location outside the store", "create", { name: "x", artifact_location: "/etc" }, 400, "INVALID_PARAMETER_VALUE"],
  [
    "a location with a scheme",
    "create",
    { name: "x", artifact_location: "file:///etc" },
    400,
    "INVALID_PARAMETER_VALUE",
  ],
  ["a tag key twice", "create", { name: "x", tags: [{ key: "a" }, { key: "a" }] }, 400, "RESOURCE_ALREADY_EXISTS"],
  ["an id that is no number", "delete", { experiment_id: "abc" }, 400, "INVALID_PARAMETER_VALUE"],
  ["an unknown id", "delete", { experiment_id: "99" }, 404, "RESOURCE_DOES_NOT_EXIST"],
  ["an id of 25 digits", "delete", { experiment_id: "9".repeat(25) }, 404, "RESOURCE_DOES_NOT_EXIST"],
  ["restoring an active one", "restore", { experiment_id: "0" }, 404, "RESOURCE_DOES_NOT_EXIST"],
  ["a key that is a path", "set-experiment-tag", { experiment_id: "0", key: "a/../b" }, 400, "INVALID_PARAMETER_VALUE"],
  [
    "a value of 20,001 characters",
    "set-experiment-tag",
    { experiment_id: "0", key: "k", value: "x".repeat(20_001) },
    400,
    "INVALID_PARAMETER_VALUE",
  ],
  ["deleting an absent tag", "delete-experiment-tag", { experiment_id: "0", key: "k" }, 404, "RESOURCE_DOES_NOT_EXIST"],
])("refuses %s", async (_name, path, body, status, error_code) => {
  const { post } = setupApi();
  expect(await post(`experiments/${path}`, body)).toMatchObject([
    status,
    { error_code, sqlstate: null, error_class: null },
  ]);
});

test("deleting an experiment takes its runs along, twice is 404, and restoring brings all back", async () => {
  const { get, post, run } = setupApi();
  await post("experiments/create", { name: "e" });
  const id = await run({ experiment_id: "1" });
  expect((await post("experiments/delete", { experiment_id: "1" }))[0]).toBe(200);
  expect((await post("experiments/delete", { experiment_id: "1" }))[0]).toBe(404);
  expect(await get("runs/get", { run_id: id })).toMatchObject([200, { run: { info: { lifecycle_stage: "deleted" } } }]);
  expect((await post("experiments/create", { name: "e" }))[1]).toMatchObject({ error_code: "RESOURCE_ALREADY_EXISTS" });
  expect((await post("runs/create", { experiment_id: "1" }))[0]).toBe(400);
  expect((await post("experiments/restore", { experiment_id: "1" }))[0]).toBe(200);
  expect(await get("runs/get", { run_id: id })).toMatchObject([200, { run: { info: { lifecycle_stage: "active" } } }]);
});

test("renaming to a taken name is a bad request, and a deleted experiment is not renamed", async () => {
  const { post } = setupApi();
  await post("experiments/create", { name: "e" });
  expect(await post("experiments/update", { experiment_id: "1", new_name: "Default" })).toMatchObject([
    400,
    { error_code: "BAD_REQUEST" },
  ]);
  expect((await post("experiments/update", { experiment_id: "1", new_name: "f" }))[0]).toBe(200);
  await post("experiments/delete", { experiment_id: "1" });
  expect(await post("experiments/update", { experiment_id: "1", new_name: "g" })).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
});

test("a search needs max_results, and pages by token", async () => {
  const { post } = setupApi();
  for (const name of ["a", "b", "c"]) await post("experiments/create", { name });
  expect((await post("experiments/search"))[0]).toBe(400);
  const [, first] = await post("experiments/search", { max_results: 2, order_by: ["name"] });
  expect((first["experiments"] as { name: string }[]).map((e) => e.name)).toEqual(["Default", "a"]);
  const [, second] = await post("experiments/search", {
    max_results: 2,
    order_by: ["name"],
    page_token: first["next_page_token"],
  });
  expect((second["experiments"] as { name: string }[]).map((e) => e.name)).toEqual(["b", "c"]);
  expect(second["next_page_token"]).toBeUndefined();
});

test("every change leaves an audit row and a mark for the outbox", async () => {
  const { db, post } = setupApi();
  await post("experiments/create", { name: "e" });
  await post("experiments/set-experiment-tag", { experiment_id: "1", key: "k", value: "v" });
  expect(db.prepare("SELECT action, subject, actor FROM audit ORDER BY seq").raw().all()).toEqual([
    ["experiment.create", "e", "uid:1000"],
    ["experiment.set-tag", "e", "uid:1000"],
  ]);
  expect(db.prepare("SELECT kind, rev FROM changes").raw().all()).toEqual([["experiment", 2]]);
});
