import { describe, expect, test } from "vitest";
import { setupApi } from "../../../helpers/setup-api.ts";

const setupActions = () => {
  const api = setupApi();
  const at = (path: string, experiment = "0") => `/api/outpost/v1/experiments/${experiment}/${path}`;
  const act = (input: Record<string, unknown>, experiment = "0") =>
    api.send("POST", at("run-actions", experiment), input);
  const count = async (query: Record<string, unknown> = {}, experiment = "0") =>
    (await api.send("GET", at("run-count", experiment), query))[1];
  const exported = async (body: Record<string, unknown>, experiment = "0") => {
    const response = await api.app.inject({
      method: "POST",
      url: at("run-export", experiment),
      headers: { "content-type": "application/json" },
      payload: JSON.stringify(body),
    });
    return { status: response.statusCode, type: response.headers["content-type"], text: response.body };
  };
  const experiment = async (name: string): Promise<string> =>
    String((await api.post("experiments/create", { name }))[1]["experiment_id"]);
  const tagsOf = async (run_id: string) => {
    const [, { run }] = await api.get("runs/get", { run_id });
    const { tags } = (run as { data: { tags: { key: string; value: string }[] } }).data;
    return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
  };
  const infoOf = async (run_id: string) =>
    ((await api.get("runs/get", { run_id }))[1]["run"] as { info: Record<string, unknown> }).info;
  const search = async (experimentId: string, filter = "") => {
    const [, answer] = await api.post("runs/search", { experiment_ids: [experimentId], filter });
    return ((answer["runs"] ?? []) as { info: { run_id: string } }[]).map(({ info }) => info.run_id);
  };
  const audit = (action: string): number =>
    Number(api.db.prepare("SELECT count(*) FROM audit WHERE action = ?").pluck().get(action));
  return { ...api, act, count, exported, experiment, tagsOf, infoOf, search, audit };
};

describe("runs named by id", () => {
  test("are deleted and restored, each with its audit row; what is so already is left alone", async () => {
    const { act, run, infoOf, audit } = setupActions();
    const [a, b] = [await run(), await run()];
    expect(await act({ action: "DELETE", run_ids: [a, b] })).toEqual([200, { run_ids: [a, b] }]);
    expect(await infoOf(a)).toMatchObject({ lifecycle_stage: "deleted" });
    expect(await act({ action: "DELETE", run_ids: [a] })).toEqual([200, { run_ids: [] }]);
    expect(await act({ action: "RESTORE", run_ids: [a] })).toEqual([200, { run_ids: [a] }]);
    expect(await infoOf(a)).toMatchObject({ lifecycle_stage: "active" });
    expect([audit("run.delete"), audit("run.restore")]).toEqual([2, 1]);
  });

  test("get and lose a tag; those without it are left alone", async () => {
    const { act, run, tagsOf } = setupActions();
    const [a, b] = [await run(), await run({ tags: [{ key: "team", value: "x" }] })];
    expect(await act({ action: "SET_TAG", run_ids: [a, b], key: "team", value: "x" })).toEqual([200, { run_ids: [a] }]);
    expect(await tagsOf(a)).toMatchObject({ team: "x" });
    expect(await act({ action: "DELETE_TAG", run_ids: [a, b], key: "team" })).toEqual([
      200,
      { run_ids: [a, b], trash_id: expect.stringMatching(/^tags:/) as string },
    ]);
    expect(await tagsOf(b)).not.toHaveProperty("team");
  });

  test("all or none: one that cannot be leaves the others as they were", async () => {
    const { act, run, infoOf, experiment } = setupActions();
    const other = await run({ experiment_id: await experiment("other") });
    const a = await run();
    expect(await act({ action: "DELETE", run_ids: [a, other] })).toMatchObject([
      400,
      { message: expect.stringContaining(other) as unknown },
    ]);
    expect(await act({ action: "DELETE", run_ids: [a, "nope"] })).toMatchObject([404, {}]);
    expect(await infoOf(a)).toMatchObject({ lifecycle_stage: "active" });
    expect(await act({ action: "SET_TAG", run_ids: [a] })).toMatchObject([
      400,
      { message: expect.stringContaining("'key'") as unknown },
    ]);
    expect(await act({ action: "SHRED", run_ids: [a] })).toMatchObject([400, {}]);
    expect(await act({ action: "DELETE", run_ids: Array.from({ length: 501 }, () => a) })).toMatchObject([400, {}]);
  });
});

describe("all runs that match", () => {
  test("are worked on 500 a call, each once, without those that came later", async () => {
    const { act, count, run, search } = setupActions();
    const tags = [{ key: "old", value: "1" }];
    for (let i = 0; i < 501; i += 1) await run({ tags });
    const query = { filter: "tags.old = '1'" };
    const { count: n, page_token } = await count(query);
    expect(n).toBe(501);
    const late = await run({ tags });
    const [, first] = await act({ action: "DELETE", ...query, page_token });
    expect(first["run_ids"]).toHaveLength(500);
    const [, second] = await act({ action: "DELETE", ...query, page_token: first["next_page_token"] });
    expect(second["run_ids"]).toHaveLength(1);
    expect(second["next_page_token"]).toBeUndefined();
    expect(await search("0")).toEqual([late]);
  });

  test("are refused when others match than were confirmed", async () => {
    const { act, count, run, post, search } = setupActions();
    const [a, b] = [await run(), await run()];
    const { page_token } = await count({ filter: "attributes.status = 'RUNNING'" });
    await post("runs/update", { run_id: a, status: "FINISHED" });
    expect(await act({ action: "DELETE", filter: "attributes.status = 'RUNNING'", page_token })).toMatchObject([
      409,
      { message: expect.stringContaining("1 runs match now, not the 2") as unknown },
    ]);
    expect(new Set(await search("0"))).toEqual(new Set([a, b]));
    expect(await act({ action: "DELETE", filter: "" })).toMatchObject([400, {}]);
    expect(await act({ action: "DELETE", filter: "", page_token: "bm8" })).toMatchObject([400, {}]);
  });
});

describe("a move", () => {
  test("brings the run with its children, values, datasets and models; its files and their addresses stay", async () => {
    const { act, run, post, get, app, experiment, infoOf, search, audit, send } = setupActions();
    const to = await experiment("to");
    const id = await run({ run_name: "sweep" });
    const kid = await run({ tags: [{ key: "mlflow.parentRunId", value: id }] });
    await post("runs/log-batch", {
      run_id: id,
      params: [{ key: "lr", value: "0.1" }],
      metrics: [{ key: "loss", value: 0.5, timestamp: 1, step: 0 }],
    });
    const dataset = { name: "iris", digest: "d", source_type: "local", source: "x" };
    await post("runs/log-inputs", { run_id: id, datasets: [{ dataset, tags: [] }] });
    const [, { model }] = await post("logged-models", { experiment_id: "0", name: "forest", source_run_id: id });
    const { model_id } = (model as { info: { model_id: string } }).info;
    const put = async (path: string) =>
      (
        await app.inject({
          method: "PUT",
          url: `/api/2.0/mlflow-artifacts/artifacts/${path}`,
          headers: { "content-type": "application/octet-stream" },
          payload: "abc",
        })
      ).statusCode;
    await put(`0/${id}/artifacts/a.txt`);
    await put(`0/models/${model_id}/artifacts/MLmodel`);
    const before = await infoOf(id);

    expect(await act({ action: "MOVE", run_ids: [id], to_experiment_id: to })).toEqual([200, { run_ids: [id, kid] }]);
    expect(await infoOf(id)).toEqual({ ...before, experiment_id: to });
    expect(await search("0")).toEqual([]);
    for (const filter of [
      "metrics.loss = 0.5",
      "params.lr = '0.1'",
      "dataset.name = 'iris'",
      "tags.mlflow.runName = 'sweep'",
      `attributes.artifact_uri = '${String(before["artifact_uri"])}'`,
    ])
      expect(await search(to, filter), filter).toEqual([id]);
    const listed = await get("artifacts/list", { run_id: id });
    expect(listed).toMatchObject([200, { files: [{ path: "a.txt" }] }]);
    expect((await send("GET", `/api/outpost/v1/runs/${id}/artifacts`))[1]).toMatchObject({
      root: `0/${id}/artifacts`,
      entries: [{ path: "a.txt" }],
    });
    expect((await app.inject({ method: "GET", url: `/get-artifact?run_id=${id}&path=a.txt` })).body).toBe("abc");
    expect(await send("GET", `/api/2.0/mlflow/logged-models/${model_id}`)).toMatchObject([
      200,
      { model: { info: { experiment_id: to, artifact_uri: `mlflow-artifacts:/0/models/${model_id}/artifacts` } } },
    ]);
    expect((await send("GET", `/api/outpost/v1/experiments/${to}`))[1]).toMatchObject({ runs: 2, artifact_bytes: 6 });
    expect((await send("GET", "/api/outpost/v1/experiments/0"))[1]).toMatchObject({ runs: 0, artifact_bytes: 0 });
    expect(audit("run.move")).toBe(2);

    // What is logged after the move goes to the same places, and a move back is one.
    await post("runs/log-batch", { run_id: id, metrics: [{ key: "loss", value: 0.25, timestamp: 2, step: 1 }] });
    expect(await search(to, "metrics.loss = 0.25")).toEqual([id]);
    expect(await act({ action: "MOVE", run_ids: [id], to_experiment_id: "0" }, to)).toMatchObject([200, {}]);
    expect(await infoOf(id)).toEqual(before);
    expect((await send("GET", "/api/outpost/v1/experiments/0"))[1]).toMatchObject({ artifact_bytes: 6 });
  });

  test("to where it is changes nothing; to the trash or nowhere is refused", async () => {
    const { act, run, experiment, post, audit } = setupActions();
    const id = await run();
    expect(await act({ action: "MOVE", run_ids: [id], to_experiment_id: "0" })).toEqual([200, { run_ids: [] }]);
    const gone = await experiment("gone");
    await post("experiments/delete", { experiment_id: gone });
    expect(await act({ action: "MOVE", run_ids: [id], to_experiment_id: gone })).toMatchObject([400, {}]);
    expect(await act({ action: "MOVE", run_ids: [id], to_experiment_id: "77" })).toMatchObject([404, {}]);
    expect(await act({ action: "MOVE", run_ids: [id] })).toMatchObject([400, {}]);
    expect(audit("run.move")).toBe(0);
  });
});

describe("an export", () => {
  const log = async (api: ReturnType<typeof setupActions>) => {
    const a = await api.run({ run_name: "=cmd()", start_time: 1_700_000_000_000 });
    await api.post("runs/log-batch", {
      run_id: a,
      params: [
        { key: "lr", value: "-0.1" },
        { key: "note", value: '@x, "y"\nz' },
      ],
      metrics: [
        { key: "loss", value: "NaN", timestamp: 1, step: 0 },
        { key: "up", value: "-Infinity", timestamp: 1, step: 0 },
      ],
    });
    const b = await api.run({ run_name: "b" });
    return { a, b };
  };

  test("as CSV has a column for every key, and nothing that a spreadsheet would run", async () => {
    const api = setupActions();
    const { a, b } = await log(api);
    const { status, type, text } = await api.exported({ format: "csv", tags: [], order_by: ["attributes.run_name"] });
    expect([status, type]).toEqual([200, "text/csv; charset=utf-8"]);
    expect(text.split("\r\n")).toEqual([
      "run_id,experiment_id,run_name,status,user_id,start_time,end_time,lifecycle_stage,metrics.loss,metrics.up,params.lr,params.note",
      `${a},0,'=cmd(),RUNNING,,2023-11-14T22:13:20.000Z,,active,NaN,-Infinity,-0.1,"'@x, ""y""\nz"`,
      `${b},0,b,RUNNING,,,,active,,,,`,
      "",
    ]);
  });

  test("as JSON keeps NaN and infinities as MLflow's words; only what was named and asked for", async () => {
    const api = setupActions();
    const { a } = await log(api);
    const { text } = await api.exported({ format: "json", run_ids: [a], params: ["lr"], tags: [] });
    expect(JSON.parse(text)).toMatchObject([
      { run_id: a, run_name: "=cmd()", metrics: { loss: "NaN", up: "-Infinity" }, params: { lr: "-0.1" }, tags: {} },
    ]);
    expect((JSON.parse(text) as { params: object }[])[0]?.params).toEqual({ lr: "-0.1" });
    expect((await api.exported({ format: "json", filter: "metrics.none = 1" })).text).toBe("[]\n");
  });

  test("has every run that matches, not only a page of them; what cannot be read is refused before it begins", async () => {
    const api = setupActions();
    for (let i = 0; i < 501; i += 1) await api.run({ run_name: `r${i}` });
    const { text } = await api.exported({ format: "csv", metrics: [], params: [], tags: [] });
    expect(text.trimEnd().split("\r\n")).toHaveLength(502);
    expect(await api.exported({ format: "csv", filter: "metrics.loss <<" })).toMatchObject({ status: 400 });
    expect(await api.exported({ format: "csv", run_ids: ["nope"] })).toMatchObject({ status: 404 });
    expect(await api.exported({ format: "xml" })).toMatchObject({ status: 400 });
  });
});
