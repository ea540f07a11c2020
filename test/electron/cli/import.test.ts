import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const RUN = "0123456789abcdef0123456789abcdef";

/** The smallest folder of MLflow's file store: one experiment with one run. */
const setup = () => {
  const [folder, dataDir] = [temporaryFolder(), temporaryFolder()];
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
  return { folder, run, cli };
};

test("an import makes the store where there is none, says what it did, and does it once", async () => {
  const { folder, cli } = setup();
  const first = await cli("import", "mlruns", folder);
  expect([first.code, first.err]).toEqual([0, ""]);
  expect(first.out).toMatch(/^experiments: 1 new.*\nruns: 1 new.*\n[^]*artifacts: 1 file, 0\.0 MB$/);
  const second = await cli("import", "mlruns", folder, "--json");
  expect(JSON.parse(second.out)).toMatchObject({
    runs: { new: 0, present: 1 },
    artifacts: { files: 0, bytes: 0 },
    problems: [],
  });
});

test("what could not be carried is named, and the exit code is 1", async () => {
  const { folder, run, cli } = setup();
  writeFileSync(join(run, "meta.yaml"), "- no map");
  const { code, out } = await cli("import", "mlruns", folder);
  expect(code).toBe(1);
  expect(out).toContain(`not carried: run ${RUN}: it cannot be read: it is not a map`);
});

test("what is no store is one line and exit code 1", async () => {
  const { folder, cli } = setup();
  for (const [args, line] of [
    [["mlruns", join(folder, "nowhere")], /^outpost: There is no folder/],
    [["mlflow-db", join(folder, "7", "meta.yaml")], /^outpost: .*cannot be read as an SQLite database$/],
  ] as const) {
    const { code, err } = await cli("import", ...args);
    expect([code, err.split("\n").length]).toEqual([1, 1]);
    expect(err).toMatch(line);
  }
});
