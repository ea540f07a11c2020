import { expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

interface ModelAnswer {
  readonly info: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}
const path = (id: string, rest = "") => `/api/2.0/mlflow/logged-models/${id}${rest}`;

const setupModel = async () => {
  const api = setupApi();
  const create = async (body: Record<string, unknown> = {}) => {
    const [, { model }] = await api.post("logged-models", { experiment_id: "0", name: "lm", ...body });
    return model as ModelAnswer;
  };
  const model = await create({ params: [{ key: "p", value: "1" }], tags: [{ key: "t", value: "v" }] });
  return { ...api, create, model, id: String(model.info["model_id"]) };
};

test("a logged model comes back as MLflow shows it", async () => {
  const { model, id } = await setupModel();
  expect(id).toMatch(/^m-[0-9a-f]{32}$/);
  expect(model).toEqual({
    info: {
      model_id: id,
      experiment_id: "0",
      name: "lm",
      creation_timestamp_ms: expect.any(Number) as number,
      last_updated_timestamp_ms: expect.any(Number) as number,
      artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
      status: "LOGGED_MODEL_PENDING",
      model_type: "",
      source_run_id: "",
      tags: [{ key: "t", value: "v" }],
    },
    data: { params: [{ key: "p", value: "1" }] },
  });
});

test("it is finalised, tagged, given params, and deleted", async () => {
  const { send, id } = await setupModel();
  expect(await send("PATCH", path(id), { model_id: id, status: "LOGGED_MODEL_READY" })).toMatchObject([
    200,
    { model: { info: { status: "LOGGED_MODEL_READY" } } },
  ]);
  expect((await send("PATCH", path(id, "/tags"), { tags: [{ key: "t", value: "w" }] }))[0]).toBe(200);
  expect((await send("POST", path(id, "/params"), { model_id: id, params: [{ key: "q", value: "2" }] }))[0]).toBe(200);
  expect(
    (await send("POST", path(id, "/params"), { model_id: id, params: [{ key: "q", value: "3" }] }))[1],
  ).toMatchObject({ error_code: "BAD_REQUEST" });
  expect((await send("PATCH", path(id, "/tags"), { model_id: [], tags: [{ key: "t", value: "x" }] }))[0]).toBe(400);
  expect((await send("PATCH", path(id), { model_id: 5, status: "LOGGED_MODEL_READY" }))[0]).toBe(400);
  expect((await send("PATCH", path(id), { model_id: id, status: "" }))[0]).toBe(400);
  expect((await send("PATCH", path(id), { model_id: "m-other", status: "LOGGED_MODEL_READY" }))[0]).toBe(400);
  expect((await send("PATCH", path(id, "/tags"), { modelId: "m-other", tags: [{ key: "t", value: "w" }] }))[0]).toBe(
    200,
  );
  expect((await send("DELETE", path(id, "/tags/absent")))[0]).toBe(404);
  expect((await send("GET", path(id)))[1]).toMatchObject({ model: { info: { tags: [{ key: "t", value: "w" }] } } });
  expect((await send("DELETE", path(id)))[0]).toBe(200);
  expect((await send("GET", path(id)))[0]).toBe(404);
  expect((await send("GET", path(id), { allow_deleted: "true" }))[0]).toBe(200);
});

test("metrics that name a model are kept with the run and with the model", async () => {
  const { post, run, send, id } = await setupModel();
  const run_id = await run();
  const metric = {
    key: "acc",
    value: 0.5,
    timestamp: 1,
    step: 2,
    model_id: id,
    dataset_name: "d",
    dataset_digest: "x",
  };
  expect((await post("runs/log-batch", { run_id, metrics: [metric] }))[0]).toBe(200);
  expect((await send("GET", path(id)))[1]).toMatchObject({ model: { data: { metrics: [{ ...metric, run_id }] } } });
  expect(await post("runs/log-metric", { run_id, ...metric, model_id: "m-none" })).toMatchObject([
    400,
    { error_code: "BAD_REQUEST" },
  ]);
});

test.each(["a/b", "a:b", "a.b", "a%b", 'a"b', "a'b"])("the name %s is refused", async (name) => {
  expect(await setupApi().post("logged-models", { experiment_id: "0", name })).toMatchObject([
    400,
    { error_code: "INVALID_PARAMETER_VALUE" },
  ]);
});

test("a search finds models of the experiments asked for", async () => {
  const { post, create, id } = await setupModel();
  await create({ name: "other" });
  const [, found] = await post("logged-models/search", { experiment_ids: ["0"], filter: "name = 'lm'" });
  expect((found["models"] as ModelAnswer[]).map((m) => m.info["model_id"])).toEqual([id]);
  expect((await post("logged-models/search", {}))[0]).toBe(400);
});

test("params and status want the model's id in the body too", async () => {
  const { send, id } = await setupModel();
  expect((await send("POST", path(id, "/params"), { params: [] }))[0]).toBe(400);
  expect((await send("PATCH", path(id), { status: "LOGGED_MODEL_READY" }))[0]).toBe(400);
});

test("a tag is deleted without a body or a content type, as the Python client asks for it", async () => {
  const { app, id } = await setupModel();
  const response = await app.inject({ method: "DELETE", url: path(id, "/tags/t") });
  expect([response.statusCode, response.json()]).toEqual([200, {}]);
});
