/** A server in a process of its own: started, waited for, stopped by its pid, its output kept for the failure message. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** From spawn to the first answer, ms. */
  readonly readyMs: number;
  /** What the process has written so far, stdout and stderr. */
  readonly output: () => string;
  /** Asks it to end, and insists after ten seconds. Resolves with the exit code, or null after a signal. */
  readonly stop: () => Promise<number | null>;
  /** SIGKILL: what a power cut leaves of a process. Resolves when it is gone. */
  readonly kill: () => Promise<void>;
}

export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** The address, once the output so far shows that it is known. */
  readonly addressIn: (output: string) => string | undefined;
}

/** Variables of the caller's shell that would send a client or a server elsewhere. */
const FOREIGN = /^(mlflow|outpost|https?_proxy$|all_proxy$)/i;

/** The caller's environment without what would lead a server or a client to another place. */
export const cleanEnvironment = (extra: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !FOREIGN.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), NO_PROXY: "127.0.0.1,localhost", ...extra };
};

const gone = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once("exit", (code) => resolve(code)));

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false; // not listening yet: the caller asks again until its own time is up
  }
};

/** Spawns the command and resolves when `/health` answers. @throws Error with the output when it ends or is too slow. */
export const startServer = async (start: Start): Promise<ServerProcess> => {
  const startedAt = performance.now();
  const child = spawn(start.command, [...start.args], {
    ...(start.cwd === undefined ? {} : { cwd: start.cwd }),
    env: cleanEnvironment(start.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let spawnError: Error | undefined;
  child.on("error", (error) => (spawnError = error));
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-200_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const line = [start.command, ...start.args].join(" ");
  const deadline = startedAt + start.timeoutMs;
  for (;;) {
    const url = start.addressIn(output);
    if (url !== undefined && (await answers(url)))
      return toServer(child, url, performance.now() - startedAt, () => output);
    if (spawnError) throw new Error(`could not run ${line}`, { cause: spawnError });
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${line} ended (${String(child.exitCode ?? child.signalCode)}) before it answered:\n${output}`);
    if (performance.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`${line} did not answer within ${String(start.timeoutMs)} ms:\n${output}`);
    }
    await sleep(5);
  }
};

const toServer = (child: ChildProcess, url: string, readyMs: number, output: () => string): ServerProcess => ({
  url,
  pid: child.pid ?? -1,
  readyMs,
  output,
  stop: async () => {
    child.kill("SIGTERM");
    const insist = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const code = await gone(child);
    clearTimeout(insist);
    return code;
  },
  kill: async () => {
    child.kill("SIGKILL");
    await gone(child);
  },
});

/** A port of this machine that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const { createServer } = await import("node:net");
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port was given")),
      );
    });
  });
};
