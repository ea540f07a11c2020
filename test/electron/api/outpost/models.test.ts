import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

type Body = Record<string, unknown>;
const VIEW = "/api/outpost/v1";

const setupModels = () => {
  const api = setupApi();
  const view = (path: string, query: Body = {}) => api.send("GET", `${VIEW}/${path}`, query);
  const act = (path: string, body: Body = {}) => api.send("POST", `${VIEW}/registered-models/${path}`, body);
  const model = (name: string, extra: Body = {}) => api.post("registered-models/create", { name, ...extra });
  const upload = async (path: string, content: string, method: "PUT" | "DELETE" = "PUT"): Promise<number> => {
    const answer = await api.app.inject({
      method,
      url: `/api/2.0/mlflow-artifacts/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`,
      headers: { "content-type": "application/octet-stream" },
      ...(method === "PUT" ? { payload: content } : {}),
    });
    return answer.statusCode;
  };
  /** A finished run with a logged model of two files. */
  const loggedModel = async (name = "net"): Promise<{ run: string; model: string }> => {
    const run = await api.run({ run_name: `train ${name}` });
    const [, made] = await api.post("logged-models", { experiment_id: "0", name, source_run_id: run });
    const id = (made["model"] as { info: { model_id: string } }).info.model_id;
    await upload(`0/models/${id}/artifacts/MLmodel`, "flavors: {}\n");
    await upload(`0/models/${id}/artifacts/data/model.pkl`, "weights");
    return { run, model: id };
  };
  const open = async (path: string): Promise<string> => String((await act(`${path}/files`))[1]["root"]);
  const files = async (path: string): Promise<string[]> => {
    const [, version] = await view(`registered-models/${path}`);
    return (version["files"] as { path: string }[]).map((file) => file.path);
  };
  const audit = () => api.db.prepare<[], string>("SELECT action FROM audit ORDER BY seq").pluck().all();
  return { ...api, view, act, model, upload, loggedModel, open, files, audit };
};

describe("the list of models", () => {
  test("is searched by name and by tag, and ordered either way, page by page", async () => {
    const { view, act, model } = setupModels();
    await model("beta", { tags: [{ key: "team", value: "risk" }] });
    await model("Alpha");
    await model("gamma");
    await act("gamma/versions");
    await act("gamma/versions");
    const names = async (query: Body): Promise<unknown[]> => {
      const [, page] = await view("registered-models", query);
      return (page["registered_models"] as { name: string }[]).map((row) => row.name);
    };
    expect(await names({})).toEqual(["gamma", "Alpha", "beta"]);
    expect(await names({ search: "team=ri" })).toEqual(["beta"]);
    expect(await names({ search: "LPH" })).toEqual(["Alpha"]);
    expect(await names({ search: "%" })).toEqual([]);
    expect(await names({ order: "name" })).toEqual(["Alpha", "beta", "gamma"]);
    expect(await names({ order: "name", direction: "desc" })).toEqual(["gamma", "beta", "Alpha"]);
    expect(await names({ order: "versions" })).toEqual(["gamma", "Alpha", "beta"]);
    const [, first] = await view("registered-models", { order: "versions", max_results: 2 });
    expect(first["total"]).toBe(3);
    expect(await names({ order: "versions", max_results: 2, page_token: String(first["next_page_token"]) })).toEqual([
      "beta",
    ]);
    expect((await view("registered-models", { order: "name", page_token: String(first["next_page_token"]) }))[0]).toBe(
      400,
    );
  });

  test("says the highest semantic version where versions came out of order, and when one of them last changed", async () => {
    const { view, act, model } = setupModels();
    await model("m");
    await act("m/versions", { semver: "2.0.0" });
    await act("m/versions", { semver: "1.9.1" });
    const [, before] = await view("registered-models/m");
    expect(before).toMatchObject({ latest_version: "2", latest_semver: "1.9.1", highest_semver: "2.0.0" });
    await act("m/versions/1/log", { params: [{ key: "a", value: "b" }] });
    const [, after] = await view("registered-models/m");
    expect(after["last_updated_timestamp"]).toBeGreaterThan(Number(before["last_updated_timestamp"]));
  });
});

describe("a version made empty", () => {
  test("takes the semantic version it is given, or the next, and refuses what is taken or is none", async () => {
    const { act, model, get } = setupModels();
    await model("m");
    expect(await act("m/versions", { semver: "1.2.0" })).toEqual([200, { version: "1", semver: "1.2.0" }]);
    expect(await act("m/versions")).toEqual([200, { version: "2", semver: "1.2.1" }]);
    expect((await act("m/versions", { semver: "1.2.0" }))[1]["message"]).toContain("already is 1.2.0");
    expect((await act("m/versions", { semver: "v1.3" }))[1]["message"]).toContain("semantic version");
    expect((await act("absent/versions"))[0]).toBe(404);
    const [, mlflow] = await get("model-versions/get", { name: "m", version: "1" });
    expect(mlflow["model_version"]).toMatchObject({
      status: "READY",
      tags: [{ key: "gitlab.version", value: "1.2.0" }],
    });
  });

  test("takes files by the proxy, and its list of files follows what comes, changes and goes", async () => {
    const { act, model, open, upload, files, view } = setupModels();
    await model("m");
    await act("m/versions");
    const root = await open("m/versions/1");
    await upload(`${root}/model/MLmodel`, "a");
    await upload(`${root}/notes.txt`, "b");
    await upload(`${root}/notes.txt`, "c");
    expect(await files("m/versions/1")).toEqual(["model/MLmodel", "notes.txt"]);
    const [, version] = await view("registered-models/m/versions/1.0.0");
    expect((version["files"] as { sha256: string }[])[1]?.sha256).toMatch(/^2e7d2c03/); // of "c"
    await upload(`${root}/notes.txt`, "", "DELETE");
    expect(await files("m/versions/1")).toEqual(["model/MLmodel"]);
  });

  test("keeps metrics and params in a run of its own that no search, list or count shows", async () => {
    const { act, model, view, get, post, run } = setupModels();
    const counted = async (): Promise<unknown[]> => {
      const [, status] = await view("status");
      return [status["runs"], status["experiments"]];
    };
    await run();
    const before = await counted();
    await model("m");
    await act("m/versions");
    const logged = await act("m/versions/1/log", {
      metrics: [
        { key: "auc", value: 0.9 },
        { key: "auc", value: 0.91, step: 1 },
      ],
      params: [{ key: "tuned", value: "by hand" }],
    });
    expect(logged[0]).toBe(200);
    const [, version] = await view("registered-models/m/versions/1");
    expect(version).toMatchObject({
      run_id: null,
      metrics: [{ key: "auc", value: 0.91, own: true }],
      params: [{ key: "tuned", value: "by hand", own: true }],
      own_run_id: logged[1]["run_id"],
    });
    const [, own] = await get("runs/get", { run_id: logged[1]["run_id"] });
    expect(own).toMatchObject({ run: { info: { run_name: "m 1.0.0", status: "FINISHED" } } });
    const experiment = (own["run"] as { info: { experiment_id: string } }).info.experiment_id;
    expect(await counted()).toEqual(before);
    expect((await post("experiments/search", { max_results: 10 }))[1]["experiments"]).toHaveLength(1);
    expect((await post("runs/search", { experiment_ids: [experiment], max_results: 10 }))[1]["runs"] ?? []).toEqual([]);
    expect((await view("experiments"))[1]["total"]).toBe(1);
    expect((await view("recent-runs"))[1]["recent"]).toHaveLength(1);
    const found = (await view("find", { text: "m 1.0.0" }))[1]["rows"] as { kind: string }[];
    expect(found.filter(({ kind }) => kind === "run" || kind === "experiment")).toEqual([]);
    const [status, everywhere] = await view("runs", { max_results: 10 });
    expect([status, (everywhere["runs"] as unknown[]).length]).toEqual([200, 1]);
    expect((await act("m/versions/1/log"))[0]).toBe(400);
    expect((await act("m/versions/1/log", { params: [{ key: "tuned", value: "other" }] }))[0]).toBe(400);
  });

  test("a new model under the name of a deleted one has its own runs apart from the old ones", async () => {
    const { act, model, send, view } = setupModels();
    for (let i = 0; i < 2; i++) {
      await model("m");
      await act("m/versions");
      await act("m/versions/1/log", { params: [{ key: "life", value: String(i) }] });
      const [, version] = await view("registered-models/m/versions/1");
      expect(version["params"]).toEqual([{ key: "life", value: String(i), own: true }]);
      await send("DELETE", "/api/2.0/mlflow/registered-models/delete", { name: "m" });
    }
  });
});

test("a version's own run goes with the version and not by itself", async () => {
  const { act, model, post, view } = setupModels();
  await model("m");
  await act("m/versions");
  const [, version] = await view("registered-models/m/versions/1");
  const [status, refused] = await post("runs/delete", { run_id: version["own_run_id"] });
  expect([status, String(refused["message"])]).toEqual([400, expect.stringContaining("version 1 of model 'm'")]);
});

describe("a version made of a logged model", () => {
  test("gets files of its own on the first addition; the logged model stays as it is", async () => {
    const { act, model, loggedModel, open, upload, files, get, audit } = setupModels();
    await model("m");
    const source = await loggedModel();
    expect(await act("m/versions", { model_id: source.model, semver: "3.0.0" })).toEqual([
      200,
      { version: "1", semver: "3.0.0" },
    ]);
    const root = await open("m/versions/1");
    expect(root).not.toContain(source.model);
    await upload(`${root}/report.html`, "fine");
    expect(await files("m/versions/1")).toEqual(["MLmodel", "data/model.pkl", "report.html"]);
    const [, listed] = await get("artifacts/list", { run_id: source.run });
    expect(listed["files"] ?? []).toEqual([]);
    const [, uri] = await get("model-versions/get-download-uri", { name: "m", version: "1" });
    expect(uri["artifact_uri"]).toBe(`mlflow-artifacts:/${root}`);
    expect(await upload(`0/models/${source.model}/artifacts/later.txt`, "x")).toBe(200);
    expect(await files("m/versions/1")).toHaveLength(3);
    expect(await open("m/versions/1")).toBe(root);
    expect(audit().filter((action) => action === "model-version.own-files")).toHaveLength(1);
  });

  test("what is taken out of it leaves the logged model alone, and comes back from the trash", async () => {
    const { act, model, loggedModel, send, files, get } = setupModels();
    await model("m");
    const source = await loggedModel();
    await act("m/versions", { model_id: source.model });
    const trash = (paths: string[]) => send("POST", `${VIEW}/artifacts/delete`, { root: "models:/m/1", paths });
    const [status, removed] = await trash(["data", "MLmodel"]);
    expect([status, removed["files"]]).toEqual([200, 2]);
    expect(await files("m/versions/1")).toEqual([]);
    const [, kept] = await get(`logged-models/${source.model}/artifacts/directories`);
    expect(JSON.stringify(kept)).toContain("MLmodel");
    expect((await send("POST", `${VIEW}/trash/restore`, { trash_ids: [removed["trash_id"]] }))[0]).toBe(200);
    expect(await files("m/versions/1")).toEqual(["MLmodel", "data/model.pkl"]);
    expect((await trash(["absent"]))[0]).toBe(404);
  });

  test("a source that is kept elsewhere takes no files", async () => {
    const { act, model, post, view } = setupModels();
    await model("m");
    await post("model-versions/create", { name: "m", source: "s3://bucket/model" });
    const [status, refused] = await act("m/versions/1/files");
    expect([status, String(refused["message"])]).toEqual([400, expect.stringContaining("s3://bucket/model")]);
    expect((await view("registered-models/m/versions/1"))[1]["root"]).toBeNull();
  });
});

test("a version comes from a run's folder, or from one thing only", async () => {
  const { act, model, run, upload, files } = setupModels();
  await model("m");
  const id = await run();
  await upload(`0/${id}/artifacts/model/MLmodel`, "x");
  await upload(`0/${id}/artifacts/other.txt`, "y");
  expect((await act("m/versions", { run_id: id, path: "model" }))[0]).toBe(200);
  expect(await files("m/versions/1")).toEqual(["MLmodel"]);
  expect((await act("m/versions", { run_id: id, model_id: "m-1" }))[0]).toBe(400);
  expect((await act("m/versions", { run_id: "f".repeat(32) }))[0]).toBe(404);
});

test("logged models to register are found by their name, run or experiment", async () => {
  const { view, loggedModel, act, model } = setupModels();
  await loggedModel("encoder");
  const second = await loggedModel("decoder");
  await model("m");
  await act("m/versions", { model_id: second.model });
  const [, all] = await view("registrable-models");
  expect(all).toMatchObject({
    total: 2,
    logged_models: [
      { model_name: "decoder", run_name: "train decoder", files: 2, versions: [{ name: "m", version: "1" }] },
      { model_name: "encoder", experiment_name: "Default", size: 19, versions: [] },
    ],
  });
  expect((await view("registrable-models", { search: "train enc" }))[1]["total"]).toBe(1);
  expect((await view("registrable-models", { search: second.model }))[1]["total"]).toBe(1);
});

test("a version's neighbours are the versions before and after it that are not in the trash", async () => {
  const { act, model, view, send } = setupModels();
  await model("m");
  for (let i = 0; i < 3; i++) await act("m/versions");
  await send("DELETE", "/api/2.0/mlflow/model-versions/delete", { name: "m", version: "2" });
  expect((await view("registered-models/m/versions/3"))[1]).toMatchObject({ previous: "1", next: null });
  expect((await view("registered-models/m/versions/1.0.0"))[1]).toMatchObject({ previous: null, next: "3" });
});

test("lineage leads from datasets over the run and the logged model to the versions made of it", async () => {
  const { act, model, loggedModel, post, view } = setupModels();
  const source = await loggedModel();
  const read = await loggedModel("teacher");
  await post("runs/log-inputs", {
    run_id: source.run,
    datasets: [
      {
        dataset: { name: "churn", digest: "abc", source_type: "local", source: "{}" },
        tags: [{ key: "mlflow.data.context", value: "training" }],
      },
    ],
    models: [{ model_id: read.model }],
  });
  await model("m");
  await model("copy");
  await act("m/versions", { model_id: source.model });
  await act("m/versions", { model_id: source.model });
  await post("registered-models/alias", { name: "m", alias: "champion", version: "2" });
  await post("model-versions/create", { name: "copy", source: "models:/m/1" });
  expect((await view("registered-models/m/versions/1/lineage"))[1]).toEqual({
    datasets: [{ name: "churn", digest: "abc", context: "training" }],
    models_read: [{ model_id: read.model, name: "teacher", experiment_id: "0" }],
    run: { run_id: source.run, run_name: "train net", experiment_id: "0", experiment_name: "Default", deleted: false },
    logged_model: { model_id: source.model, name: "net", experiment_id: "0" },
    copied_from: null,
    version: { name: "m", version: "1", semver: "1.0.0", aliases: [] },
    siblings: [
      { name: "copy", version: "1", semver: "1.0.0", aliases: [] },
      { name: "m", version: "2", semver: "1.0.1", aliases: ["champion"] },
    ],
  });
  expect((await view("registered-models/copy/versions/1/lineage"))[1]).toMatchObject({
    copied_from: { name: "m", version: "1" },
  });
  await act("m/versions");
  expect((await view("registered-models/m/versions/3/lineage"))[1]).toMatchObject({
    run: null,
    logged_model: null,
    siblings: [],
  });
});
