import { expect, test } from "vitest";
import { setupRun } from "../../../helpers/setup-run.ts";

test("metrics keep NaN, the infinities, negative steps and keys in any alphabet", async () => {
  const { post, run_id, whole } = await setupRun();
  for (const [key, value] of [
    ["a", "NaN"],
    ["b", "Infinity"],
    ["c", "-Infinity"],
    ["日本k", 0.5],
  ])
    expect(await post("runs/log-metric", { run_id, key, value, timestamp: "12", step: -4 })).toEqual([200, {}]);
  expect((await whole()).data.metrics).toEqual(
    expect.arrayContaining([
      { key: "a", value: "NaN", timestamp: 12, step: -4 },
      { key: "b", value: "Infinity", timestamp: 12, step: -4 },
      { key: "c", value: "-Infinity", timestamp: 12, step: -4 },
      { key: "日本k", value: 0.5, timestamp: 12, step: -4 },
    ]),
  );
});

test("a literal 1e400 or NaN in the body is refused, not stored as something else", async () => {
  const { app, run_id, whole } = await setupRun();
  for (const literal of ["1e400", "NaN"]) {
    const payload = `{"run_id":"${run_id}","key":"k","value":${literal},"timestamp":1}`;
    const response = await app.inject({
      method: "POST",
      url: "/api/2.0/mlflow/runs/log-metric",
      headers: { "content-type": "application/json" },
      payload,
    });
    expect(response.statusCode).toBe(400);
  }
  expect((await whole()).data.metrics).toBeUndefined();
});

test("log-model keeps a history for older clients", async () => {
  const { post, run_id, whole } = await setupRun();
  const model = { artifact_path: "m", flavors: {}, utc_time_created: "now", run_id };
  expect((await post("runs/log-model", { run_id, model_json: JSON.stringify(model) }))[0]).toBe(200);
  expect(
    (await post("runs/log-model", { run_id, model_json: JSON.stringify({ ...model, artifact_path: "n" }) }))[0],
  ).toBe(200);
  const history = (await whole()).data.tags?.find((tag) => tag.key === "mlflow.log-model.history")?.value ?? "";
  expect((JSON.parse(history) as { artifact_path: string }[]).map((m) => m.artifact_path)).toEqual(["m", "n"]);
  expect((await post("runs/log-model", { run_id, model_json: "{" }))[0]).toBe(400);
  expect((await post("runs/log-model", { run_id, model_json: "{}" }))[0]).toBe(400);
});

test("a history is paged by token, 0 and -1 are refused, an unknown run has none", async () => {
  const { get, post, run_id } = await setupRun();
  await post("runs/log-batch", {
    run_id,
    metrics: [3, 1, 2].map((step) => ({ key: "m", value: step, timestamp: step, step })),
  });
  const [, first] = await get("metrics/get-history", { run_id, metric_key: "m", max_results: 2 });
  expect(first["metrics"]).toMatchObject([{ step: 1 }, { step: 2 }]);
  const [, second] = await get("metrics/get-history", {
    run_id,
    metric_key: "m",
    max_results: 2,
    page_token: first["next_page_token"],
  });
  expect(second).toEqual({ metrics: [{ key: "m", value: 3, timestamp: 3, step: 3 }] });
  for (const max_results of [0, -1])
    expect((await get("metrics/get-history", { run_id, metric_key: "m", max_results }))[0]).toBe(400);
  for (const page_token of ["@@", "abc", "eyJvZmZzZXQiOiAxfQ==", "e30="])
    expect((await get("metrics/get-history", { run_id, metric_key: "m", page_token }))[0]).toBe(400);
  expect(await get("metrics/get-history", { run_id: "nope", metric_key: "m" })).toEqual([200, {}]);
});

test("integers beyond 2^53 go in and out digit by digit", async () => {
  const { app, run_id } = await setupRun();
  const step = "9223372036854775807";
  const payload = `{"run_id":"${run_id}","key":"m","value":1,"timestamp":9007199254740993,"step":${step}}`;
  await app.inject({
    method: "POST",
    url: "/api/2.0/mlflow/runs/log-metric",
    headers: { "content-type": "application/json" },
    payload,
  });
  const history = await app.inject(`/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=m`);
  expect(history.body).toBe(`{"metrics":[{"key":"m","value":1,"timestamp":9007199254740993,"step":${step}}]}`);
  expect((await app.inject(`/api/2.0/mlflow/runs/get?run_id=${run_id}`)).body).toContain(
    `"timestamp":9007199254740993,"step":${step}`,
  );
});

test("evenly spaced points of several runs come with their run", async () => {
  const { get, post, run_id } = await setupRun();
  await post("runs/log-batch", {
    run_id,
    metrics: Array.from({ length: 50 }, (_, step) => ({ key: "m", value: step, timestamp: step, step })),
  });
  const [, answer] = await get("metrics/get-history-bulk-interval", {
    run_ids: [run_id],
    metric_key: "m",
    max_results: 5,
  });
  expect((answer["metrics"] as { step: number; run_id: string }[]).map((m) => [m.step, m.run_id === run_id])).toEqual(
    [0, 10, 20, 30, 49].map((s) => [s, true]),
  );
  for (const query of [{ max_results: 0 }, { max_results: 2501 }, { start_step: 1 }, { start_step: 3, end_step: 1 }])
    expect((await get("metrics/get-history-bulk-interval", { run_ids: [run_id], metric_key: "m", ...query }))[0]).toBe(
      400,
    );
});

test("the points of a run that ended are sealed in the audit by count and digest", async () => {
  const { db, post, run_id } = await setupRun();
  await post("runs/log-batch", {
    run_id,
    metrics: [1, 2].map((step) => ({ key: "m", value: step, timestamp: step, step })),
  });
  await post("runs/update", { run_id, status: "FINISHED" });
  const sealed = () =>
    db
      .prepare("SELECT count(*) FROM audit WHERE action = 'run.metrics' AND subject = ? AND after IS NOT NULL")
      .pluck()
      .get(run_id);
  await expect.poll(sealed).toBe(1);
});
