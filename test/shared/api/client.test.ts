import { expect, test } from "vitest";
import { addressOf, ApiError, createCall } from "../../../shared/api/client.ts";
import { getRun, listRuns } from "../../../shared/api/outpost/runs.ts";

const answering = (status: number, body: string) => {
  const requests: Request[] = [];
  const call = createCall("http://127.0.0.1:5000", (request) => {
    requests.push(request);
    return Promise.resolve(new Response(body, { status }));
  });
  return { call, requests };
};

test("path parameters stand in the path, lists repeat their name, undefined is left out", () => {
  const url = addressOf(
    listRuns,
    { experiment_id: "a/b", metrics: ["x", "y z"], filter: undefined, max_results: 5 },
    "http://h:1",
  );
  expect(url.pathname).toBe("/api/outpost/v1/experiments/a%2Fb/runs");
  expect([...url.searchParams]).toEqual([
    ["metrics", "x"],
    ["metrics", "y z"],
    ["max_results", "5"],
  ]);
});

test("an answer comes back as it is", async () => {
  const { call, requests } = answering(200, `{"run_id":"r"}`);
  expect(await call(getRun, { run_id: "r" })).toEqual({ run_id: "r" });
  expect(requests[0]?.url).toBe("http://127.0.0.1:5000/api/outpost/v1/runs/r");
});

test("a failure is an ApiError with MLflow's code", async () => {
  const { call } = answering(404, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"gone"}`);
  await expect(call(getRun, { run_id: "r" })).rejects.toMatchObject({
    code: "RESOURCE_DOES_NOT_EXIST",
    message: "gone",
    status: 404,
  });
});

test("something else's answer is told as what it is", async () => {
  const { call } = answering(502, "<h1>Bad gateway</h1>");
  await expect(call(getRun, { run_id: "r" })).rejects.toMatchObject({
    code: "UNKNOWN",
    message: expect.stringContaining("Bad gateway") as unknown,
  });
});

test("no answer at all says so; an abort stays an abort", async () => {
  const call = createCall("http://127.0.0.1:5000", (request) =>
    Promise.reject(request.signal.aborted ? new DOMException("aborted", "AbortError") : new TypeError("fetch failed")),
  );
  await expect(call(getRun, { run_id: "r" })).rejects.toBeInstanceOf(ApiError);
  await expect(call(getRun, { run_id: "r" })).rejects.toMatchObject({ code: "UNREACHABLE" });
  await expect(call(getRun, { run_id: "r" }, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
});
