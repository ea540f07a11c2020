/**
 * A host that crashes while it has a token and a proxy's password in its hands: what it says, logs, keeps and reports is
 * looked through for both, as for all tests, when the folder goes and as the process speaks.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type GitlabDouble, startGitlabDouble } from "../doubles/gitlab/start.ts";
import { password } from "../helpers/canary.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-crash-"));
const reports = join(folder, "reports");
let gitlab: GitlabDouble | undefined;
let host: ServerProcess | undefined;

/** A host that is in the middle of a sync: GitLab does not answer. */
beforeAll(async () => {
  mkdirSync(reports);
  gitlab = await startGitlabDouble();
  host = await startOutpost({
    dataDir: join(folder, "data"),
    nodeArgs: [
      "--max-old-space-size=160",
      "--report-on-fatalerror",
      "--report-uncaught-exception",
      `--report-directory=${reports}`,
      `--import=${pathToFileURL(join(import.meta.dirname, "crash-preload.ts")).href}`,
    ],
    env: {
      FAULTS: folder,
      OUTPOST_TOKEN_TEAM: gitlab.token("developer"),
      HTTPS_PROXY: `http://me:${password("proxy-")}@127.0.0.1:9`,
    },
    timeoutMs: 60_000,
  });
  const { url } = host;
  const post = async (path: string, body: object): Promise<number> => {
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return (await fetch(`${url}/api/outpost/v1/sync/${path}`, init)).status;
  };
  await gitlab.control("POST", "rules", { rules: [{ match: {}, fault: { kind: "hang" } }] });
  expect(await post("remotes", { name: "team", kind: "gitlab", url: gitlab.url, project: "team/models" })).toBe(200);
  expect(await post("start", { remote: "team" })).toBe(200);
});
afterAll(async () => {
  await host?.kill();
  await gitlab?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (what: "crash" | "exhaust"): void => writeFileSync(join(folder, what), "");
const output = (): string => host?.output() ?? "";
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // no such process
  }
};

test("an error that nobody catches is told and logged without them, and the host comes back", async () => {
  const isAsked = async (): Promise<boolean> => (await gitlab?.control("GET", "rules"))[0].struck > 0;
  await expect.poll(isAsked, { timeout: 60_000 }).toBe(true);
  ask("crash");
  const crashed = "outpost: error: the host crashed (no answer to Private-Token: [redacted]); starting it again";
  await expect.poll(output, { timeout: 60_000 }).toContain(crashed);
  await expect.poll(async () => (await fetch(`${host?.url ?? ""}/health`)).ok, { timeout: 60_000 }).toBe(true);
  const log = readFileSync(join(folder, "data/logs/outpost.log"), "utf8");
  expect(log).toContain("the host crashed; the log has the cause");
  expect(log).toContain("https://git.example/ by http://[redacted]@127.0.0.1:9");
});

test("the report of a process that ran out of memory does not hold them, though variables gave them", async () => {
  ask("exhaust");
  const isGone = (): boolean => output().includes("heap out of memory") && !isRunning(host?.pid ?? 0);
  await expect.poll(isGone, { timeout: 60_000 }).toBe(true);
  const [name = ""] = readdirSync(reports);
  const report: unknown = JSON.parse(readFileSync(join(reports, name), "utf8"));
  expect(report).toMatchObject({ header: { trigger: "OOMError" } });
});
