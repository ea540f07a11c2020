import { expect, test } from "vitest";
import { formOf, missingIn, toAdd, toUpdate } from "../../../renderer/sync/settings/remote-form.ts";
import { callsMatching, totalsOf } from "../../../renderer/sync/settings/network.ts";
import { remoteInfo } from "./remote-info.ts";

test("a new remote is sent with what was filled in, trimmed, and nothing else", () => {
  const form = { ...formOf(undefined), name: " lab ", url: "https://gitlab.example ", project: "ml/churn" };
  expect(missingIn(form)).toBeUndefined();
  expect(toAdd({ ...form, token: " secret\n", required_tags: "owner, team,,owner", up_limit: "500" })).toEqual({
    name: "lab",
    kind: "gitlab",
    url: "https://gitlab.example",
    project: "ml/churn",
    token: "secret",
    required_tags: ["owner", "team"],
    up_limit: 500,
    mode: "ask",
    files: "light",
  });
  expect(toAdd({ ...form, kind: "mlflow" })).not.toHaveProperty("project");
});

test("what is missing is named before anything is sent", () => {
  const form = formOf(undefined);
  expect(missingIn(form)).toBe("name");
  expect(missingIn({ ...form, name: "lab" })).toBe("url");
  expect(missingIn({ ...form, name: "lab", url: "https://x" })).toBe("project");
  expect(missingIn({ ...form, name: "lab", url: "https://x", kind: "mlflow" })).toBeUndefined();
});

test("a change sends what differs, and names what was emptied", () => {
  const remote = remoteInfo({ proxy: "http://proxy:3128", up_limit: 500_000, class_max: "official" });
  const form = formOf(remote);
  expect(form.up_limit).toBe("500");
  expect(toUpdate(form, remote)).toEqual({ name: "lab" });
  expect(toUpdate({ ...form, mode: "auto", proxy: "", class_max: "secret" }, remote)).toEqual({
    name: "lab",
    mode: "auto",
    class_max: "secret",
    clear: ["proxy"],
  });
});

test("a new token takes the place of a file", () => {
  const remote = remoteInfo({ token_place: "file:/home/mira/token" });
  const form = formOf(remote);
  expect(form.token_file).toBe("/home/mira/token");
  expect(toUpdate({ ...form, token: "fresh" }, remote)).toEqual({
    name: "lab",
    token: "fresh",
    clear: ["token_file"],
  });
});

test("calls are found by every word of the filter and summed", () => {
  const call = { at: 1, remote: "lab", purpose: "look", took_ms: 5 };
  const calls = [
    { ...call, id: 1, method: "GET", url: "https://a/runs", status: 200, trouble: null, sent: 10, received: 100 },
    { ...call, id: 2, method: "POST", url: "https://a/runs", status: 503, trouble: null, sent: 20, received: 0 },
    { ...call, id: 3, method: "GET", url: "https://a/models", status: null, trouble: "offline", sent: 0, received: 0 },
  ];
  expect(callsMatching(calls, "get RUNS").map(({ id }) => id)).toEqual([1]);
  expect(callsMatching(calls, "  ")).toHaveLength(3);
  expect(totalsOf(calls)).toEqual({ calls: 3, failed: 2, sent: 30, received: 100 });
});
