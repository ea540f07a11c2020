/** The Python of the project's virtual environment, with the real MLflow client and server in it. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { projectRoot } from "./outpost-process.ts";
import { cleanEnvironment, freePort, type ServerProcess, startServer } from "./server-process.ts";

const scripts = join(projectRoot, ".venv", process.platform === "win32" ? "Scripts" : "bin");

/** An executable of the virtual environment. @throws Error saying how to make the environment where there is none. */
export const venvCommand = (name: "python" | "mlflow"): string => {
  const path = join(scripts, process.platform === "win32" ? `${name}.exe` : name);
  if (!existsSync(path)) throw new Error(`${path} is missing: \`npm test\` makes the virtual environment`);
  return path;
};

/** Whether the virtual environment is there; a test that needs it says so in its name and is skipped. */
export const hasVenv = (): boolean => existsSync(join(scripts, process.platform === "win32" ? "mlflow.exe" : "mlflow"));

/** What keeps the client on this machine, quiet, and off its own retries. */
export const clientEnvironment = (trackingUri: string): Record<string, string> =>
  cleanEnvironment({
    MLFLOW_TRACKING_URI: trackingUri,
    MLFLOW_DISABLE_TELEMETRY: "true",
    DO_NOT_TRACK: "true",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
    PYTHONUNBUFFERED: "1",
    PYTHONWARNINGS: "ignore",
    GIT_PYTHON_REFRESH: "quiet",
    MPLBACKEND: "Agg",
  });

/** Runs a script to its end. @throws Error with its output when it fails. */
export const runPython = async (
  args: readonly string[],
  options: { trackingUri: string; cwd?: string; timeoutMs?: number },
): Promise<string> => {
  const { stdout } = await promisify(execFile)(venvCommand("python"), [...args], {
    env: clientEnvironment(options.trackingUri),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    timeout: options.timeoutMs ?? 120_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
};

/** `mlflow server` in the best configuration known: one worker, SQLite, no job runners. `folder` keeps its files. */
export const startMlflow = async (folder: string, port?: number): Promise<ServerProcess> => {
  mkdirSync(folder, { recursive: true });
  const at = port ?? (await freePort());
  return startServer({
    command: venvCommand("mlflow"),
    args: [
      "server",
      "--backend-store-uri",
      `sqlite:///${folder}/mlflow.db`,
      "--artifacts-destination",
      join(folder, "artifacts"),
      "--host",
      "127.0.0.1",
      "--port",
      String(at),
      "--workers",
      "1",
    ],
    cwd: folder,
    env: { MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true", MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" },
    timeoutMs: 180_000,
    addressIn: () => `http://127.0.0.1:${String(at)}`,
  });
};

/** A Python process that takes one JSON request per line and answers each with one JSON line. */
export interface PythonWorker {
  readonly ask: (request: Readonly<Record<string, unknown>>, timeoutMs: number) => Promise<unknown>;
  readonly stop: () => void;
}

/** Starts `script`; requests are answered in the order they were asked. */
export const startPythonWorker = (script: string, options: { trackingUri: string; cwd: string }): PythonWorker => {
  const child: ChildProcessWithoutNullStreams = spawn(venvCommand("python"), [script], {
    env: clientEnvironment(options.trackingUri),
    cwd: options.cwd,
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-20_000)));
  const waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
  const fail = (reason: string): void => {
    for (const each of waiting.splice(0)) each.reject(new Error(`${reason}\n${errors}`));
  };
  child.on("exit", (code) => fail(`${script} ended with ${String(code)}`));
  child.on("error", (error) => fail(String(error)));
  return {
    ask: (request, timeoutMs) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          child.kill("SIGKILL");
          fail(`no answer within ${String(timeoutMs)} ms to ${JSON.stringify(request)}`);
        }, timeoutMs);
        const done =
          <T>(then: (value: T) => void) =>
          (value: T): void => {
            clearTimeout(timer);
            then(value);
          };
        waiting.push({ resolve: done(resolve), reject: done(reject) });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    stop: () => void child.kill("SIGTERM"),
  };
};
