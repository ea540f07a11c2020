/**
 * `npm run bench:sync [-- --only pull,file,again --models 10000 --versions 10 --gib 5 --runs 1000 --folder PATH]`: what a sync
 * costs a host, each in a process of its own, each figure with its goal. The goals are for the full sizes; those of time shrink
 * with them.
 * - pull: the first pull of models, with so many versions each, from a double of GitLab; how soon another one is cancelled
 * - file: one file to a server, and from there to a third host over connections that break five times
 * - again: a second sync when nothing has changed
 */
import { createReadStream, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createCall, type Call } from "../../shared/api/client.ts";
import { createExperiment } from "../../shared/api/mlflow/experiments.ts";
import { createRun, updateRun } from "../../shared/api/mlflow/runs.ts";
import { cancelJob, getJob, type JobDetail } from "../../shared/api/outpost/jobs.ts";
import { addRemote } from "../../shared/api/outpost/remotes.ts";
import { listSyncRuns, startSync } from "../../shared/api/outpost/sync.ts";
import { type GitlabDouble, startGitlabDouble } from "../doubles/gitlab/start.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";
import { type Peak, peakDuring, rssMiB } from "./memory.ts";

const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: "pull,file,again" },
    models: { type: "string", default: "10000" },
    versions: { type: "string", default: "10" }, // of each model
    gib: { type: "string", default: "5" },
    runs: { type: "string", default: "1000" },
    folder: { type: "string", default: tmpdir() },
  },
});
const models = Number(options.models);
const versions = Number(options.versions);
const gib = Number(options.gib);
const runs = Number(options.runs);
const PROJECT = "team/models";
const CUTS = 5;
const FULL_VERSIONS = 100_000;
const FULL_GIB = 5;

const folder = mkdtempSync(join(options.folder, "outpost-bench-sync-"));
const ends: (() => Promise<unknown>)[] = [];

/** Prints a figure beside its goal. */
const say = (name: string, figure: number, most: number, unit: string): void => {
  const shown = (number: number): string => (Number.isInteger(number) ? String(number) : number.toFixed(2));
  const met = figure <= most;
  console.log(`${name}: ${shown(figure)} ${unit} (≤ ${shown(most)}): ${met ? "met" : "MISSED"}`);
};

/** Prints how much memory it took at most, and what of it was files. */
const sayPeak = (name: string, { rss, own, files }: Peak, most: number, atRest: number): void => {
  say(`${name}, memory`, rss, most, "MiB");
  const parts = { "at rest before": atRest, "its own at most": own, "of files at most": files };
  const told = Object.entries(parts).map(([what, mib]) => `${what} ${mib.toFixed(0)} MiB`);
  console.log(`  ${told.join(", ")}`);
};

interface BenchHost {
  readonly url: string;
  readonly pid: number;
  readonly call: Call;
  readonly stop: () => Promise<unknown>;
}

/** A host on a fresh folder. */
const startHost = async (name: string, env: Readonly<Record<string, string>> = {}): Promise<BenchHost> => {
  const dataDir = join(folder, name);
  mkdirSync(dataDir, { mode: 0o700 });
  const { url, pid, stop } = await startOutpost({ dataDir, env });
  ends.push(stop);
  return { url, pid, call: createCall(url), stop };
};

const startDouble = async (): Promise<GitlabDouble> => {
  const double = await startGitlabDouble();
  ends.push(double.stop);
  return double;
};

const OVER = new Set(["done", "failed", "cancelled", "interrupted"]);

/** Looks at a job until `isSo`. @throws Error when it is over before */
const until = async (call: Call, job_id: string, isSo: (job: JobDetail) => boolean): Promise<JobDetail> => {
  for (;;) {
    const job = await call(getJob, { job_id });
    if (isSo(job)) return job;
    if (OVER.has(job.state)) throw new Error(`${job.title} is ${job.state}: ${job.error ?? job.text ?? ""}`);
    await sleep(20);
  }
};

/** One sync from its start to its end. @throws Error unless all that was asked for is done */
const sync = async (call: Call, what: "push" | "pull" | "both"): Promise<void> => {
  const { job_id } = await call(startSync, { remote: "far", what, accept: true });
  await until(call, job_id, ({ state }) => state === "done");
  const [last] = (await call(listSyncRuns, { remote: "far" })).runs;
  if (last && last.outcome !== "done")
    throw new Error(`the sync is ${last.outcome ?? "under way"}: ${last.problem ?? ""}`);
};

const toDouble = (double: GitlabDouble) => ({
  name: "far",
  kind: "gitlab" as const,
  url: double.url,
  project: PROJECT,
  token: double.token("developer"),
});

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

/** A number of the job's facts. */
const factOf = ({ facts }: JobDetail, name: string): number => facts.find((fact) => fact.name === name)?.count ?? 0;

const pull = async (): Promise<void> => {
  const double = await startDouble();
  await double.control("POST", "fill", { models, versions });
  const host = await startHost("pull");
  await host.call(addRemote, toDouble(double));
  let [seconds, pulled] = [NaN, 0];
  const rest = rssMiB(host.pid);
  const peak = await peakDuring(host.pid, async () => {
    seconds = await timed(async () => {
      const { job_id } = await host.call(startSync, { remote: "far", what: "pull", accept: true });
      pulled = factOf(await until(host.call, job_id, ({ state }) => state === "done"), "pulled");
    });
  });
  const all = models + models * versions;
  if (pulled < all) throw new Error(`${pulled} of ${all} objects were pulled`);
  await host.stop();
  const what = `first pull of ${models} models with ${models * versions} versions`;
  say(what, seconds, Math.max(1, (120 * models * versions) / FULL_VERSIONS), "s");
  sayPeak(what, peak, 350, rest);

  const other = await startHost("cancel");
  await other.call(addRemote, toDouble(double));
  const { job_id } = await other.call(startSync, { remote: "far", what: "pull", accept: true });
  const isFetching = ({ lines, done }: JobDetail): boolean =>
    done > 0 && (lines.at(-1)?.text.startsWith("Fetching") ?? false);
  await until(other.call, job_id, isFetching);
  const latency = await timed(async () => {
    await other.call(cancelJob, { job_id });
    await until(other.call, job_id, ({ state }) => state === "cancelled");
  });
  say("cancel of a pull", latency, 1, "s");
  await other.stop();
  await double.stop();
};

/** Sends a file of zeros that takes no room itself. */
const uploadSparse = async (url: string, path: string, size: number): Promise<void> => {
  const source = join(folder, "sparse");
  writeFileSync(source, "");
  truncateSync(source, size);
  const headers = { "content-length": size, "content-type": "application/octet-stream" };
  const sent = httpRequest(new URL(path, url), { method: "PUT", headers });
  const answered = new Promise<void>((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve();
      else reject(new Error(`PUT ${path}: ${String(answer.statusCode)}`));
    });
  });
  await Promise.all([pipeline(createReadStream(source, { highWaterMark: 2 ** 20 }), sent), answered]);
};

const file = async (): Promise<void> => {
  const size = Math.round(gib * 2 ** 30);
  const cutsAt = Array.from({ length: CUTS }, (_, n) => Math.round((size * (n + 1)) / (CUTS + 1)));
  let farUrl = "";
  const proxy = await startCuttingProxy(() => farUrl, cutsAt);
  ends.push(proxy.close);
  const far = await startHost("far", { OUTPOST_ALLOWED_HOSTS: new URL(proxy.url).host });
  farUrl = far.url;

  const from = await startHost("from");
  const { experiment_id } = await from.call(createExperiment, { name: "one large file" });
  const { run } = await from.call(createRun, { experiment_id, run_name: "large", start_time: 1 });
  const { run_id } = run.info;
  await uploadSparse(
    from.url,
    `/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/large.bin`,
    size,
  );
  await from.call(updateRun, { run_id, status: "FINISHED", end_time: 2 });
  await from.call(addRemote, { name: "far", kind: "mlflow", url: far.url });
  let seconds = NaN;
  const fromRest = rssMiB(from.pid);
  const pushPeak = await peakDuring(from.pid, async () => {
    seconds = await timed(() => sync(from.call, "push"));
  });
  const what = `push and verify a file of ${gib} GiB`;
  say(what, seconds, (60 * gib) / FULL_GIB, "s");
  sayPeak(what, pushPeak, 250, fromRest);
  await from.stop();
  rmSync(join(folder, "from"), { recursive: true, force: true });

  const to = await startHost("to");
  await to.call(addRemote, { name: "far", kind: "mlflow", url: proxy.url, files: "all" });
  const toRest = rssMiB(to.pid);
  const pullPeak = await peakDuring(to.pid, () => sync(to.call, "pull"));
  if (proxy.cuts() < CUTS) throw new Error(`${proxy.cuts()} of ${CUTS} cuts were made: the file did not come`);
  const download = `download cut ${CUTS} times`;
  say(`${download}, fetched again`, (100 * (proxy.bytes() - size)) / size, 1, "%");
  sayPeak(download, pullPeak, 250, toRest);
  await to.stop();
};

interface LogEntry {
  readonly method: string;
  readonly operation: string;
}

/** What the double was asked since its log was emptied. */
const asked = async (double: GitlabDouble): Promise<{ reads: number; writes: number }> => {
  const log: readonly LogEntry[] = await double.control("GET", "log");
  const reads = log.filter(({ method, operation }) => method === "GET" || /search|graphql/i.test(operation)).length;
  return { reads, writes: log.length - reads };
};

const again = async (): Promise<void> => {
  const double = await startDouble();
  const host = await startHost("again");
  const { experiment_id } = await host.call(createExperiment, { name: "many runs" });
  for (let n = 0; n < runs; n += 1) {
    const { run } = await host.call(createRun, { experiment_id, run_name: `run ${n}`, start_time: n + 1 });
    await host.call(updateRun, { run_id: run.info.run_id, status: "FINISHED", end_time: n + 2 });
  }
  await host.call(addRemote, toDouble(double));
  await sync(host.call, "both");
  await double.control("DELETE", "log");
  await sync(host.call, "both");
  const { reads, writes } = await asked(double);
  say(`second sync of ${runs} runs, reads`, reads, Math.max(30, (30 * runs) / 1000), "calls");
  say(`second sync of ${runs} runs, writes`, writes, 0, "calls");
  await host.stop();
  await double.stop();
};

const rows: Readonly<Record<string, () => Promise<void>>> = { pull, file, again };

const load = (): string =>
  loadavg()
    .map((each) => each.toFixed(1))
    .join(" ");

console.log(`load average ${load()} on ${cpus().length} cores, Node ${process.version}`);
try {
  for (const name of options.only.split(",")) {
    const row = rows[name];
    if (!row) throw new Error(`no row is called ${name}: ${Object.keys(rows).join(" ")}`);
    await row();
  }
} finally {
  await Promise.allSettled(ends.map((end) => end()));
  rmSync(folder, { recursive: true, force: true });
  console.log(`load average ${load()}`);
}
