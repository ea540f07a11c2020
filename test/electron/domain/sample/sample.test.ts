import { crc32, inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { runFiles } from "../../../../electron/domain/sample/files.ts";
import { samplePlan } from "../../../../electron/domain/sample/plan.ts";
import { drawPng } from "../../../../electron/domain/sample/png.ts";
import { setupApi } from "../../../helpers/setup-api.ts";

const V1 = "/api/outpost/v1";

const setup = () => {
  const api = setupApi();
  const { send, services, db } = api;
  const act = async (path: string): Promise<Record<string, unknown>> => {
    const [status, job] = await send("POST", `${V1}/${path}`, {});
    expect(status).toBe(200);
    await services.jobs.idle();
    const [, detail] = await send("GET", `${V1}/jobs/${String(job["job_id"])}`);
    return detail;
  };
  const sample = async () => (await send("GET", `${V1}/sample`))[1];
  const count = (sql: string): unknown => db.prepare(sql).pluck().get();
  return { ...api, act, sample, count };
};

test("the sample project is whole: runs of every state, nested, with files, models, versions and aliases", async () => {
  const { act, sample, count, send, get } = setup();
  expect(await act("sample")).toMatchObject({ state: "done", done: 24, total: 24 });
  const here = await sample();
  expect(here).toMatchObject({
    loaded: true,
    runs: 23,
    experiments: [{ name: "sample/digits" }, { name: "sample/house-prices" }],
    models: ["sample-digits"],
  });
  expect(count("SELECT count(DISTINCT status) FROM runs")).toBe(3);
  expect(count("SELECT count(*) FROM metrics WHERE is_nan = 1")).toBeGreaterThan(0);
  expect(count("SELECT count(*) FROM logged_models WHERE status = 2")).toBe(18);
  expect(count("SELECT count(*) FROM run_datasets")).toBe(23);
  const [, model] = await send("GET", `${V1}/registered-models/sample-digits`);
  expect(model).toMatchObject({
    aliases: [
      { alias: "champion", version: "3" },
      { alias: "previous", version: "2" },
    ],
    model_versions: [{ version: "3", run_name: "mlp-lr0.1-d6" }, { version: "2" }, { version: "1" }],
  });
  const [, version] = await send("GET", `${V1}/registered-models/sample-digits/versions/3`);
  expect((version["files"] as { path: string }[]).map(({ path }) => path)).toEqual([
    "MLmodel",
    "conda.yaml",
    "input_example.json",
    "python_env.yaml",
    "requirements.txt",
    "weights.bin",
  ]);
  const [{ experiment_id } = { experiment_id: "" }] = here["experiments"] as { experiment_id: string }[];
  const [, found] = await get("experiments/get", { experiment_id });
  expect(found).toMatchObject({
    experiment: { tags: expect.arrayContaining([{ key: "outpost.sample", value: "true" }]) as unknown },
  });
});

test("one click removes everything of it, and what is not of it stays", async () => {
  const { act, sample, count, run } = setup();
  const before = ["experiments", "artifacts", "logged_models", "registered_models", "metrics", "purges"].map((table) =>
    count(`SELECT count(*) FROM ${table}`),
  );
  const own = await run({ run_name: "mine" });
  await act("sample");
  expect(await act("sample/remove")).toMatchObject({ state: "done", facts: [{ name: "purged", count: 3 }] });
  const after = ["experiments", "artifacts", "logged_models", "registered_models", "metrics", "purges"].map((table) =>
    count(`SELECT count(*) FROM ${table}`),
  );
  expect(after).toEqual(before);
  expect(count("SELECT group_concat(run_id) FROM runs")).toBe(own);
  expect(await sample()).toEqual({ loaded: false, experiments: [], models: [], runs: 0 });
});

test("it is not loaded twice, but what a cut-off one left is cleared by the next", async () => {
  const { act, send, post, count } = setup();
  await act("sample");
  expect((await send("POST", `${V1}/sample`, {}))[0]).toBe(409);
  await send("DELETE", "/api/2.0/mlflow/registered-models/delete", { name: "sample-digits" });
  await post("runs/create", { experiment_id: "1" });
  expect(await act("sample")).toMatchObject({ state: "done" });
  expect(count("SELECT count(*) FROM runs")).toBe(23);
  expect(count("SELECT count(*) FROM registered_models")).toBe(1);
});

test("names that somebody uses already are left alone", async () => {
  const { act, post, sample } = setup();
  await post("experiments/create", { name: "sample/digits" });
  await post("registered-models/create", { name: "sample-digits" });
  await act("sample");
  expect(await sample()).toMatchObject({ experiments: [{ name: "sample/digits-2" }, {}], models: ["sample-digits-2"] });
});

test("the plan and its files are the same every time", () => {
  expect(samplePlan()).toEqual(samplePlan());
  const [experiment] = samplePlan();
  const [, run] = experiment?.runs ?? [];
  if (!experiment || !run) throw new Error("the plan has runs");
  expect(runFiles(run, experiment)).toEqual(runFiles(run, experiment));
  expect(runFiles(run, experiment).map(({ path }) => path)).toEqual([
    "logs/train.log",
    "config.json",
    "plots/loss.png",
    "plots/confusion.png",
    "predictions.csv",
    "report.html",
    "notes.md",
  ]);
});

test("pictures are valid PNG: chunks with their sums, one filter byte a row", () => {
  const png = drawPng(3, 2, (x, y) => [x, y, 255]);
  expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
  const chunks: [string, Buffer][] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const body = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.push([body.subarray(0, 4).toString("latin1"), body.subarray(4)]);
    at += length + 12;
  }
  expect(chunks.map(([name]) => name)).toEqual(["IHDR", "IDAT", "IEND"]);
  const pixels = inflateSync(chunks[1]?.[1] ?? Buffer.alloc(0));
  expect([...pixels]).toEqual([0, 0, 0, 255, 1, 0, 255, 2, 0, 255, 0, 0, 1, 255, 1, 1, 255, 2, 1, 255]);
});
