import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupViews = () => {
  const api = setupApi();
  const view = (path: string, query: Record<string, unknown> = {}) => api.send("GET", `/api/outpost/v1/${path}`, query);
  const experiment = async (name: string): Promise<string> =>
    String((await api.post("experiments/create", { name }))[1]["experiment_id"]);
  const log = (run_id: string, batch: Record<string, unknown>) => api.post("runs/log-batch", { run_id, ...batch });
  const put = async (path: string, content: string): Promise<void> => {
    const answer = await api.app.inject({
      method: "PUT",
      url: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
      headers: { "content-type": "application/octet-stream" },
      payload: content,
    });
    expect(answer.statusCode).toBe(200);
  };
  return { ...api, view, experiment, log, put };
};

const metric = (key: string, value: unknown, step = 0) => ({ key, value, timestamp: 1000 + step, step });
const param = (key: string, value: string) => ({ key, value });
const names = (rows: unknown): unknown[] =>
  (rows as { run_name?: string; name?: string }[]).map((row) => row.run_name ?? row.name);

describe("experiments", () => {
  test("come with counts and last activity, the latest active first, page by page", async () => {
    const { view, experiment, run } = setupViews();
    const [quiet, busy] = [await experiment("quiet"), await experiment("busy 100%")];
    await run({ experiment_id: busy, run_name: "one", start_time: 1_900_000_000_000 });
    const [, all] = await view("experiments");
    expect(all).toMatchObject({
      total: 3,
      experiments: [
        { experiment_id: busy, name: "busy 100%", runs: 1, running: 1, last_activity: 1_900_000_000_000 },
        { experiment_id: "0", name: "Default", runs: 0 },
        { experiment_id: quiet, name: "quiet", runs: 0, running: 0 },
      ].toSorted((a, b) => (a.experiment_id === busy ? -1 : b.experiment_id === busy ? 1 : 0)),
    });
    const seen: unknown[] = [];
    for (let page_token: unknown = undefined; ;) {
      const [, page] = await view("experiments", { max_results: 1, ...(page_token !== undefined && { page_token }) });
      seen.push(...names(page["experiments"]));
      if ((page_token = page["next_page_token"]) === undefined) break;
    }
    expect(seen).toEqual(names(all["experiments"]));
  });

  test("are found by what their name contains; % and _ are only characters", async () => {
    const { view, experiment } = setupViews();
    await experiment("busy 100%");
    await experiment("a_b");
    expect(names((await view("experiments", { search: "%" }))[1]["experiments"])).toEqual(["busy 100%"]);
    expect(names((await view("experiments", { search: "_" }))[1]["experiments"])).toEqual(["a_b"]);
  });

  test("tell which columns there are and which of them differ", async () => {
    const { view, run, log } = setupViews();
    for (const lr of ["0.1", "0.2"])
      await log(await run(), {
        params: [param("lr", lr), param("seed", "1")],
        metrics: [metric("loss", Number(lr)), metric("one", 1)],
      });
    expect((await view("experiments/0/columns"))[1]).toMatchObject({
      metrics: [
        { key: "loss", differs: true },
        { key: "one", differs: false },
      ],
      params: [
        { key: "lr", differs: true },
        { key: "seed", differs: false },
      ],
      more: false,
    });
  });

  test("an unknown one is not found, an odd id is refused, a foreign page token too", async () => {
    const { view } = setupViews();
    expect(await view("experiments/77")).toMatchObject([404, { error_code: "RESOURCE_DOES_NOT_EXIST" }]);
    expect(await view("experiments/x")).toMatchObject([400, { error_code: "INVALID_PARAMETER_VALUE" }]);
    expect(await view("experiments", { page_token: "bm8" })).toMatchObject([
      400,
      { error_code: "INVALID_PARAMETER_VALUE" },
    ]);
    expect(await view("experiments", { max_results: 0 })).toMatchObject([400, {}]);
  });
});

describe("runs", () => {
  test("come with the columns asked for and no others, in the order asked for", async () => {
    const { view, run, log } = setupViews();
    const id = await run({ run_name: "a" });
    await log(id, {
      metrics: [metric("loss", "NaN"), metric("acc", 0.5)],
      params: [param("lr", "0.1"), param("x", "y".repeat(900))],
    });
    await run({ run_name: "b", tags: [{ key: "mlflow.parentRunId", value: id }] });
    const [, page] = await view("experiments/0/runs", {
      metrics: ["acc", "loss", "none"],
      params: ["lr", "x"],
      order_by: ["attributes.run_name"],
    });
    expect(page["runs"]).toMatchObject([
      {
        run_id: id,
        run_name: "a",
        metrics: [0.5, "NaN", null],
        params: ["0.1", `${"y".repeat(500)}…`],
        tags: [],
        parent_run_id: null,
      },
      { run_name: "b", metrics: [null, null, null], params: [null, null], parent_run_id: id },
    ]);
  });

  test("are filtered, sorted and paged in MLflow's grammar", async () => {
    const { view, run, log } = setupViews();
    for (const loss of [3, 1, 2])
      await log(await run({ run_name: `loss ${loss}` }), { metrics: [metric("loss", loss)] });
    const query = { filter: "metrics.loss > 1", order_by: ["metrics.loss ASC"], max_results: 1 };
    const [, first] = await view("experiments/0/runs", query);
    expect(names(first["runs"])).toEqual(["loss 2"]);
    const [, second] = await view("experiments/0/runs", { ...query, page_token: first["next_page_token"] });
    expect(names(second["runs"])).toEqual(["loss 3"]);
    expect(second["next_page_token"]).toBeUndefined();
  });

  test("a filter that cannot be read is refused with its place", async () => {
    const { view } = setupViews();
    expect(await view("experiments/0/runs", { filter: "metrics.loss << 3" })).toMatchObject([
      400,
      { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining("position") as unknown },
    ]);
  });

  test("too many columns are refused", async () => {
    const { view } = setupViews();
    const metrics = Array.from({ length: 201 }, (_unused, i) => `m${i}`);
    expect(await view("experiments/0/runs", { metrics })).toMatchObject([
      400,
      { message: expect.stringContaining("200") as unknown },
    ]);
  });

  test("one run has all that belongs to it", async () => {
    const { view, run, log, post } = setupViews();
    const parent = await run({ run_name: "parent" });
    const id = await run({ run_name: "child", tags: [{ key: "mlflow.parentRunId", value: parent }] });
    await log(id, { params: [param("lr", "0.1")], metrics: [metric("loss", 2, 1), metric("loss", 1, 2)] });
    await post("runs/log-inputs", {
      run_id: id,
      datasets: [
        {
          dataset: { name: "iris", digest: "d1", source_type: "local", source: "x" },
          tags: [{ key: "mlflow.data.context", value: "training" }],
        },
      ],
    });
    expect((await view(`runs/${id}`))[1]).toMatchObject({
      run_name: "child",
      experiment_name: "Default",
      status: "RUNNING",
      parent: { run_id: parent, run_name: "parent" },
      params: [{ key: "lr", value: "0.1" }],
      datasets: [{ name: "iris", digest: "d1", context: "training" }],
    });
    expect((await view(`runs/${parent}`))[1]["children"]).toEqual([{ run_id: id, run_name: "child" }]);
    expect((await view(`runs/${id}/metrics`))[1]).toEqual({
      metrics: [{ key: "loss", value: 1, step: 2, timestamp: 1002, once: false }],
    });
    const [, series] = await view(`runs/${id}/series`, { metric_keys: ["loss", "none"], after_step: 1 });
    expect(series["series"]).toMatchObject([
      { key: "loss", total: 1, steps: [2], values: [1] },
      { key: "none", total: 0 },
    ]);
  });

  test("the newest and the running ones over all experiments", async () => {
    const { view, run, experiment, post } = setupViews();
    const done = await run({ run_name: "done" });
    await post("runs/update", { run_id: done, status: "FINISHED", end_time: 5 });
    await run({ run_name: "going", experiment_id: await experiment("other") });
    const [, answer] = await view("recent-runs");
    expect(names(answer["recent"])).toEqual(["going", "done"]);
    expect(answer["running"]).toMatchObject([{ run_name: "going", experiment_name: "other" }]);
  });

  test("artifacts are listed level by level, folders with the sums of what is in them", async () => {
    const { view, run, put } = setupViews();
    const id = await run();
    for (const [path, content] of [
      ["model/MLmodel", "abc"],
      ["model/data/x.bin", "12345"],
      ["model2/y", "1"],
      ["a.txt", "hi"],
    ])
      await put(`0/${id}/artifacts/${path}`, content ?? "");
    const list = async (path?: string) =>
      (
        (await view(`runs/${id}/artifacts`, path === undefined ? {} : { path }))[1]["entries"] as {
          path: string;
          size: number;
          files: number;
        }[]
      ).map((entry) => [entry.path, entry.size, entry.files]);
    expect(await list()).toEqual([
      ["model", 8, 2],
      ["model2", 1, 1],
      ["a.txt", 2, 1],
    ]);
    expect(await list("model")).toEqual([
      ["model/data", 5, 1],
      ["model/MLmodel", 3, 1],
    ]);
    expect(await list("nothing")).toEqual([]);
    expect(await view(`runs/${id}/artifacts`, { path: "../.." })).toMatchObject([400, {}]);
  });

  test("a logged model's files are listed beside the run that made it", async () => {
    const { view, run, put, post } = setupViews();
    const id = await run();
    const [, { model }] = await post("logged-models", { experiment_id: "0", name: "forest", source_run_id: id });
    const { model_id } = (model as { info: { model_id: string } }).info;
    await post(`runs/outputs`, { run_id: id, models: [{ model_id, step: 3 }] });
    await put(`0/models/${model_id}/artifacts/MLmodel`, "abc");
    expect((await view(`runs/${id}`))[1]["logged_models"]).toEqual([
      { model_id, name: "forest", direction: "output", step: 3 },
    ]);
    expect((await view(`logged-models/${model_id}/artifacts`))[1]).toMatchObject({
      root: `0/models/${model_id}/artifacts`,
      entries: [{ path: "MLmodel", size: 3 }],
    });
  });

  test("an unknown run is not found, whatever is asked of it", async () => {
    const { view } = setupViews();
    for (const path of [
      "runs/nope",
      "runs/nope/metrics",
      "runs/nope/series?metric_keys=a",
      "runs/nope/artifacts",
      "logged-models/nope/artifacts",
    ])
      expect(await view(path)).toMatchObject([404, { error_code: "RESOURCE_DOES_NOT_EXIST" }]);
  });
});

describe("registered models", () => {
  test("come with latest version and aliases; versions by number or semantic version", async () => {
    const { view, post, run, put } = setupViews();
    const id = await run({ run_name: "source" });
    await put(`0/${id}/artifacts/model/MLmodel`, "abc");
    await post("registered-models/create", { name: "churn", description: "who leaves" });
    await post("model-versions/create", {
      name: "churn",
      source: `mlflow-artifacts:/0/${id}/artifacts/model`,
      run_id: id,
    });
    await post("registered-models/alias", { name: "churn", alias: "champion", version: "1" });
    expect((await view("registered-models"))[1]).toMatchObject({
      total: 1,
      registered_models: [
        {
          name: "churn",
          versions: 1,
          latest_version: "1",
          latest_semver: "1.0.0",
          aliases: [{ alias: "champion", version: "1" }],
        },
      ],
    });
    expect((await view("registered-models/churn"))[1]).toMatchObject({
      description: "who leaves",
      model_versions: [{ version: "1", aliases: ["champion"], run_name: "source", experiment_id: "0" }],
    });
    for (const version of ["1", "1.0.0"])
      expect((await view(`registered-models/churn/versions/${version}`))[1]).toMatchObject({
        name: "churn",
        version: "1",
        files: [{ path: "MLmodel", size: 3 }],
      });
    expect((await view("registered-models/other"))[0]).toBe(404);
    expect((await view("registered-models/churn/versions/9"))[0]).toBe(404);
    expect((await view("registered-models", { search: "CHU" }))[1]).toMatchObject({ total: 1 });
    expect((await view("registered-models", { search: "x" }))[1]).toMatchObject({ total: 0, registered_models: [] });
  });
});

test("status counts what there is", async () => {
  const { view, run } = setupViews();
  await run();
  expect((await view("status"))[1]).toMatchObject({
    experiments: 1,
    runs: 1,
    registered_models: 0,
    rev: expect.any(Number) as unknown,
  });
});

test("long histories are read where they hold nobody up, short ones at once", async () => {
  const { run, log, services } = setupViews();
  const id = await run();
  for (let i = 0; i < 21; i += 1)
    await log(id, { metrics: Array.from({ length: 1000 }, (_unused, k) => metric("long", k, i * 1000 + k)) });
  await log(id, { metrics: [metric("short", 1)] });
  const { views } = services.domains;
  expect(views.isLongSeries({ run_id: id, metric_keys: ["short"] })).toBe(false);
  expect(views.isLongSeries({ run_id: id, metric_keys: ["short", "long"] })).toBe(true);
  expect(views.isLongSeries({ run_id: id, metric_keys: ["long"], after_step: 20_000 })).toBe(false);
});
