/** Starts the double as a process of its own and gives a test both its channels. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { formIn } from "../../canary/marks.ts";

export interface GitlabDouble {
  /** The instance's address, relative root included. */
  readonly url: string;
  readonly pid: number;
  /** A token's value by its name: a role, or `read-api`, `read-user`, `expired`, `revoked`, `job`, `trigger`, … */
  readonly token: (name: string) => string;
  /** The control channel: `control("POST", "rules", { rules: [...] })`. @throws Error when it refuses */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test looks into what it asked for
  readonly control: (method: "GET" | "POST" | "DELETE", name: string, body?: unknown) => Promise<any>;
  readonly stop: () => Promise<void>;
}

/** Its folder is looked through as it goes, like those of the tests. */
const WATCH = `--import=${pathToFileURL(join(import.meta.dirname, "../../canary/process.ts")).href}`;

/** What it was sent, for whoever syncs must not send a secret but as one. @throws Error naming the form of one. */
const searchState = (state: unknown): void => {
  const form = formIn(JSON.stringify(state));
  if (form !== undefined) throw new Error(`GitLab was sent a secret in an object or an address: ${form}`);
};

const firstLine = async (output: NodeJS.ReadableStream): Promise<string | undefined> => {
  for await (const line of createInterface({ input: output })) return line;
  return undefined;
};

/** `args` as for `main.ts`, without the port. @throws Error with its output when it does not start */
export const startGitlabDouble = async (args: readonly string[] = []): Promise<GitlabDouble> => {
  const script = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [...process.execArgv, WATCH, script, "--port", "0", ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const url = await firstLine(child.stdout);
  if (url === undefined || child.pid === undefined) throw new Error(`the double did not start:\n${errors}`);
  const origin = new URL(url).origin;
  const control: GitlabDouble["control"] = async (method, name, body) => {
    const headers = { connection: "close" }; // one that was kept may be at its end when it is used again
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${origin}/__double__/${name}`, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${name}: ${text}`);
    return JSON.parse(text);
  };
  const tokens: Record<string, string> = await control("GET", "tokens");
  return {
    url,
    pid: child.pid,
    control,
    token: (name) => tokens[name] ?? `no token named ${name}`,
    stop: async () => {
      if (child.exitCode !== null) return;
      const state: unknown = await control("GET", "state");
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
      searchState(state);
    },
  };
};
