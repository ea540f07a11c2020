import { expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";
import { type RunAnswer, setupRun } from "../../../helpers/setup-run.ts";

test("a run comes back as MLflow shows it", async () => {
  const { post } = setupApi();
  const [, { run }] = await post("runs/create", {
    experiment_id: "0",
    start_time: 5,
    user_id: "me",
    tags: [{ key: "t", value: "v" }],
  });
  const { info } = run as RunAnswer;
  expect(info["run_id"]).toMatch(/^[0-9a-f]{32}$/);
  expect(info["run_name"]).toMatch(/^[a-z]+-[a-z]+-\d+$/);
  expect(run).toEqual({
    info: {
      run_uuid: info["run_id"],
      run_id: info["run_id"],
      experiment_id: "0",
      run_name: info["run_name"],
      user_id: "me",
      status: "RUNNING",
      start_time: 5,
      artifact_uri: `mlflow-artifacts:/0/${String(info["run_id"])}/artifacts`,
      lifecycle_stage: "active",
    },
    data: {
      tags: [
        { key: "t", value: "v" },
        { key: "mlflow.runName", value: info["run_name"] },
      ],
    },
    inputs: {},
  });
});

test.each([
  ["a run without an experiment", "create", {}, 400, "BAD_REQUEST"],
  ["a run in an unknown experiment", "create", { experiment_id: "7" }, 404, "RESOURCE_DOES_NOT_EXIST"],
  [
    "a name against its tag",
    "create",
    { experiment_id: "0", run_name: "a", tags: [{ key: "mlflow.runName", value: "b" }] },
    400,
    "INVALID_PARAMETER_VALUE",
  ],
  ["a fraction as start time", "create", { experiment_id: "0", start_time: 1.5 }, 400, "INVALID_PARAMETER_VALUE"],
  [
    "a lone surrogate in a tag",
    "create",
    { experiment_id: "0", tags: [{ key: "k", value: "\ud800" }] },
    400,
    "INVALID_PARAMETER_VALUE",
  ],
  [
    "an unknown run",
    "log-metric",
    { run_id: "nope", key: "k", value: 1, timestamp: 1 },
    404,
    "RESOURCE_DOES_NOT_EXIST",
  ],
  ["an unknown run in a batch", "log-batch", { run_id: "0".repeat(32) }, 404, "RESOURCE_DOES_NOT_EXIST"],
  ["a run id that is a path", "log-batch", { run_id: "../../x" }, 400, "INVALID_PARAMETER_VALUE"],
  ["a missing run id", "set-tag", { key: "k" }, 400, "INVALID_PARAMETER_VALUE"],
  ["deleting an unknown run", "delete", { run_id: "nope" }, 404, "RESOURCE_DOES_NOT_EXIST"],
])("refuses %s", async (_name, path, body, status, error_code) => {
  expect(await setupApi().post(`runs/${path}`, body)).toMatchObject([status, { error_code }]);
});

test.each([
  ["a negative timestamp", { key: "k", value: 1, timestamp: -1 }],
  ["no value", { key: "k", timestamp: 1 }],
  ["no timestamp", { key: "k", value: 1 }],
  ["a key with NUL", { key: "a\u0000b", value: 1, timestamp: 1 }],
  ["a key that resolves to another", { key: "a//b", value: 1, timestamp: 1 }],
  ["an absolute key", { key: "/a", value: 1, timestamp: 1 }],
  ["a key of 251 characters", { key: "k".repeat(251), value: 1, timestamp: 1 }],
  ["a list as value", { key: "k", value: [], timestamp: 1 }],
  ["a step beyond int64", { key: "k", value: 1, timestamp: 1, step: "9".repeat(30) }],
])("log-metric refuses %s", async (_name, metric) => {
  const { post, run_id } = await setupRun();
  expect(await post("runs/log-metric", { run_id, ...metric })).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
});

test("a param may be logged again but not changed; a refused batch leaves nothing behind", async () => {
  const { post, run_id, whole } = await setupRun();
  const lr = (value: string) => ({ run_id, params: [{ key: "lr", value }] });
  expect(await post("runs/log-batch", lr("0.1"))).toEqual([200, {}]);
  expect(await post("runs/log-batch", lr("0.1"))).toEqual([200, {}]);
  const refused = await post("runs/log-batch", {
    ...lr("0.2"),
    metrics: [{ key: "m", value: 1, timestamp: 1 }],
    tags: [{ key: "t", value: "v" }],
  });
  expect(refused).toMatchObject([400, { error_code: "INVALID_PARAMETER_VALUE" }]);
  const { data } = await whole();
  expect(data).toEqual({ params: [{ key: "lr", value: "0.1" }], tags: [{ key: "mlflow.runName", value: "first" }] });
});

test.each([
  ["1001 metrics", { metrics: Array.from({ length: 1001 }, (_, i) => ({ key: `m${i}`, value: 1, timestamp: 1 })) }],
  ["101 params", { params: Array.from({ length: 101 }, (_, i) => ({ key: `p${i}`, value: "v" })) }],
  ["101 tags", { tags: Array.from({ length: 101 }, (_, i) => ({ key: `t${i}`, value: "v" })) }],
  [
    "1001 in all",
    {
      metrics: Array.from({ length: 1000 }, (_, i) => ({ key: `m${i}`, value: 1, timestamp: 1 })),
      tags: [{ key: "t" }],
    },
  ],
  [
    "a param key twice",
    {
      params: [
        { key: "p", value: "1" },
        { key: "p", value: "1" },
      ],
    },
  ],
  [
    "a mistyped nested value",
    {
      metrics: [
        { key: "a", value: 1, timestamp: 1 },
        { key: "b", value: "x", timestamp: 1 },
      ],
    },
  ],
  ["a metric without a timestamp", { metrics: [{ key: "a", value: 1 }] }],
  ["a tag without a key", { tags: [{ value: "v" }] }],
])("log-batch refuses %s and stores nothing", async (_name, batch) => {
  const { post, run_id, whole } = await setupRun();
  expect(await post("runs/log-batch", { run_id, ...batch })).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
  expect((await whole()).data).toEqual({ tags: [{ key: "mlflow.runName", value: "first" }] });
});

test("long values are kept whole up to a mebibyte", async () => {
  const { post, run_id, whole } = await setupRun();
  const value = "x".repeat(20_000);
  await post("runs/set-tag", { run_id, key: "t", value });
  await post("runs/log-parameter", { run_id, key: "p", value });
  const { data } = await whole();
  expect(data.tags?.find((tag) => tag.key === "t")?.value).toBe(value);
  expect(data.params).toEqual([{ key: "p", value }]);
  expect((await post("runs/set-tag", { run_id, key: "t", value: "x".repeat(1_048_577) }))[0]).toBe(400);
});

test("keys that look like prototypes are plain data", async () => {
  const { post, run_id, whole } = await setupRun();
  for (const key of ["__proto__", "constructor", "toString"]) {
    expect((await post("runs/set-tag", { run_id, key, value: key }))[0]).toBe(200);
    expect((await post("runs/log-parameter", { run_id, key, value: key }))[0]).toBe(200);
    expect((await post("runs/log-metric", { run_id, key, value: 1, timestamp: 1 }))[0]).toBe(200);
  }
  const { data } = await whole();
  expect(data.params).toHaveLength(3);
  expect(data.tags).toHaveLength(4);
});

test("the run's name and the tag mlflow.runName are one", async () => {
  const { post, run_id, whole } = await setupRun();
  await post("runs/set-tag", { run_id, key: "mlflow.runName", value: "second" });
  expect((await whole()).info["run_name"]).toBe("second");
  await post("runs/update", { run_id, run_name: "third" });
  expect((await whole()).data.tags).toEqual([{ key: "mlflow.runName", value: "third" }]);
  await post("runs/update", { run_id, run_name: "" });
  await post("runs/log-batch", { run_id, tags: [{ key: "mlflow.runName", value: "" }] });
  expect((await whole()).info["run_name"]).toBe("third");
});

test("an unknown status word is ignored, a number is read, an unknown number is refused", async () => {
  const { post, run_id } = await setupRun();
  expect((await post("runs/update", { run_id, status: "BOGUS" }))[1]).toMatchObject({
    run_info: { status: "RUNNING" },
  });
  expect((await post("runs/update", { run_id, status: 3, end_time: 9 }))[1]).toMatchObject({
    run_info: { status: "FINISHED", end_time: 9 },
  });
  expect((await post("runs/update", { run_id, status: 99 }))[0]).toBe(400);
});

test("a run in the trash takes nothing, deleting and restoring twice is fine", async () => {
  const { post, run_id } = await setupRun();
  for (const status of [200, 200]) expect((await post("runs/delete", { run_id }))[0]).toBe(status);
  expect(await post("runs/set-tag", { run_id, key: "k", value: "v" })).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
  for (const status of [200, 200]) expect((await post("runs/restore", { run_id }))[0]).toBe(status);
  expect((await post("runs/delete-tag", { run_id, key: "absent" }))[0]).toBe(404);
});

test("datasets with missing fields are stored, and a second time keeps the first tags", async () => {
  const { post, run_id, whole } = await setupRun();
  const log = (value: string) =>
    post("runs/log-inputs", {
      run_id,
      datasets: [{ dataset: { name: "d" }, tags: [{ key: "mlflow.data.context", value }] }],
    });
  await log("train");
  await log("eval");
  expect((await whole()).inputs).toEqual({
    dataset_inputs: [
      {
        dataset: { name: "d", digest: "", source_type: "", source: "" },
        tags: [{ key: "mlflow.data.context", value: "train" }],
      },
    ],
  });
});

test("models of a run are noted as inputs and outputs", async () => {
  const { post, run_id, whole } = await setupRun();
  await post("runs/log-inputs", { run_id, models: [{ model_id: "m-1" }] });
  expect((await post("runs/outputs", { run_id, models: [{ model_id: "m-2", step: 3 }] }))[0]).toBe(200);
  expect(await post("runs/outputs", { run_id, models: [{ model_id: "m-2" }] })).toMatchObject([
    400,
    { error_code: "BAD_REQUEST" },
  ]);
  const run = await whole();
  expect(run.inputs).toEqual({ model_inputs: [{ model_id: "m-1" }] });
  expect(run.outputs).toEqual({ model_outputs: [{ model_id: "m-2", step: 3 }] });
});

test("a body without a JSON content type is refused", async () => {
  const { app } = setupApi();
  const response = await app.inject({
    method: "POST",
    url: "/api/2.0/mlflow/runs/create",
    headers: { "content-type": "text/plain" },
    payload: "{}",
  });
  expect([response.statusCode, response.json()]).toMatchObject([400, { error_code: "INVALID_PARAMETER_VALUE" }]);
});

test("every path is served under /ajax-api too", async () => {
  const { send } = setupApi();
  expect((await send("POST", "/ajax-api/2.0/mlflow/runs/search", { experiment_ids: ["0"] }))[0]).toBe(200);
});

test("what is not built answers 404 in MLflow's shape", async () => {
  const { send } = setupApi();
  for (const path of ["/api/3.0/mlflow/traces/search", "/api/2.0/mlflow/webhooks", "/graphql", "/api/2.0/<script>"])
    expect(await send("POST", path)).toMatchObject([404, { error_code: "ENDPOINT_NOT_FOUND" }]);
});

test("optional fields are read in both spellings, what names the run only in MLflow's own", async () => {
  const { post, run_id } = await setupRun();
  expect((await post("runs/update", { run_id, endTime: 7, runName: "camel" }))[1]).toMatchObject({
    run_info: { end_time: 7, run_name: "camel" },
  });
  for (const path of ["update", "delete", "set-tag"])
    expect(await post(`runs/${path}`, { runId: run_id, key: "k" })).toMatchObject([
      400,
      { error_code: "INVALID_PARAMETER_VALUE" },
    ]);
});

test("a list of more than 10,000 items is refused before it is read", async () => {
  const experiment_ids = Array.from({ length: 10_001 }, () => "0");
  expect(await setupApi().post("runs/search", { experiment_ids })).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
});
