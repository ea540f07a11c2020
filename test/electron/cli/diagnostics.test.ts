import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { runHost } from "../../../electron/host/host.ts";
import { openReader } from "../../../electron/store/database.ts";
import { takeLock } from "../../../electron/store/lock.ts";
import { makeDiagnostics } from "../../../shared/api/outpost/diagnostics.ts";
import { readZip } from "../../helpers/read-zip.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

/** In every name, value, path, secret and file that people can give; no byte of it may come out. */
const CANARY = "qzcanaryqz";
const USER = "qzmiraqz";

beforeEach(() => {
  vi.stubEnv("USER", USER);
});

const setup = () => {
  const folder = temporaryFolder();
  const dataDir = join(folder, CANARY, "data");
  const run = async (...args: readonly string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    process.exitCode = undefined;
    const terminal = {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      env: {},
    };
    const code = await runCli([...args, "--data-dir", dataDir], terminal);
    process.exitCode = undefined;
    return { code, out, err };
  };
  const diagnose = async (name = "d.zip") => {
    const path = join(folder, name);
    const result = await run("diagnostics", "--out", path, "--json");
    expect(result).toMatchObject({ code: 0, err: [] });
    const said = JSON.parse(result.out[0] ?? "{}") as { path: string; contents: { path: string }[]; missing: string[] };
    const bytes = readFileSync(said.path);
    const files = new Map(
      [...readZip(bytes)].map(([at, body]) => [at.replace("outpost-diagnostics/", ""), body.toString("utf8")]),
    );
    const json = (at: string): Record<string, unknown> => JSON.parse(files.get(at) ?? "{}") as Record<string, unknown>;
    return { ...said, bytes, files, json };
  };
  return { folder, dataDir, run, diagnose };
};

type Setup = ReturnType<typeof setup>;

const start = async (dataDir: string) => {
  const host = await runHost({ dataDir, flags: { port: 0 }, env: {}, version: "1.2.3" }, { toPerson: () => {} });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= host.close());
  onTestFinished(close);
  return { url: host.url, close };
};

/** Puts the canary everywhere a person can put a word. */
const plant = async (url: string): Promise<void> => {
  const post = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>;
  };
  const { experiment_id } = await post("experiments/create", {
    name: `${CANARY} experiment`,
    tags: [{ key: CANARY, value: CANARY }],
  });
  const { run } = await post("runs/create", { experiment_id, run_name: CANARY, user_id: USER });
  const { run_id } = (run as { info: { run_id: string } }).info;
  await post("runs/log-batch", {
    run_id,
    metrics: [{ key: `${CANARY}/loss`, value: 1, timestamp: 1, step: 0 }],
    params: [{ key: CANARY, value: CANARY }],
    tags: [{ key: `${CANARY}.tag`, value: CANARY }],
  });
  await post("registered-models/create", { name: `${CANARY} model`, description: CANARY });
  const uploaded = await fetch(
    `${url}/api/2.0/mlflow-artifacts/artifacts/${String(experiment_id)}/${run_id}/artifacts/${CANARY}/${CANARY}.txt`,
    { method: "PUT", body: CANARY.repeat(20_000) },
  );
  expect(uploaded.status).toBe(200);
};

/** What a careless line could hold. */
const carelessLog = (dataDir: string): void => {
  mkdirSync(join(dataDir, "logs"), { recursive: true });
  const lines = [
    {
      level: 50,
      err: {
        type: "Error",
        message: `run '${CANARY}' is odd`,
        stack: `Error: ${CANARY}\n    at f (/home/${USER}/${CANARY}.ts:1:1)`,
      },
      msg: "a bug",
    },
    { level: 50, missing: [{ subject: CANARY }], setAside: `/home/${USER}/${CANARY}`, msg: `kept as /home/${USER}/x` },
    { level: 40, token: `outpost_${CANARY}${CANARY}`, msg: `asked with Authorization: Bearer ${CANARY}${CANARY}` },
    { level: 40, user: USER, msg: `user ${USER} came` },
  ];
  appendFileSync(join(dataDir, "logs", "outpost.log"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
};

const expectNoLeak = ({ bytes, files }: Awaited<ReturnType<Setup["diagnose"]>>, secrets: readonly string[]): void => {
  const leaks = [["the zip", bytes.toString("latin1")] as const, ...files].flatMap(([where, text]) =>
    [CANARY, USER, ...secrets].flatMap((secret) => {
      const at = `${where}\n${text}`.toLowerCase().indexOf(secret.toLowerCase());
      return at < 0 ? [] : [`${where}: ${`${where}\n${text}`.slice(Math.max(0, at - 60), at + 60)}`];
    }),
  );
  expect(leaks).toEqual([]);
};

const headOf = (dataDir: string): unknown => {
  const db = openReader(join(dataDir, "outpost.db"));
  try {
    return db.prepare("SELECT hash FROM audit ORDER BY seq DESC LIMIT 1").pluck().get();
  } finally {
    db.close();
  }
};

test("beside a running host: what it is, and not a byte of what it holds", async () => {
  const { dataDir, run, diagnose } = setup();
  const host = await start(dataDir);
  await plant(host.url);
  const token = (await run("token", "create", CANARY)).out[0] ?? "";
  const { secret } = JSON.parse(readFileSync(join(dataDir, "server.json"), "utf8")) as { secret: string };
  carelessLog(dataDir);
  writeFileSync(join(dataDir, `${CANARY}.txt`), "a file of somebody's");

  const asEditor = await fetch(`${host.url}${makeDiagnostics.path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: "{}",
  });
  expect(asEditor.status).toBe(403);

  const made = await diagnose();
  expectNoLeak(made, [token, secret]);
  expect(made.missing).toEqual([]);
  expect([...made.files.keys()].sort()).toEqual(
    ["README.txt", "about.json", "files.json", "host.json", "logs/outpost.log", "settings.json", "store.json"].sort(),
  );
  expect(made.json("about.json")).toMatchObject({ outpost: "1.2.3", node: process.versions.node });
  expect(made.json("host.json")).toMatchObject({ health: { problem: null }, queues: { writes: 0, reads: 0 } });
  expect(made.json("store.json")).toMatchObject({
    rows: { experiments: 2, runs: 1, registered_models: 1 },
    audit: { head: headOf(dataDir) },
  });
  expect(made.json("store.json")["bytes"]).toMatchObject({ runs: expect.any(Number) });
  expect(made.json("files.json")).toMatchObject({ others: { files: 1 }, heaps: { "artifacts/blobs": { files: 1 } } });
  expect(made.json("settings.json")).toMatchObject({
    policy: null,
    settings: expect.arrayContaining([
      { name: "data_dir", value: "[data-folder]", origin: "--data-dir", locked: false },
      { name: "port", value: "0", origin: "--port", locked: false },
    ]),
  });
  expect(made.files.get("logs/outpost.log")).toContain('"msg":"listening"');
  expect(made.files.get("README.txt")).toContain("settings.json: settings in force");
});

test("without a host, from the folder alone, with a check of the database", async () => {
  const { dataDir, diagnose } = setup();
  const host = await start(dataDir);
  await plant(host.url);
  await host.close();
  carelessLog(dataDir);
  const made = await diagnose();
  expectNoLeak(made, []);
  expect(made.missing).toEqual([]);
  expect(made.files.has("host.json")).toBe(false);
  expect(made.json("store.json")).toMatchObject({ quick_check: { ok: true }, rows: { runs: 1 } });
});

test("where nothing can start: what is wrong is named, the rest is there", async () => {
  const { dataDir, diagnose } = setup();
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, "config.yaml"), `${CANARY}: 1\n`);
  writeFileSync(join(dataDir, "outpost.db"), `${CANARY} is no database at all`.repeat(100));
  carelessLog(dataDir);
  const made = await diagnose();
  expectNoLeak(made, []);
  expect(made.missing).toEqual([
    expect.stringMatching(/^settings: .*unknown setting/),
    "schema, rows and bytes of each table, head of the audit chain: SQLITE_NOTADB",
  ]);
  expect(made.files.get("README.txt")).toContain("Not collected:\nsettings:");
  expect([...made.files.keys()]).toEqual(expect.arrayContaining(["about.json", "files.json", "logs/outpost.log"]));
});

test("a folder that does not exist is no reason to have nothing", async () => {
  const made = await setup().diagnose();
  expect(made.json("about.json")).toMatchObject({ disk: null });
  expect(made.missing.length).toBeGreaterThan(0);
});

test("a host that holds the folder and does not answer is passed over", async () => {
  const { dataDir, diagnose } = setup();
  const host = await start(dataDir);
  await host.close();
  const gone = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => gone.once("listening", resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  const lock = takeLock(join(dataDir, "lock.db"));
  onTestFinished(() => lock?.release());
  const holder = { pid: 1, port, url: `http://127.0.0.1:${port}`, version: "1", started_at: "", secret: "s" };
  writeFileSync(join(dataDir, "server.json"), JSON.stringify(holder));
  const made = await diagnose();
  expect(made.missing).toEqual([expect.stringMatching(/^the running host: .* does not answer/)]);
  expect(made.json("store.json")).toMatchObject({ quick_check: { ok: true } });
});

test("the file is its maker's alone, never replaces another, and says what is inside", async () => {
  const { folder, run } = setup();
  const path = join(folder, "d.zip");
  const first = await run("diagnostics", "--out", path);
  expect(first.code).toBe(0);
  expect(first.out[0]).toMatch(/^outpost: wrote \S+d\.zip \(\d+ kB\), readable by you only/);
  expect(first.out).toContain("  about.json: versions, system, memory and disk");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const again = await run("diagnostics", "--out", path);
  expect(again).toMatchObject({ code: 1, out: [] });
  expect(again.err).toEqual([`outpost: ${path} cannot be written (it exists): name another file with --out`]);
  const into = await run("diagnostics", "--out", folder);
  expect(into.out[0]).toMatch(/outpost-diagnostics-\d{8}T\d{6}Z\.zip/);
});
