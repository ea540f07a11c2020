/** `outpost remote` and `outpost sync` against another Outpost as an MLflow server. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { setupApi } from "../../helpers/setup-api.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { byHand, CANARY, gitlabToken } from "../../helpers/canary.ts";

/** Each command opens a store of its own, and a machine under load takes its time for that. */
vi.setConfig({ testTimeout: 120_000 });

const RUN = "0123456789abcdef0123456789abcdef";

/** MLflow's file store with one experiment and one run. */
const writeMlruns = (folder: string): void => {
  const run = join(folder, "7", RUN);
  mkdirSync(join(run, "params"), { recursive: true });
  mkdirSync(join(run, "artifacts"));
  writeFileSync(join(folder, "7", "meta.yaml"), "name: seven\nexperiment_id: '7'\nlifecycle_stage: active\n");
  writeFileSync(
    join(run, "meta.yaml"),
    `run_id: ${RUN}\nrun_name: one\nstatus: 3\nstart_time: 1\nend_time: 2\nlifecycle_stage: active\nuser_id: me\n`,
  );
  writeFileSync(join(run, "params", "lr"), "0.1");
  writeFileSync(join(run, "artifacts", "a.txt"), "hello");
};

const setup = async () => {
  const [folder, dataDir] = [temporaryFolder(), temporaryFolder()];
  const far = setupApi();
  await far.app.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${(far.app.server.address() as AddressInfo).port}`;
  const cli = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    process.exitCode = undefined;
    const code = await runCli([...args, "--data-dir", dataDir], {
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      env: {},
    });
    process.exitCode = undefined;
    return { code, out: out.join("\n"), err: err.join("\n") };
  };
  const json = async (...args: string[]) => {
    const { code, out, err } = await cli(...args, "--json");
    return { code, err, value: JSON.parse(out) as Record<string, unknown> };
  };
  const add = (...more: string[]) => cli("remote", "add", "central", "--kind", "mlflow", "--url", url, ...more);
  return { folder, far, url, cli, json, add };
};

test("the first plan waits for a person; once it is accepted, all of it is there, and the next sync writes nothing", async () => {
  const { folder, far, cli, json, add } = await setup();
  writeMlruns(folder);
  await cli("import", "mlruns", folder);
  expect(await add()).toMatchObject({ code: 0, err: "" });
  expect((await cli("remote", "test", "central")).out).toContain("rights: read, search, write, upload, delete");
  expect((await cli("sync", "status")).code).toBe(3);

  const first = await json("sync", "push");
  expect([first.code, first.value]).toMatchObject([3, { outcome: "waiting", remote: "central" }]);
  const { hash } = first.value["plan"] as { hash: string };
  expect((await cli("sync", "push")).out).toContain(`outpost sync apply ${hash}`);
  expect(await far.send("POST", "/api/2.0/mlflow/runs/search", { experiment_ids: ["1"] })).toEqual([200, {}]);

  const applied = await json("sync", "apply", hash);
  expect([applied.code, applied.value]).toMatchObject([
    0,
    { outcome: "done", problem: null, ahead: 0, conflicts: 0, unfinished: [], plan: null },
  ]);
  const [, { runs }] = await far.send("POST", "/api/2.0/mlflow/runs/search", { experiment_ids: ["1"] });
  expect(runs).toMatchObject([{ info: { run_name: "one" }, data: { params: [{ key: "lr", value: "0.1" }] } }]);

  const again = await json("sync", "push");
  expect([again.code, again.value]).toMatchObject([0, { outcome: "done", counts: { writes: 0, pushed: 0 } }]);
  expect((await cli("sync", "status")).code).toBe(0);
});

test("a plan says what would be sent, and --yes accepts the first one", async () => {
  const { folder, cli, json, add } = await setup();
  writeMlruns(folder);
  await cli("import", "mlruns", folder);
  await add();
  const planned = await json("sync", "plan");
  expect(planned.code).toBe(0);
  expect(planned.value["items"]).toContainEqual(
    expect.objectContaining({ direction: "push", action: "create", kind: "run", label: "one" }),
  );
  expect((await cli("sync", "plan")).out).toMatch(/to send: \d+ objects.*1 files/);
  expect((await cli("sync", "push", "--yes")).code).toBe(0);
});

test("a remote out of reach is exit code 4, for a test and for a sync", async () => {
  const { cli, json } = await setup();
  await cli("remote", "add", "away", "--kind", "mlflow", "--url", "http://127.0.0.1:1");
  const tested = await cli("remote", "test", "away");
  expect([tested.code, tested.err.split("\n").length]).toEqual([4, 1]);
  const synced = await json("sync", "push", "--yes");
  expect([synced.code, synced.value["outcome"]]).toEqual([4, "offline"]);
});

test("a token file that others can read is refused with the way out, and a private one is named, never read out", async () => {
  const { folder, cli, json, add } = await setup();
  const file = byHand(folder, `${gitlabToken()}\n`, 0o644);
  chmodSync(file, 0o644);
  const refused = await add("--token-file", file);
  if (process.platform !== "win32") {
    expect(refused.code).toBe(1);
    expect(refused.err).toBe(`outpost: The token file ${file} can be read by others: run chmod 600 on it`);
  }
  chmodSync(file, 0o600);
  expect((await add("--token-file", file)).code).toBe(0);
  const listed = await json("remote", "list");
  expect(listed.value["remotes"]).toMatchObject([{ name: "central", token_place: `file:${file}` }]);
  expect(JSON.stringify(listed.value)).not.toContain(CANARY);
  expect((await cli("remote", "remove", "central")).code).toBe(0);
  expect((await json("remote", "list")).value["remotes"]).toEqual([]);
});

test("settings of a remote are taken from flags, and wrong ones are refused by name", async () => {
  const { json, add, cli } = await setup();
  await add(
    "--mode",
    "auto",
    "--files",
    "all",
    "--class-max",
    "official",
    "--required-tag",
    "a",
    "--required-tag",
    "b",
  );
  expect((await json("remote", "list")).value["remotes"]).toMatchObject([
    { mode: "auto", files: "all", class_max: "official", required_tags: ["a", "b"] },
  ]);
  expect((await add("--mode", "sometimes")).code).toBe(2);
  expect((await add("--up-limit", "-1")).code).not.toBe(0);
  expect((await cli("sync", "push", "--remote", "nobody")).err).toContain("No remote 'nobody': there is central");
});

test("without a remote, and with a conflict that is none, the line says what to do", async () => {
  const { cli, json, add } = await setup();
  expect((await cli("remote", "list")).code).toBe(1); // there is no store yet
  await add();
  await cli("remote", "remove", "central");
  expect((await cli("sync", "pull")).err).toBe("outpost: There is no remote yet: outpost remote add makes one known");
  expect((await json("sync", "conflicts")).value).toEqual({ conflicts: [] });
  expect((await cli("sync", "resolve", "x", "--take", "local")).code).toBe(1);
  expect((await cli("sync", "resolve", "77", "--take", "local")).code).toBe(1);
});
