import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { takeLock } from "../../../electron/store/lock.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** Runs one command line inside this process. */
const run = async (args: readonly string[], env: Record<string, string> = {}) => {
  const out: string[] = [];
  const err: string[] = [];
  process.exitCode = undefined;
  const code = await runCli(args, { out: (line) => out.push(line), err: (line) => err.push(line), env });
  process.exitCode = undefined;
  return { code, out, err };
};

const entry = join(import.meta.dirname, "../../../electron/cli/main.ts");

/** `outpost serve` in a process of its own, as users run it. */
const spawnServe = async (args: readonly string[]) => {
  const child: ChildProcess = spawn(process.execPath, [...process.execArgv, entry, "serve", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stderr?.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  child.stdout?.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
  await Promise.race([once(child.stdout!, "data"), once(child, "exit")]);
  const url = /http:\S+/.exec(stdout)?.[0] ?? "";
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  };
  return { url, end, stdout: () => stdout, stderr: () => stderr, pid: child.pid };
};

const takenPort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

type BadInput = readonly [
  name: string,
  args: (dir: string) => readonly string[] | Promise<readonly string[]>,
  code: number,
  line: RegExp,
];

test.each<BadInput>([
  [
    "a wrong flag",
    () => ["serve", "--prot", "5000"],
    2,
    /unknown option '--prot' \(Did you mean --port\?\); see outpost serve --help$/,
  ],
  ["a wrong command", () => ["srve"], 2, /unknown command 'srve' \(Did you mean serve\?\); see outpost --help$/],
  [
    "a missing argument",
    () => ["token", "create"],
    2,
    /missing required argument 'name'; see outpost token create --help$/,
  ],
  [
    "a value that will not do",
    () => ["serve", "--port", "many"],
    1,
    /--port: "many" will not do: it must be a whole number from 0 to 65535$/,
  ],
  [
    "a port in use",
    async (dir) => ["serve", "--data-dir", dir, "--port", String(await takenPort())],
    1,
    /Port \d+ \(--port\) is in use by another program: stop it, or choose another/,
  ],
  [
    "a data folder that cannot be read",
    (dir) => {
      writeFileSync(join(dir, "file"), "");
      return ["serve", "--data-dir", join(dir, "file")];
    },
    1,
    /The data folder \S+file cannot be used: it is a file, or lies below one. Choose another with --data-dir/,
  ],
  [
    "a data folder from a newer version",
    (dir) => {
      const db = openWriter(join(dir, "outpost.db"));
      db.pragma("user_version = 999");
      db.close();
      return ["serve", "--data-dir", dir, "--port", "0"];
    },
    1,
    /has schema version 999; this version of Outpost knows up to \d+. Install the Outpost that wrote it/,
  ],
  [
    "a locked data folder",
    (dir) => {
      const lock = takeLock(join(dir, "lock.db"));
      onTestFinished(() => lock?.release());
      return ["serve", "--data-dir", dir, "--port", "0"];
    },
    1,
    /The data folder \S+ is in use by another Outpost .*: use that one, stop it, or choose another folder with --data-dir$/,
  ],
  [
    "a broken config.yaml",
    (dir) => {
      writeFileSync(join(dir, "config.yaml"), "port: [1\nlog_level");
      return ["serve", "--data-dir", dir];
    },
    1,
    /config.yaml is not valid YAML: .*line \d.*Correct that line, or remove the file$/,
  ],
  [
    "a command on a folder without a store",
    (dir) => ["backup", "--data-dir", dir],
    1,
    /There is no store in \S+: name its folder with --data-dir, or make one with outpost serve$/,
  ],
  [
    "a token's role that does not exist",
    (dir) => ["token", "create", "ci", "--role", "king", "--data-dir", dir],
    1,
    /role is one of viewer, editor, approver, admin/,
  ],
])("%s: one line with the way out, and an exit code", async (_name, args, code, line) => {
  const result = await run(await args(temporaryFolder()));
  expect(result.err).toHaveLength(1);
  expect(result.err[0]).toMatch(line);
  expect(result.err[0]).toMatch(/^outpost: /);
  expect([result.code, result.out]).toEqual([code, []]);
});

test("help is on stdout, exits with 0 and says what the codes mean", async () => {
  const { code, out, err } = await run(["--help"]);
  expect([code, err]).toEqual([0, []]);
  expect(out.join("\n")).toMatch(
    /serve[^]*open[^]*status[^]*check[^]*backup[^]*gc[^]*token[^]*Exit codes: 0 done, 1 failed/,
  );
  expect((await run(["serve", "--help"])).out.join("\n")).toMatch(
    /--require-token \[yes\|no\][^]*--json|--json[^]*--require-token \[yes\|no\]/,
  );
});

test("without a host the commands work on the folder itself, in words and as JSON", async () => {
  const dir = join(temporaryFolder(), "data");
  const common = ["--data-dir", dir];
  expect(await run(["status", ...common, "--json"])).toMatchObject({
    code: 0,
    out: [expect.stringContaining('"running":false')],
  });
  expect(() => statSync(dir)).toThrow(); // looking makes nothing
  const made = await run(["token", "create", "ci", ...common]);
  expect(made.out).toEqual([expect.stringMatching(/^outpost_[\w-]{43}$/)]);
  expect((await run(["token", "list", ...common])).out[0]).toMatch(/^ci\teditor\t.*\tvalid$/);
  expect((await run(["token", "revoke", "ci", ...common])).code).toBe(0);
  expect((await run(["check", ...common])).out).toEqual(["outpost: the store is sound"]);
  const backup = JSON.parse((await run(["backup", ...common, "--json"])).out[0] ?? "{}") as {
    path: string;
    rows: Record<string, number>;
  };
  expect(backup.rows).toMatchObject({ tokens: 1, audit: 2 });
  expect(statSync(backup.path).mode & 0o777).toBe(0o600);
});

test("check names the first audit row that somebody altered", async () => {
  const dir = join(temporaryFolder(), "data");
  const common = ["--data-dir", dir];
  for (const name of ["ci", "nightly"]) await run(["token", "create", name, ...common]);
  const db = openWriter(join(dir, "outpost.db"));
  db.exec("DROP TRIGGER audit_is_append_only_update; UPDATE audit SET actor = 'somebody else' WHERE seq = 2");
  db.close();
  const checked = await run(["check", ...common]);
  expect([checked.code, checked.out]).toEqual([1, [expect.stringMatching(/^problem: audit row 2 does not follow/)]]);
});

test("serve: one line on stdout, closed modes under a careless umask, a hand-over, and an orderly end", async () => {
  const dir = join(temporaryFolder(), "data");
  const mask = process.umask(0o022);
  const server = await spawnServe(["--data-dir", dir, "--port", "0"]).finally(() => process.umask(mask));
  expect(server.stdout()).toMatch(/^outpost: listening on http:\/\/127\.0\.0\.1:\d+\n$/);
  const created = await fetch(`${server.url}/api/2.0/mlflow/experiments/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"one"}',
  });
  expect(created.status).toBe(200);

  const modes = readdirSync(dir, { withFileTypes: true, recursive: true }).map((found) => {
    const { mode } = statSync(join(found.parentPath, found.name));
    return [found.name, (mode & 0o777).toString(8), found.isDirectory() ? "700" : "600"] as const;
  });
  expect(modes.length).toBeGreaterThan(8);
  expect(modes.filter(([, is, must]) => is !== must)).toEqual([]);
  expect(statSync(dir).mode & 0o777).toBe(0o700);

  const second = await run(["serve", "--data-dir", dir, "--port", "0"]);
  expect([second.code, second.out]).toEqual([1, []]);
  expect(second.err[0]).toContain(`in use by process ${server.pid}, which serves ${server.url}`);
  const opened = await run(["open", "--no-browser", "--data-dir", dir]);
  expect(opened).toMatchObject({ code: 0, out: [`outpost: process ${server.pid} serves ${server.url}`], err: [] });
  const state = await run(["status", "--json", "--data-dir", dir]);
  expect(JSON.parse(state.out[0] ?? "{}")).toMatchObject({
    running: true,
    url: server.url,
    pid: server.pid,
    writable: true,
  });

  expect(await server.end("SIGTERM")).toBe(0);
  expect([server.stdout().split("\n").length, server.stderr()]).toEqual([2, ""]);
  expect(readdirSync(dir)).not.toContain("server.json");
  expect(readdirSync(dir)).not.toContain("outpost.db-wal");
});

test("serve after kill -9: the folder is free at once, what was acknowledged is there", async () => {
  const dir = join(temporaryFolder(), "data");
  mkdirSync(dir);
  const first = await spawnServe(["--data-dir", dir, "--port", "0"]);
  const headers = { "content-type": "application/json" };
  await fetch(`${first.url}/api/2.0/mlflow/experiments/create`, { method: "POST", headers, body: '{"name":"kept"}' });
  await first.end("SIGKILL");
  const second = await spawnServe(["--data-dir", dir, "--port", "0"]);
  const found = await fetch(`${second.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`);
  expect(found.status).toBe(200);
  expect(second.stderr()).toMatch(/did not end in order/);
  expect(await second.end("SIGINT")).toBe(0);
});
