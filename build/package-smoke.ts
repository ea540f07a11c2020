/**
 * `node build/package-smoke.ts HOME PYTHON|- COMMAND [ARGS…]`: what is in a package, used as its first user would. COMMAND is `outpost` as
 * the package starts it. Runs where there is nothing but an empty home folder and this machine's own address. Prints one JSON line.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const [home = "", python = "-", command = "", ...args] = process.argv.slice(2);

const insist = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what);
};

/** Nothing of the caller's shell: a package must not lean on it. */
const env = {
  HOME: home,
  PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
  TMPDIR: join(home, "tmp"),
  NO_PROXY: "127.0.0.1",
  LANG: "C.UTF-8",
};

const startHost = async (): Promise<{ child: ChildProcess; url: string }> => {
  const child = spawn(command, [...args, "serve", "--port", "0"], {
    env,
    cwd: home,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`the host ended with ${String(code)} before it answered`);
  });
  ended.catch(() => {}); // only while it starts; later its end is asked for
  const ready = new Promise<string>((resolve) => {
    createInterface(child.stdout).on("line", (line) => {
      const url = /^outpost: listening on (http:\S+)$/.exec(line)?.[1];
      if (url !== undefined) resolve(url.replace(/\/$/, ""));
    });
  });
  return { child, url: await Promise.race([ready, ended]) };
};

const get = async (url: string): Promise<Response> => {
  const response = await fetch(url);
  insist(response.ok, `${url} answered ${response.status}`);
  return response;
};

/** The page, everything that it names, and the licences. */
const readPage = async (url: string): Promise<number> => {
  const html = await (await get(`${url}/`)).text();
  const parts = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => new URL(path, `${url}/`).href);
  insist(parts.length >= 3, "the page names no scripts and styles");
  insist(
    parts.every((part) => part.startsWith(`${url}/`)),
    "the page asks another host",
  );
  for (const part of parts) insist((await (await get(part)).arrayBuffer()).byteLength > 0, `${part} is empty`);
  const licences = (await (await get(`${url}/licences.json`)).json()) as unknown[];
  insist(licences.length > 20, "the list of licences is missing");
  return parts.length;
};

const post = async (url: string, path: string, body: unknown): Promise<Record<string, unknown>> => {
  const response = await fetch(`${url}/api/2.0/mlflow/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  insist(response.ok, `${path} answered ${response.status}: ${response.ok ? "" : await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
};

/** Where the real client is missing: its calls, by hand. */
const callByHand = async (url: string): Promise<string> => {
  const { experiment_id } = await post(url, "experiments/create", { name: "smoke" });
  const created = (await post(url, "runs/create", { experiment_id, start_time: 1 })) as {
    run: { info: { run_id: string } };
  };
  const { run_id } = created.run.info;
  const metrics = [1, 2, 3].map((step) => ({ key: "loss", value: 1 / step, timestamp: step, step }));
  await post(url, "runs/log-batch", { run_id, metrics, params: [{ key: "lr", value: "0.1" }] });
  await post(url, "runs/update", { run_id, status: "FINISHED", end_time: 2 });
  const { runs } = (await post(url, "runs/search", {
    experiment_ids: [experiment_id],
    filter: "metrics.loss < 0.5 and params.lr = '0.1'",
  })) as { runs: { info: { run_id: string; status: string } }[] };
  insist(runs.length === 1 && runs[0]?.info.status === "FINISHED", "the run was not found again");
  return "plain REST calls (no MLflow client in .venv)";
};

const callByClient = async (url: string): Promise<string> => {
  const { stdout } = await promisify(execFile)(python, [join(import.meta.dirname, "package-smoke.py")], {
    env: {
      ...env,
      MLFLOW_TRACKING_URI: url,
      MLFLOW_DISABLE_TELEMETRY: "true",
      DO_NOT_TRACK: "true",
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
      GIT_PYTHON_REFRESH: "quiet",
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONWARNINGS: "ignore",
    },
    cwd: home,
  });
  return stdout.trim().split("\n").at(-1) ?? ""; // the client says where the run is, too
};

const ask = async (...words: readonly string[]): Promise<Record<string, unknown>> => {
  const { stdout } = await promisify(execFile)(command, [...args, ...words, "--json"], { env, cwd: home });
  return JSON.parse(stdout) as Record<string, unknown>;
};

mkdirSync(env.TMPDIR, { recursive: true });
const { child, url } = await startHost();
try {
  const pageParts = await readPage(url);
  const client = python === "-" ? await callByHand(url) : await callByClient(url);
  const status = await ask("status");
  insist(status["running"] === true && status["url"] === url, "`outpost status` does not find its own host");
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number | null];
  insist(code === 0, `the host ended with ${String(code)}`);
  const after = await ask("status");
  insist(after["running"] === false && after["exists"] === true, "the store is not there after the end");
  const others = Object.keys(networkInterfaces()).filter((name) => name !== "lo");
  console.log(JSON.stringify({ client, pageParts, loopbackOnly: others.length === 0, version: status["version"] }));
} finally {
  child.kill("SIGKILL");
}
