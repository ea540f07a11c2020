/** B17: bodies within the size limit that are made to keep the host busy, or to break what reads them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { postJson, request, verdict } from "../helpers/raw-http.ts";
import { startHost, type RunningHost } from "./start-host.ts";

const INVALID = [400, "INVALID_PARAMETER_VALUE"];
const MLFLOW = "/api/2.0/mlflow";

let host: RunningHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host.close());

const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);
const digits = "9".repeat(5_000_000);

test.each([
  ["lists where a name belongs", "experiments/create", `{"name":${nested(100_000)}}`],
  [
    "objects where a name belongs",
    "experiments/create",
    `{"name":${nested(100_000, '{"a":', "}").replace(":}", ":1}")}}`,
  ],
  ["lists in a field that nobody reads", "experiments/create", `{"name":"deep","unread":${nested(2_000_000)}}`],
  ["lists as the body", "experiments/create", nested(2_000_000)],
  ["lists that never end", "experiments/create", "[".repeat(2_000_000)],
  ["lists in a body that is a string of JSON", "experiments/create", JSON.stringify(nested(2_000_000))],
  ["the 65th list", "experiments/create", `{"name":"deep","unread":${nested(64)}}`],
  ["digits where a number belongs", "runs/log-metric", `{"run_id":"0","key":"a","value":1,"timestamp":${digits}}`],
  ["digits in a string", "runs/log-metric", `{"run_id":"0","key":"a","value":1,"timestamp":"${digits}"}`],
  ["digits in a double", "runs/log-metric", `{"run_id":"0","key":"a","value":"${digits}","timestamp":1}`],
  ["digits after a sign", "runs/log-metric", `{"run_id":"0","key":"a","value":1,"timestamp":-${digits}}`],
  [
    "a long string where a number belongs",
    "runs/log-metric",
    `{"run_id":"0","key":"a","value":"${"x".repeat(5_000_000)}","timestamp":1}`,
  ],
])("%s: refused, and the host is free again soon", async (_case, path, body) => {
  const started = performance.now();
  const answer = await postJson(host.port, `${MLFLOW}/${path}`, body);
  expect(verdict(answer)).toEqual(INVALID);
  expect(answer.body.length).toBeLessThan(1000);
  expect(performance.now() - started).toBeLessThan(5000);
});

test("64 levels are read, and brackets in strings are no levels", async () => {
  expect(
    (await postJson(host.port, `${MLFLOW}/experiments/create`, `{"name":"flat","unread":${nested(63)}}`)).status,
  ).toBe(200);
  const name = `"\\\\" ${"[{".repeat(100)} \\"`;
  expect((await postJson(host.port, `${MLFLOW}/experiments/create`, { name })).status).toBe(200);
});

test("an int64 keeps its 19 digits", async () => {
  const sent = `{"experiment_id":"0","start_time":9007199254740993}`;
  expect((await postJson(host.port, `${MLFLOW}/runs/create`, sent)).body).toContain('"start_time":9007199254740993');
});

test("no answer above is a failure of the server", async () => {
  expect(host.complaints).toEqual([]);
  expect((await request(host.port, { path: "/health" })).status).toBe(200);
});
