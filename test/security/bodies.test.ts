/** Class B, where a route's parsing decides, and R: what a request says must be kept as it is, or refused; never changed. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postJson, request, verdict } from "../helpers/raw-http.ts";
import { fieldOf, textOf } from "../helpers/http-client.ts";
import { startHost, type RunningHost } from "./start-host.ts";

const INVALID = [400, "INVALID_PARAMETER_VALUE"];
const MLFLOW = "/api/2.0/mlflow";
const JSON_TYPE = ["Content-Type", "application/json"] as const;

let host: RunningHost;
let runId: string;
const post = (path: string, body: unknown) => postJson(host.port, `${MLFLOW}/${path}`, body);
const raw = (path: string, body: string | Buffer, type = "application/json") =>
  request(host.port, { method: "POST", path: `${MLFLOW}/${path}`, headers: [["Content-Type", type]], body });
const get = (path: string) => request(host.port, { path: `${MLFLOW}/${path}` });
const newRun = async (): Promise<string> => {
  const answer = await post("runs/create", { experiment_id: "0", start_time: 1 });
  return textOf(JSON.parse(answer.body), "run", "info", "run_id");
};

beforeAll(async () => {
  host = await startHost();
  runId = await newRun();
});
afterAll(() => host.close());

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/jsonx",
  "",
])("C04 a POST of '%s', which a form can send, is refused", async (type) => {
  expect(verdict(await raw("experiments/create", '{"name":"from a form"}', type))).toEqual(INVALID);
  expect((await get("experiments/get-by-name?experiment_name=from%20a%20form")).status).toBe(404);
});

test("C04 a POST with a body and no Content-Type is refused", async () => {
  const answer = await request(host.port, {
    method: "POST",
    path: `${MLFLOW}/experiments/create`,
    body: '{"name":"untyped"}',
  });
  expect(verdict(answer)).toEqual(INVALID);
});

test("C04 a POST without a body needs its Content-Type as well, where no parameter is required", async () => {
  const search = (headers: readonly (readonly [string, string])[]) =>
    request(host.port, {
      method: "POST",
      path: `${MLFLOW}/runs/search`,
      headers: [...headers, ["Content-Length", "0"]],
    });
  expect((await search([JSON_TYPE])).status).toBe(200);
  for (const headers of [[], [["Content-Type", "text/plain"] as const]])
    expect(verdict(await search(headers))).toEqual(INVALID);
});

test.each(["{", "", "null", "nonsense", '{"name":', "\ufeff"])(
  "B01 the body %j is refused: a name is missing",
  async (body) => {
    expect(verdict(await raw("experiments/create", body))).toEqual(INVALID);
  },
);

test.each(["[]", '"x"', "123", "true", "1e400", '[{"name":"a"}]'])("B02 the body %s is refused", async (body) => {
  expect(verdict(await raw("experiments/create", body))).toEqual(INVALID);
});

test("B04 a chunked body beyond 16 MiB, which names no length, is refused as well", async () => {
  const chunk = Buffer.alloc(1024 * 1024, 0x20);
  const size = Buffer.from(`${chunk.length.toString(16)}\r\n`);
  const body = Buffer.concat([
    ...Array.from({ length: 17 }, () => [size, chunk, Buffer.from("\r\n")]).flat(),
    Buffer.from("0\r\n\r\n"),
  ]);
  const headers = [JSON_TYPE, ["Transfer-Encoding", "chunked"]] as const;
  const answer = await request(host.port, { method: "POST", path: `${MLFLOW}/runs/log-batch`, headers, body });
  expect(verdict(answer)).toEqual([413, "INVALID_PARAMETER_VALUE"]);
});

describe("B10 names that mean something to JavaScript are plain data", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"])("%s", async (name) => {
    const run = await newRun();
    const sent = `{"run_id":"${run}","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},
      "metrics":[{"key":"${name}","value":1,"timestamp":1,"step":0}],"params":[{"key":"${name}","value":"p"}],"tags":[{"key":"${name}","value":"t"}]}`;
    expect((await raw("runs/log-batch", sent)).status).toBe(200);
    const data = fieldOf(JSON.parse((await get(`runs/get?run_id=${run}`)).body), "run", "data");
    expect(data).toMatchObject({ metrics: [{ key: name, value: 1 }], params: [{ key: name, value: "p" }] });
    expect(JSON.stringify(data)).toContain(`{"key":"${name}","value":"t"}`);
    expect("polluted" in {}).toBe(false);
  });
});

const metric = (value: string, more = "") =>
  raw("runs/log-metric", `{"run_id":"${runId}","key":"m","value":${value},"timestamp":1${more}}`);
const history = async (key: string): Promise<unknown> =>
  JSON.parse((await get(`metrics/get-history?run_id=${runId}&metric_key=${key}`)).body);

test("B11 a metric of 1e400, and of -1e400, is refused: no double holds it", async () => {
  expect(verdict(await metric("1e400"))).toEqual(INVALID);
  expect(verdict(await metric("-1e400"))).toEqual(INVALID);
  expect(verdict(await metric('"1e400"'))).toEqual(INVALID);
  expect(await history("m")).toEqual({});
});

test.each(["NaN", "Infinity", "-Infinity", "nan", "undefined", "0x10", "1_000", "01"])(
  "B12 the bare literal %s is refused",
  async (literal) => {
    expect(verdict(await metric(literal))).toEqual(INVALID);
    expect(await history("m")).toEqual({});
  },
);

test.each(["NaN", "Infinity", "-Infinity"])("B13 the word %s is kept and given back", async (word) => {
  const key = `word${word}`;
  expect((await post("runs/log-metric", { run_id: runId, key, value: word, timestamp: 1 })).status).toBe(200);
  expect(await history(key)).toMatchObject({ metrics: [{ key, value: word }] });
});

test("B15 half a surrogate pair is refused, in a value and in a key", async () => {
  for (const half of ["\\ud800", "\\udc00", "a\\ud83dz"]) {
    expect(verdict(await raw("runs/set-tag", `{"run_id":"${runId}","key":"k","value":"${half}"}`))).toEqual(INVALID);
    expect(verdict(await raw("runs/set-tag", `{"run_id":"${runId}","key":"${half}","value":"v"}`))).toEqual(INVALID);
    expect(verdict(await raw("experiments/create", `{"name":"${half}"}`))).toEqual(INVALID);
  }
  expect((await raw("runs/set-tag", `{"run_id":"${runId}","key":"k","value":"\\ud83d\\ude00"}`)).status).toBe(200);
});

test("B16 invalid UTF-8 is refused, and so is NUL in a key", async () => {
  const bytes = (junk: number[]) =>
    Buffer.concat([Buffer.from(`{"run_id":"${runId}","key":"u","value":"`), Buffer.from(junk), Buffer.from('"}')]);
  for (const junk of [[0xff], [0xc0, 0xae], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]])
    expect(verdict(await raw("runs/set-tag", bytes(junk)))).toEqual(INVALID);
  expect(verdict(await raw("runs/set-tag", `{"run_id":"${runId}","key":"a\\u0000b","value":"v"}`))).toEqual(INVALID);
});

describe("B17 wrong types and sizes", () => {
  test.each([
    ["runs/search", { experiment_ids: { $ne: 1 } }],
    ["runs/search", { experiment_ids: "0" }],
    ["runs/search", { experiment_ids: ["0"], filter: { $gt: "" } }],
    ["runs/search", { experiment_ids: ["0"], filter: ["a"] }],
    ["runs/search", { experiment_ids: ["0"], order_by: "start_time" }],
    ["experiments/create", { name: { $ne: 1 } }],
    ["experiments/create", { name: ["a"] }],
    ["experiments/create", { name: 5 }],
    ["experiments/create", { name: true }],
    ["runs/log-batch", { run_id: "x", metrics: "all" }],
    ["runs/log-batch", { run_id: "x", metrics: [1] }],
    ["registered-models/create", { name: {} }],
  ])("%s %j", async (path, body) => expect(verdict(await post(path, body))).toEqual(INVALID));

  test.each(["-1", "0", "1e9", '"abc"', "1e30", "1.5", "null_", "[]", "{}", "9223372036854775808"])(
    "max_results %s of experiments",
    async (value) => expect(verdict(await raw("experiments/search", `{"max_results":${value}}`))[0]).toBe(400),
  );

  test.each(["-1", "1e9", '"abc"', "1e30", "1.5"])("max_results %s of runs", async (value) =>
    expect(verdict(await raw("runs/search", `{"experiment_ids":["0"],"max_results":${value}}`))).toEqual(INVALID),
  );

  test.each(["-1", "abc", "1e30", "1.5"])("max_results %s in a query", async (value) =>
    expect(verdict(await get(`model-versions/search?max_results=${value}`))).toEqual(INVALID),
  );
});

test.each([
  "garbage",
  Buffer.from('{"offset":"x"}').toString("base64"),
  Buffer.from('{"offset":-1}').toString("base64"),
  Buffer.from("[1]").toString("base64"),
  Buffer.from('{"__proto__":1}').toString("base64url"),
  "'; DROP TABLE runs; --",
  "A".repeat(5000),
])("B18 the page_token %j is refused", async (page_token) => {
  expect(verdict(await post("runs/search", { experiment_ids: ["0"], page_token }))).toEqual(INVALID);
  expect(verdict(await post("experiments/search", { max_results: 10, page_token }))).toEqual(INVALID);
  expect(verdict(await get(`registered-models/search?page_token=${encodeURIComponent(page_token)}`))).toEqual(INVALID);
  expect(verdict(await get(`model-versions/search?page_token=${encodeURIComponent(page_token)}`))).toEqual(INVALID);
});

test("B20 1001 metrics, 101 params, 101 tags, or 1001 in all are refused as one, and nothing of them is kept", async () => {
  const run = await newRun();
  const many = (count: number, prefix: string, more: object) =>
    Array.from({ length: count }, (_x, i) => ({ key: `${prefix}${String(i)}`, ...more }));
  const point = { value: 1, timestamp: 1, step: 0 };
  const batches = [
    { metrics: many(1001, "m", point) },
    { params: many(101, "p", { value: "v" }) },
    { tags: many(101, "t", { value: "v" }) },
    { metrics: many(950, "m", point), params: many(51, "p", { value: "v" }) },
  ];
  for (const batch of batches)
    expect(verdict(await post("runs/log-batch", { run_id: run, ...batch }))).toEqual(INVALID);
  const data = JSON.stringify(fieldOf(JSON.parse((await get(`runs/get?run_id=${run}`)).body), "run", "data"));
  expect(data).not.toMatch(/"[mpt]0"/);
});

test("B20 a param is never overwritten", async () => {
  const run = await newRun();
  const log = (value: string) => post("runs/log-parameter", { run_id: run, key: "lr", value });
  expect((await log("0.1")).status).toBe(200);
  expect((await log("0.1")).status).toBe(200);
  expect(verdict(await log("0.2"))).toEqual(INVALID);
});

test.each(["0", "-1", "1e3", "1;drop", "1 OR 1=1", "9223372036854775808", "../1", "%00", "x"])(
  "R01 version %s is 404 or 400",
  async (version) => {
    await post("registered-models/create", { name: "r01" });
    await post("model-versions/create", { name: "r01", source: "s3://bucket/model" });
    const query = `name=r01&version=${encodeURIComponent(version)}`;
    expect([400, 404]).toContain((await get(`model-versions/get?${query}`)).status);
    expect([400, 404]).toContain((await get(`model-versions/get-download-uri?${query}`)).status);
    expect([400, 404]).toContain(
      (await request(host.port, { path: `/model-versions/get-artifact?${query}&path=MLmodel` })).status,
    );
    const change = {
      method: "PATCH",
      path: `${MLFLOW}/model-versions/update`,
      headers: [JSON_TYPE],
      body: JSON.stringify({ name: "r01", version }),
    };
    expect([400, 404]).toContain((await request(host.port, change)).status);
    const remove = { ...change, method: "DELETE", path: `${MLFLOW}/model-versions/delete` };
    expect([400, 404]).toContain((await request(host.port, remove)).status);
    expect((await get("model-versions/get?name=r01&version=1")).status).toBe(200);
  },
);

test("no answer above is a failure of the server", () => expect(host.complaints).toEqual([]));
