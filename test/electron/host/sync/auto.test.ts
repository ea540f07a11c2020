import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCall } from "../../../../shared/api/client.ts";
import { getJob } from "../../../../shared/api/outpost/jobs.ts";
import { addRemote, listRemotes, updateRemote } from "../../../../shared/api/outpost/remotes.ts";
import { listSyncRuns, startSync } from "../../../../shared/api/outpost/sync.ts";
import { createExperiment } from "../../../../shared/api/mlflow/experiments.ts";
import { createRun } from "../../../../shared/api/mlflow/runs.ts";
import { type Host, runHost } from "../../../../electron/host/host.ts";
import { type GitlabDouble, startGitlabDouble } from "../../../doubles/gitlab/start.ts";

let [double, host, folder]: [GitlabDouble?, Host?, string?] = [];
beforeAll(async () => {
  double = await startGitlabDouble();
  folder = mkdtempSync(join(tmpdir(), "outpost-auto-"));
  host = await runHost(
    { dataDir: folder, flags: { port: 0 }, env: {}, version: "0.0.0" },
    { toPerson: () => {}, syncTuning: { pace: 0.1 } },
  );
}, 60_000);
afterAll(async () => {
  await host?.close();
  await double?.stop();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const SOON = { timeout: 60_000, interval: 50 };

test("in mode auto a first plan waits for a person, and then what is logged is pushed by itself", async () => {
  const call = createCall(host?.url ?? "");
  const token = double?.token("maintainer") ?? "";
  await call(createExperiment, { name: "logged before" });
  await call(addRemote, {
    name: "team",
    kind: "gitlab",
    url: double?.url ?? "",
    project: "team/models",
    token,
    mode: "auto",
  });
  await expect.poll(async () => (await call(listSyncRuns, {})).runs[0]?.outcome, SOON).toBe("waiting");
  const far = async () => (await call(listRemotes, {})).remotes[0];
  expect((await far())?.first_contact).toBe(true);

  const { job_id } = await call(startSync, { remote: "team", hash: (await far())?.plan ?? "" });
  await expect.poll(async () => (await call(getJob, { job_id })).state, SOON).toBe("done");

  const { experiment_id } = await call(createExperiment, { name: "logged later" });
  await call(createRun, { experiment_id, run_name: "first", start_time: 1 });
  const dump = async () => JSON.stringify(await double?.control("GET", "state"));
  await expect.poll(dump, SOON).toContain("logged later");
  await expect.poll(async () => (await far())?.ahead, SOON).toBe(0);
}, 120_000);

test("in mode ask nothing is pushed by itself", async () => {
  const call = createCall(host?.url ?? "");
  await call(updateRemote, { name: "team", mode: "ask" });
  const { runs: before } = await call(listSyncRuns, {});
  await call(createExperiment, { name: "stays until asked" });
  await new Promise((resolve) => setTimeout(resolve, 1500)); // fifteen seconds by its clock
  expect((await call(listSyncRuns, {})).runs).toHaveLength(before.length);
  expect((await call(listRemotes, {})).remotes[0]?.ahead).toBe(1);
});
