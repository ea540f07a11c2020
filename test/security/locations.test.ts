/** Class P where a location is named in JSON: nobody makes the host read, write or delete outside its own artifacts. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postJson, request, verdict } from "../helpers/raw-http.ts";
import { textOf } from "../helpers/http-client.ts";
import { startHost, type RunningHost } from "./start-host.ts";

const INVALID = [400, "INVALID_PARAMETER_VALUE"];
const MLFLOW = "/api/2.0/mlflow";
const PROXY = "/api/2.0/mlflow-artifacts/artifacts";

let host: RunningHost;
let outside: string;
let runId: string;
let experiments = 0;
let before: string[] = [];
const post = (path: string, body: unknown) => postJson(host.port, `${MLFLOW}/${path}`, body);

beforeAll(async () => {
  host = await startHost();
  outside = mkdtempSync(join(tmpdir(), "outpost-outside-"));
  writeFileSync(join(outside, "secret.txt"), "secret");
  before = readdirSync(outside);
  runId = textOf(JSON.parse((await post("runs/create", { experiment_id: "0" })).body), "run", "info", "run_id");
});
afterAll(async () => {
  await host.close();
  rmSync(outside, { recursive: true, force: true });
});

describe("P13 P15 artifact_location is Outpost's own or none", () => {
  test.each([
    "/etc",
    "file:///etc",
    "file:/etc",
    "FILE:///etc",
    "./mlruns",
    "../..",
    "C:\\Windows",
    "C:/Windows",
    "\\\\server\\share",
    "//proc/self",
    "http://127.0.0.1/x",
    "https://evil.example/x",
    "ftp://evil.example/x",
    "mlflow-artifacts:/../..",
    "mlflow-artifacts:/1/../../etc",
    "mlflow-artifacts:/%2e%2e/etc",
    "mlflow-artifacts://evil.example/1",
    "mlflow-artifacts:/1#/../..",
    "mlflow-artifacts:/1?/../..",
    "mlflow-artifacts:/1\\..",
    "dbfs:/a?/a",
  ])("%s", async (artifact_location) => {
    const name = `p13-${String(experiments++)}`;
    expect(verdict(await post("experiments/create", { name, artifact_location }))).toEqual(INVALID);
    expect(
      (await request(host.port, { path: `${MLFLOW}/experiments/get-by-name?experiment_name=${name}` })).status,
    ).toBe(404);
  });
});

test("P14 no upload reaches a folder outside, whatever the client calls it", async () => {
  const paths = ["../../pwn.txt", `${outside}/pwn.txt`, "/pwn.txt", "a/../../pwn.txt", "..\\pwn.txt", "C:\\pwn.txt"];
  for (const path of paths) {
    const query = `run_uuid=${runId}&path=${encodeURIComponent(path)}`;
    for (const prefix of ["/ajax-api/2.0/mlflow/upload-artifact", "/api/2.0/mlflow/upload-artifact"]) {
      const headers = [["Content-Type", "application/octet-stream"]] as const;
      const answer = await request(host.port, { method: "POST", path: `${prefix}?${query}`, headers, body: "pwned" });
      expect([400, 404]).toContain(answer.status);
    }
  }
  expect(readdirSync(outside)).toEqual(before);
  expect(existsSync("/pwn.txt")).toBe(false);
});

describe("P17 a model version's source is a place that a model can be in", () => {
  test.each([
    "file:///etc",
    "file:///etc/passwd",
    "/etc",
    "//proc/self",
    "..",
    "../../etc",
    "%2e%2e/etc",
    "C:\\Windows",
    "http://evil.example/m",
    "https://evil.example/m",
    "ftp://evil.example/m",
    "hdfs://a/b",
    "runs:/RUN/../../etc",
    "runs:/RUN/%2e%2e/etc",
    "runs:/RUN/a#/../../etc",
    "runs:/RUN/a?/../../etc",
    "mlflow-artifacts:/0/RUN/artifacts/../../../etc",
    "mlflow-artifacts:/0/RUN/artifacts/%2e%2e/x",
    "mlflow-artifacts:/0/0123456789abcdef0123456789abcdef/artifacts/x",
    "dbfs:/a/../../etc",
  ])("%s", async (template) => {
    const name = "p17";
    await post("registered-models/create", { name });
    const source = template.replace("RUN", runId);
    for (const body of [
      { name, source, run_id: runId },
      { name, source },
    ]) {
      expect(verdict(await post("model-versions/create", body))).toEqual(INVALID);
    }
    // The mark of a prompt does not open another way in (CVE-2026-2614).
    const prompt = { name, source, tags: [{ key: "mlflow.prompt.is_prompt", value: "true" }] };
    expect(verdict(await post("model-versions/create", prompt))).toEqual(INVALID);
  });
});

describe("P19 a symbolic link inside the artifact folder leads nowhere", () => {
  test.each(["link.txt", "folder/secret.txt"])("GET and PUT of %s", async (name) => {
    const root = join(host.folder, "artifacts");
    mkdirSync(join(root, "0", runId, "artifacts"), { recursive: true });
    const at = join(root, "0", runId, "artifacts");
    for (const [link, target] of [
      ["link.txt", join(outside, "secret.txt")],
      ["folder", outside],
    ] as const)
      if (!existsSync(join(at, link))) symlinkSync(target, join(at, link));
    const path = `${PROXY}/0/${runId}/artifacts/${name}`;
    const got = await request(host.port, { path });
    expect([got.status, got.body.includes("secret\n") || got.body === "secret"]).toEqual([404, false]);
    const put = await request(host.port, { method: "PUT", path, headers: [["Content-Type", "a/b"]], body: "pwned" });
    if (put.status === 200) expect((await request(host.port, { path })).body).toBe("pwned"); // kept as ours, not through the link
    expect(readdirSync(outside)).toEqual(before);
  });
});

describe("P22 P23 model names", () => {
  test.each(["../../x", "a/b", "a:b", "", "..", ".", "a/../b", "/", ":", "a".repeat(5000), "a\0b", "a%2fb\u0000"])(
    "%j",
    async (name) => {
      expect(verdict(await post("registered-models/create", { name }))).toEqual(INVALID);
      const renamed = {
        method: "POST",
        path: `${MLFLOW}/registered-models/rename`,
        headers: [["Content-Type", "application/json"]] as const,
      };
      await post("registered-models/create", { name: "p22" });
      const answer = await request(host.port, { ...renamed, body: JSON.stringify({ name: "p22", new_name: name }) });
      expect(verdict(answer)).toEqual(INVALID);
    },
  );
});

describe("P01 P02 P03 P10 P11 paths in a URL, over the socket as they were meant", () => {
  test.each([
    "/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/%2e%2e%2fetc%2fpasswd",
    "/%252e%252e%252fetc",
    "/%25252e%25252e/etc",
    "//etc/passwd",
    "/%2Fetc/passwd",
    "/C:/x",
    "/C:%5Cx",
    "/file:%2f%2f/etc",
    "/a/..%5c..%5cx",
    "/ok.txt%00.png",
    "/%c0%ae%c0%ae/x",
    "/a/..",
  ])("%s", async (path) => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await request(host.port, {
        method,
        path: PROXY + path,
        headers: [["Content-Type", "a/b"]],
        body: "pwned",
      });
      expect(verdict(answer)).toEqual(INVALID);
      expect(answer.body).not.toContain("root:");
    }
    expect(readdirSync(outside)).toEqual(before);
  });
});

test("no answer above is a failure of the server", () => expect(host.complaints).toEqual([]));
