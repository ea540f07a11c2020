import { describe, expect, test } from "vitest";
import { schemaErrors, setupDouble } from "./client.ts";

const INVALID = "INVALID_PARAMETER_VALUE";

describe("who may", () => {
  test.each([
    [null, 401, { message: "401 Unauthorized" }],
    ["trigger", 401, { message: "401 Unauthorized" }],
    ["job", 401, { message: "401 Unauthorized" }],
    ["deploy", 401, { message: "401 Unauthorized" }],
    ["expired", 401, { error: "invalid_token" }],
    ["revoked", 401, { error: "invalid_token" }],
    ["read-api", 403, { error: "insufficient_scope" }],
    ["read-user", 403, { error: "insufficient_scope" }],
    ["outsider", 404, { message: "404 Project Not Found" }],
    ["guest", 401, { message: "401 Unauthorized" }],
    ["reporter", 401, { message: "401 Unauthorized" }],
    ["developer", 400, { error: "experiment_ids is missing" }],
  ])("%s who searches runs without parameters gets %i", async (as, status, body) => {
    const { ask, project } = await setupDouble();
    const answer = await ask(as, "POST", `${project}/ml/mlflow/api/2.0/mlflow/runs/search`, {});
    expect([answer.status, answer.body]).toEqual([status, expect.objectContaining(body)]);
  });

  test("a project answers to its number and its encoded path, under a relative root too", async () => {
    const { ask } = await setupDouble({ root: "/gitlab" });
    for (const id of ["4101", "team%2Fmodels"]) {
      const answer = await ask("guest", "GET", `/api/v4/projects/${id}`);
      expect(answer.body).toMatchObject({ id: 4101, permissions: { project_access: { access_level: 10 } } });
    }
    expect((await ask("developer", "GET", "/api/v4/projects/4104")).body).toEqual({ message: "404 Project Not Found" });
  });

  test("routes that GitLab does not have, and methods it does not take", async () => {
    const { ml } = await setupDouble();
    expect((await ml("POST", "runs/log-model", {})).body).toEqual({ error: "404 Not Found" });
    expect(await ml("GET", "runs/create")).toMatchObject({ status: 405, body: { error: "405 Not Allowed" } });
  });

  test("a feature that is off is not found by a member", async () => {
    const { control, ml } = await setupDouble();
    await control("POST", "actions", { actions: [{ do: "project", id: 4101, experimentsOn: false }] });
    expect(await ml("GET", "experiments/list")).toMatchObject({ status: 404, body: { message: "404 Not Found" } });
  });
});

describe("experiments", () => {
  test("one is made, found by iid and by name, and fits GitLab's schemas", async () => {
    const { ml } = await setupDouble();
    const tags = [{ key: "a", value: "1" }, { key: "a", value: "2" }]; // prettier-ignore
    const { body } = await ml("POST", "experiments/create", { name: "e1", tags });
    expect(body).toEqual({ experiment_id: "1" });
    const got = await ml("GET", "experiments/get?experiment_id=1");
    expect(got.body.experiment).toEqual({
      experiment_id: "1",
      name: "e1",
      lifecycle_stage: "active",
      artifact_location: "not_implemented",
      tags: [{ key: "a", value: "1" }],
    });
    expect(schemaErrors("get_experiment", got.body)).toEqual([]);
    expect((await ml("GET", "experiments/get-by-name?experiment_name=e1")).body).toEqual(got.body);
    expect(schemaErrors("list_experiments", (await ml("GET", "experiments/list")).body)).toEqual([]);
    expect(schemaErrors("search_experiments", (await ml("POST", "experiments/search", {})).body)).toEqual([]);
    expect(schemaErrors("get_experiment", { experiment: { name: 1 } })).not.toEqual([]);
  });

  test.each(["e1", "", "  "])("the name %j is refused as one that exists", async (name) => {
    const { ml } = await setupDouble();
    await ml("POST", "experiments/create", { name: "e1" });
    const answer = await ml("POST", "experiments/create", { name });
    expect([answer.status, answer.body]).toEqual([400, { error_code: "RESOURCE_ALREADY_EXISTS" }]);
  });

  test("a tag is written once, even with the same value; a deleted name comes back with a new iid", async () => {
    const { ml } = await setupDouble();
    await ml("POST", "experiments/create", { name: "e1" });
    const tag = { experiment_id: "1", key: "k", value: "v" };
    expect((await ml("POST", "experiments/set-experiment-tag", tag)).body).toEqual({});
    expect(await ml("POST", "experiments/set-experiment-tag", tag)).toMatchObject({
      status: 400,
      body: { error_code: INVALID, message: "Validation failed: Name 'k' already taken" },
    });
    await ml("POST", "experiments/delete", { experiment_id: "1" });
    expect((await ml("GET", "experiments/get?experiment_id=1")).body).toEqual({
      error_code: "RESOURCE_DOES_NOT_EXIST",
    });
    expect((await ml("POST", "experiments/create", { name: "e1" })).body).toEqual({ experiment_id: "2" });
  });

  test("search pages by token, newest first, in any order asked for", async () => {
    const { ml } = await setupDouble();
    for (const name of ["b", "c", "a"]) await ml("POST", "experiments/create", { name });
    const first = (await ml("POST", "experiments/search", { max_results: 2, order_by: "name" })).body;
    expect(first.experiments.map((each: { name: string }) => each.name)).toEqual(["a", "b"]);
    const next = { max_results: 2, order_by: "name", page_token: first.next_page_token };
    const second = (await ml("POST", "experiments/search", next)).body;
    expect([second.experiments.length, second.next_page_token]).toEqual([1, null]);
  });
});

describe("runs", () => {
  const setupRun = async (settings = {}) => {
    const double = await setupDouble(settings);
    await double.ml("POST", "experiments/create", { name: "e" });
    const made = await double.ml("POST", "runs/create", { experiment_id: "1", run_name: "r", start_time: 5 });
    const runId: string = made.body.run.info.run_id;
    const get = async () => (await double.ml("GET", `runs/get?run_id=${runId}`)).body.run;
    return { ...double, made, runId, get };
  };

  test("a run has a server's UUID and fits GitLab's schemas; a repeat makes a second one", async () => {
    const { ml, made, runId } = await setupRun();
    expect(runId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(schemaErrors("run", made.body)).toEqual([]);
    expect(made.body.run.info).not.toHaveProperty("end_time");
    await ml("POST", "runs/create", { experiment_id: 1, run_name: "r", start_time: 5 });
    const found = await ml("POST", "runs/search", { experiment_ids: ["1"] });
    expect(schemaErrors("search_runs", { ...found.body, next_page_token: "" })).toEqual([]);
    expect(found.body.runs).toHaveLength(2);
  });

  test("its name and start never change; its end and status do", async () => {
    const { ml, runId, get } = await setupRun();
    const change = { run_id: runId, run_name: "other", start_time: 9, end_time: "77", status: "FINISHED" };
    const { body } = await ml("POST", "runs/update", change);
    expect(body.run_info).toMatchObject({ run_name: "r", start_time: 5, end_time: 77, status: "FINISHED" });
    expect((await get()).info.status).toBe("FINISHED");
    const wrong = await ml("POST", "runs/update", { run_id: runId, status: "finished" });
    expect(wrong.body).toEqual({ error: "status does not have a valid value" });
  });

  test.each([
    ["runs/log-metric", { key: "m", timestamp: 1 }, "value is missing"],
    ["runs/log-metric", { key: "m", value: "NaN", timestamp: 1 }, "value is invalid"],
    ["runs/log-metric", { key: ["m"], value: 1, timestamp: "x" }, "key is invalid, timestamp is invalid"],
    ["runs/log-batch", { metrics: [{ value: 1, timestamp: 1 }] }, "metrics[0][key] is missing"],
    ["runs/search", { experiment_ids: ["1"], order_by: ["created_at DESC"] }, "order_by is invalid"],
  ])("%s with %j: %s", async (path, body, error) => {
    const { ml, runId } = await setupRun();
    expect(await ml("POST", path, { run_id: runId, ...body })).toMatchObject({ status: 400, body: { error } });
  });

  test("NaN as Python's json writes it is no JSON", async () => {
    const { ask, project } = await setupDouble();
    const path = `${project}/ml/mlflow/api/2.0/mlflow/runs/log-metric`;
    expect((await ask("developer", "POST", path, '{"value": NaN}')).status).toBe(400);
  });

  test("metrics append, params and tags are written once", async () => {
    const { ml, runId, get } = await setupRun();
    const metric = { run_id: runId, key: "m", value: "0.5", timestamp: "1" };
    await ml("POST", "runs/log-metric", metric);
    await ml("POST", "runs/log-metric", metric);
    const param = { run_id: runId, key: "p", value: "1" };
    expect((await ml("POST", "runs/log-parameter", param)).body).toEqual({});
    expect((await ml("POST", "runs/log-parameter", param)).body.message).toBe(
      "Validation failed: Name has already been taken",
    );
    await ml("POST", "runs/set-tag", { run_id: runId, key: "t", value: "1" });
    expect((await ml("POST", "runs/set-tag", { run_id: runId, key: "t", value: "1" })).body.message).toContain("'t'");
    expect((await get()).data).toEqual({
      metrics: [{ key: "m", value: 0.5, timestamp: 1 }, { key: "m", value: 0.5, timestamp: 1 }], // prettier-ignore
      params: [{ key: "p", value: "1" }],
      tags: [{ key: "t", value: "1" }],
    });
  });

  test("a batch is three inserts: what came before the failure stays, what exists is kept silently", async () => {
    const { ml, runId, get } = await setupRun();
    const metrics = [{ key: "m", value: 1, timestamp: 1, step: 3 }];
    const batch = {
      run_id: runId,
      metrics,
      params: [{ key: "p", value: "x".repeat(251) }],
      tags: [{ key: "t", value: "" }],
    };
    expect((await ml("POST", "runs/log-batch", batch)).body.error_code).toBe(INVALID);
    expect(await get()).toMatchObject({ data: { metrics: [{ key: "m", step: 3 }], params: [], tags: [] } });
    const one = { run_id: runId, params: [{ key: "p", value: "1" }], tags: [{ key: "t", value: "" }] };
    await ml("POST", "runs/log-batch", one);
    const other = { ...one, params: [{ key: "p", value: "2" }] };
    expect((await ml("POST", "runs/log-batch", other)).status).toBe(200);
    expect((await get()).data).toMatchObject({ params: [{ value: "1" }], tags: [{ key: "t", value: "" }] });
  });

  test("sorting by a metric drops the runs without it", async () => {
    const { ml, runId } = await setupRun();
    await ml("POST", "runs/create", { experiment_id: 1 });
    await ml("POST", "runs/log-metric", { run_id: runId, key: "m", value: 1, timestamp: 1 });
    const search = (order_by: string) => ml("POST", "runs/search", { experiment_ids: ["1"], order_by });
    expect((await search("metrics.m DESC")).body.runs).toHaveLength(1);
    expect((await search("start_time")).body.runs).toHaveLength(2);
  });

  test("an unknown CI job is a 500, and the run is there all the same", async () => {
    const { ml } = await setupRun();
    const create = (value: string) =>
      ml("POST", "runs/create", { experiment_id: 1, tags: [{ key: "gitlab.CI_JOB_ID", value }] });
    expect((await create("77001")).status).toBe(200);
    expect((await create("1")).status).toBe(500);
    expect((await ml("POST", "runs/search", { experiment_ids: ["1"] })).body.runs).toHaveLength(3);
  });

  test("histories are there in the newer variant only", async () => {
    const newer = await setupRun();
    const path = `metrics/get-history?run_id=${newer.runId}&metric_key=m&max_results=1`;
    for (const step of [2, 1]) {
      const point = { run_id: newer.runId, key: "m", value: 1, timestamp: 1, step };
      await newer.ml("POST", "runs/log-metric", point);
    }
    const first = await newer.ml("GET", path);
    expect(first.body.metrics).toEqual([{ key: "m", value: 1, timestamp: 1, step: 1 }]);
    const second = await newer.ml("GET", `${path}&page_token=${String(first.body.next_page_token)}`);
    expect(second.body).toMatchObject({ metrics: [{ step: 2 }], next_page_token: null });
    const older = await setupDouble({ variant: "older" });
    expect((await older.ml("GET", path)).body).toEqual({ error: "404 Not Found" });
  });
});
