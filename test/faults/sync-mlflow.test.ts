/**
 * A host pushes to the real `mlflow server` while both are killed; then a fresh host pulls. FULL_ROUNDS=1 plays 200 runs
 * and 20 models with 5 versions each.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { runCli } from "../../electron/cli/run.ts";
import type { RemoteObject } from "../../electron/remote/remote.ts";
import { mlflowRemote } from "../helpers/mlflow-remote.ts";
import { startOutpost } from "../helpers/outpost-process.ts";
import { hasVenv, startMlflow } from "../helpers/python.ts";
import { freePort, type ServerProcess } from "../helpers/server-process.ts";
import { seed, snapshot, type Size } from "./peer.ts";

const isFull = process.env["FULL_ROUNDS"] !== undefined;
const size: Size = isFull ? { runs: 200, models: 20, versions: 5 } : { runs: 8, models: 2, versions: 2 };
const rounds = isFull ? 10 : 3;
const folder = mkdtempSync(join(tmpdir(), "outpost-sync-mlflow-"));
/** Ends what runs last, whatever the test came to. */
const ends = new Map<"server" | "here" | "fresh", () => Promise<unknown>>();
afterAll(async () => {
  for (const end of ends.values()) await end();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** `mlflow server` is a process that starts another one, which holds the port. */
const killAll = async (server: ServerProcess): Promise<void> => {
  const list = `/proc/${server.pid}/task/${server.pid}/children`;
  const children = existsSync(list) ? readFileSync(list, "utf8").trim().split(" ") : []; // it may be gone already
  await server.kill();
  for (const child of children) if (child !== "") process.kill(Number(child), "SIGKILL");
  await sleep(100);
};

const cli = async (dataDir: string, ...args: string[]) => {
  const [out, err]: [string[], string[]] = [[], []];
  process.exitCode = undefined;
  const terminal = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), env: {} };
  const code = await runCli([...args, "--data-dir", dataDir], terminal);
  process.exitCode = undefined;
  return { code, out: out.join("\n"), err: err.join("\n") };
};

/** The server ends each request of these tests at once: a lost answer need not be waited for a minute. */
const settleSoon = (dataDir: string): void => {
  const db = new DatabaseSync(join(dataDir, "outpost.db"), { timeout: 10_000 });
  db.exec("UPDATE remotes SET settle_ms = 1000");
  db.close();
};

const startHost = async (name: "here" | "fresh"): Promise<ServerProcess> => {
  const host = await startOutpost({ dataDir: join(folder, name) });
  ends.set(name, host.stop);
  return host;
};

const startServer = async (port: number): Promise<ServerProcess> => {
  const server = await startMlflow(join(folder, "mlflow"), port);
  ends.set("server", () => killAll(server));
  return server;
};

/** A host whose remote is the server; it runs. */
const hostOf = async (name: "here" | "fresh", url: string, ...options: string[]): Promise<ServerProcess> => {
  const dataDir = join(folder, name);
  const added = await cli(dataDir, "remote", "add", "central", "--kind", "mlflow", "--url", url, ...options);
  expect([added.code, added.err]).toEqual([0, ""]);
  settleSoon(dataDir);
  return startHost(name);
};

/** Syncs until all is done; each attempt goes on where the last one ended. */
const syncUntilDone = async (dataDir: string, way: "push" | "pull"): Promise<void> => {
  const told: string[] = [];
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { code, out, err } = await cli(dataDir, "sync", way, "--yes", "--json");
    if (code === 0) return;
    told.push(`${code} ${out} ${err}`);
  }
  throw new Error(`the ${way} did not end:\n${told.join("\n")}`);
};

/** Everything there, by kind; an object whose marker comes twice fails. */
const farSide = async (url: string): Promise<{ objects: Record<string, number>; files: number }> => {
  const remote = mlflowRemote(url);
  const all: RemoteObject[] = [];
  const list = async (stream: Parameters<typeof remote.list>[0]): Promise<RemoteObject[]> => {
    const found: RemoteObject[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await remote.list(stream, cursor);
      found.push(...page.objects);
      if (page.next === undefined) return found;
      cursor = page.next;
    }
  };
  for (const experiment of await list({ of: "experiments" }))
    all.push(experiment, ...(await list({ of: "runs", experiment: experiment.id })));
  all.push(...(await list({ of: "registry" })));
  const markers = all.flatMap(({ fields }) => fields["tag/outpost.origin"] ?? []);
  expect(markers.filter((each, at) => markers.indexOf(each) !== at)).toEqual([]);
  const objects: Record<string, number> = {};
  let files = 0;
  for (const { kind, id, name } of all) {
    if (kind === "experiment" && name === "Default") continue;
    objects[kind] = (objects[kind] ?? 0) + 1;
    const found = kind === "run" || kind === "model_version" ? await remote.files({ kind, id }) : [];
    files += found.filter(({ path }) => !path.startsWith("outpost-provenance.")).length;
  }
  remote.close();
  return { objects, files };
};

const missing = !hasVenv() ? "no virtual environment with MLflow" : process.platform === "linux" ? "" : "no /proc";

test.skipIf(missing !== "")(
  `pushed to the real server under ${rounds} × kill -9 of either side, then pulled into a fresh folder: all of it, once${missing && ` (skipped: ${missing})`}`,
  async () => {
    const port = await freePort();
    let server = await startServer(port);
    const [here, fresh] = [join(folder, "here"), join(folder, "fresh")];
    let host = await hostOf("here", server.url);
    await seed(host.url, size);

    for (let round = 0; round < rounds; round += 1) {
      const syncing = cli(here, "sync", "push", "--yes");
      await sleep(500 + Math.random() * 1500); // a moment that no schedule knows
      if (round % 2 === 0) {
        await host.kill();
        await syncing;
        host = await startHost("here");
      } else {
        await killAll(server);
        server = await startServer(port);
        await syncing;
      }
    }
    await syncUntilDone(here, "push");

    const { runs, models, versions } = size;
    expect(await farSide(server.url)).toEqual({
      objects: { experiment: 2, run: runs, registered_model: models, model_version: models * versions },
      files: runs * 2 + models * versions,
    });

    const other = await hostOf("fresh", server.url, "--files", "all");
    await syncUntilDone(fresh, "pull");
    expect(await snapshot(other.url, size)).toEqual(await snapshot(host.url, size));

    const again = await cli(here, "sync", "push", "--json");
    expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { outcome: "done", counts: { writes: 0 } }]);
  },
  isFull ? 3_600_000 : 600_000,
);
