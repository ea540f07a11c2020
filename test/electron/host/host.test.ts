import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openAdmin } from "../../../electron/host/admin.ts";
import { runHost, type Host } from "../../../electron/host/host.ts";
import { check, collectGarbage, status } from "../../../electron/host/operations/store.ts";
import { createToken, listTokens, revokeToken } from "../../../electron/host/operations/tokens.ts";
import type { HostOptions } from "../../../electron/host/protocol.ts";
import { readServerFile } from "../../../electron/host/server-file.ts";
import { openWriter } from "../../../electron/store/database.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const setup = (flags: Record<string, unknown> = {}) => {
  const dataDir = join(temporaryFolder(), "data");
  const said: string[] = [];
  const options: HostOptions = { dataDir, flags: { port: 0, ...flags }, env: {}, version: "1.2.3" };
  const toPerson = (line: string): void => void said.push(line);
  const start = async (more: Record<string, unknown> = {}): Promise<Host> => {
    const host = await runHost({ ...options, flags: { ...options.flags, ...more } }, { toPerson });
    let closed: Promise<void> | undefined;
    const close = (): Promise<void> => (closed ??= host.close());
    onTestFinished(close);
    return { ...host, close };
  };
  const admin = () => openAdmin(options, { toPerson });
  return { dataDir, said, start, admin, options };
};

const createExperiment = (url: string, name: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${url}/api/2.0/mlflow/experiments/create`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ name }),
  });

test("serves MLflow's API, and keeps what it acknowledged over a stop and a start", async () => {
  const { start, dataDir } = setup();
  const first = await start();
  expect(first.url).toBe(`http://127.0.0.1:${first.port}`);
  expect((await createExperiment(first.url, "kept")).status).toBe(200);
  await first.close();
  expect(readdirSync(dataDir).filter((name) => /-wal$|-shm$|server\.json/.test(name))).toEqual([]);
  const second = await start();
  const found = await fetch(`${second.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`);
  expect(found.status).toBe(200);
});

test("a run that ends just before the stop has its points sealed all the same", async () => {
  const { start, dataDir } = setup();
  const { url, close } = await start();
  const post = async (path: string, body: object): Promise<Response> =>
    fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const created = (await (await post("runs/create", { experiment_id: "0" })).json()) as {
    run: { info: { run_id: string } };
  };
  const { run_id } = created.run.info;
  const metrics = Array.from({ length: 1000 }, (_, step) => ({ key: "loss", value: step, timestamp: 1, step }));
  await post("runs/log-batch", { run_id, metrics });
  expect((await post("runs/update", { run_id, status: "FINISHED" })).status).toBe(200);
  await close();
  const look = <T>(query: string): T[] => {
    const db = openWriter(join(dataDir, "outpost.db"));
    const rows = db.prepare<[], T>(query).pluck().all();
    db.close();
    return rows;
  };
  const sealed = (): string[] => look("SELECT subject FROM audit WHERE action = 'run.metrics'");
  const left = (): string[] =>
    look(
      "SELECT run_id FROM runs WHERE id IN (SELECT run.value FROM meta, json_each(meta.value) AS run WHERE meta.key = 'unsealed')",
    );
  expect([...sealed(), ...left()]).toEqual([run_id]); // a machine with much else to do leaves it to the next start
  const again = await start();
  await expect.poll(sealed, { timeout: 15_000 }).toEqual([run_id]);
  await again.close();
  expect(left()).toEqual([]);
  expect(readFileSync(join(dataDir, "logs", "outpost.log"), "utf8")).not.toContain("after a write failed");
});

test("says who holds the folder, and frees it at its end", async () => {
  const { start, dataDir } = setup();
  const { url, port, close } = await start();
  expect(readServerFile(join(dataDir, "server.json"))).toMatchObject({ pid: process.pid, port, url, version: "1.2.3" });
  expect(statSync(join(dataDir, "server.json")).mode & 0o777).toBe(0o600);
  await expect(start()).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringMatching(
      new RegExp(`is in use by process ${process.pid}, which serves ${url}: use that one, stop it`),
    ),
  });
  await close();
  await (await start()).close();
});

test("a start that fails leaves the folder free", async () => {
  const { start } = setup();
  const { port } = await setup().start();
  await expect(start({ port })).rejects.toThrow(/is in use by another program/);
  await (await start()).close();
});

test("a stop finishes what is under way and cuts what never ends", async () => {
  const { start } = setup();
  const { url, port, close } = await start();
  const half = createConnection(port, "127.0.0.1");
  half.write(
    "POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: 127.0.0.1:" +
      String(port) +
      '\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"name"',
  );
  const events = await fetch(`${url}/api/outpost/v1/events`);
  await sleep(50);
  const before = performance.now();
  const closing = close();
  await sleep(50);
  half.write(':"half"}');
  const answer = await new Promise<string>((resolve) =>
    half.once("data", (bytes: Buffer) => resolve(bytes.toString())),
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200/);
  await closing;
  expect(performance.now() - before).toBeLessThan(10_000); // the event stream was ended, not waited for
  await events.body?.cancel();
});

test("after an unclean end nothing acknowledged is missing and a full check follows", async () => {
  const { start, dataDir, said, admin } = setup();
  const first = await start();
  await createExperiment(first.url, "kept");
  await first.close();
  const db = openWriter(join(dataDir, "outpost.db"));
  db.prepare("UPDATE meta SET value = '0' WHERE key = 'clean_exit'").run(); // as a crash leaves it
  db.close();
  const second = await start();
  expect(said.join()).toMatch(/did not end in order/);
  const asked = await admin();
  await expect.poll(async () => (await asked.run(status, {})).check, { timeout: 10_000 }).toBe("ok");
  expect((await fetch(`${second.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`)).status).toBe(200);
});

test("damage that a check finds stops writes, keeps reads, and makes the next start look first", async () => {
  const { start, dataDir, admin } = setup();
  const host = await start();
  await createExperiment(host.url, "before");
  const db = openWriter(join(dataDir, "outpost.db"));
  db.exec("PRAGMA foreign_keys = OFF; INSERT INTO experiment_tags VALUES (4711, 'k', 'v')"); // points at nothing
  db.close();
  const asked = await admin();
  expect(await asked.run(check, {})).toMatchObject({
    ok: false,
    problems: ["experiment_tags row ? points at nothing in experiments"],
  });
  const refused = await createExperiment(host.url, "after");
  expect([refused.status, await refused.json()]).toMatchObject([
    507,
    { error_code: "RESOURCE_EXHAUSTED", message: expect.stringMatching(/damaged/) },
  ]);
  expect((await fetch(`${host.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=before`)).status).toBe(200);
  expect(await asked.run(status, {})).toMatchObject({ writable: false, check: "failed" });
  await host.close();
  expect(existsSync(join(dataDir, "outpost.db.damaged"))).toBe(true);
  const again = await start();
  expect((await createExperiment(again.url, "after")).status).toBe(507);
  expect((await fetch(`${again.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=before`)).status).toBe(200);
  expect(existsSync(join(dataDir, "outpost.db.damaged"))).toBe(true);
});

test("the port is chosen once and remembered", async () => {
  const { options, dataDir } = setup();
  const free = { ...options, flags: {} };
  const first = await runHost(free, { toPerson: () => {} });
  await first.close();
  expect(first.port).toBeGreaterThanOrEqual(5000);
  const db = openWriter(join(dataDir, "outpost.db"));
  const remembered = "SELECT value FROM meta WHERE key = 'port'";
  expect(db.prepare(remembered).pluck().get()).toBe(String(first.port));
  const { port: other, close } = await setup().start();
  await close();
  db.prepare("UPDATE meta SET value = ? WHERE key = 'port'").run(String(other)); // chosen on another day
  db.close();
  const second = await runHost(free, { toPerson: () => {} });
  await second.close();
  expect(second.port).toBe(other);
});

test("commands go through the host that holds the folder, else they hold it themselves", async () => {
  const { start, admin, dataDir } = setup({ require_token: true });
  const host = await start();
  const remote = await admin();
  const made = await remote.run(createToken, { name: "ci", role: "editor" });
  expect(made.secret).toMatch(/^outpost_/);
  expect((await createExperiment(host.url, "a")).status).toBe(401);
  expect((await createExperiment(host.url, "a", { authorization: `Bearer ${made.secret}` })).status).toBe(200);
  const asEditor = await fetch(`${host.url}/api/outpost/v1/admin/token-list`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${made.secret}` },
    body: "{}",
  });
  expect(asEditor.status).toBe(403);
  await host.close();

  const own = await admin();
  await own.run(revokeToken, { name: "ci" });
  expect((await own.run(listTokens, {})).tokens).toMatchObject([{ name: "ci", revoked_at: expect.any(Number) }]);
  await expect(own.run(createToken, { name: "ci", role: "editor" })).rejects.toMatchObject({ kind: "already_exists" });
  await own.close();
  expect(readFileSync(join(dataDir, "logs", "outpost.log"), "utf8")).not.toContain(made.secret);
});

test("a folder that was copied keeps its identity and is told of it", async () => {
  const { start, dataDir, said } = setup();
  await (await start()).close();
  const db = openWriter(join(dataDir, "outpost.db"));
  db.prepare(
    "UPDATE meta SET value = json_set(value, '$[0].path', '/elsewhere') WHERE key = 'workstation_bindings'",
  ).run();
  db.close();
  await (await start()).close();
  expect(said.join()).toMatch(/was used in another place before/);
  said.length = 0;
  await (await start()).close();
  expect(said).toEqual([]);
});

test("a broken config.yaml stops the start before anything is touched", async () => {
  const { start, dataDir } = setup();
  await (await start()).close();
  writeFileSync(join(dataDir, "config.yaml"), "prot: 1\n");
  await expect(start()).rejects.toThrow(/unknown setting "prot"; did you mean "port"\?/);
});

test("a check that reads the data names a changed artifact; gc counts, and leaves what is young", async () => {
  const { start, dataDir, admin } = setup();
  const first = await start();
  const [, runId] = await newRun(first.url);
  const path = `/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/model.bin`;
  expect((await fetch(`${first.url}${path}`, { method: "PUT", body: "the weights" })).status).toBe(200);
  await first.close(); // with it every short artifact has its file
  const { url } = await start();
  const asked = await admin();
  expect(await asked.run(check, { read_data: true })).toMatchObject({ ok: true, read: { files: 1, bytes: 11 } });

  const blobs = join(dataDir, "artifacts", "blobs");
  const [blob = ""] = readdirSync(blobs, { recursive: true, encoding: "utf8" }).filter((name) => name.length > 60);
  writeFileSync(join(blobs, blob), "the weight5");
  expect(await asked.run(check, { read_data: true })).toMatchObject({
    ok: false,
    problems: [expect.stringMatching(/has changed.*which holds 0\/\w+\/artifacts\/model\.bin/)],
  });
  expect(await asked.run(check, {})).toMatchObject({ ok: true, read: null });

  await fetch(`${url}${path}`, { method: "DELETE" });
  expect(await asked.run(collectGarbage, { dry_run: true })).toEqual({ files: 0, bytes: 0, dryRun: true });
});

const newRun = async (url: string): Promise<[number, string]> => {
  const answer = await fetch(`${url}/api/2.0/mlflow/runs/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ experiment_id: "0" }),
  });
  const { run } = (await answer.json()) as { run: { info: { run_id: string } } };
  return [answer.status, run.info.run_id];
};
