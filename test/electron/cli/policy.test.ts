import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const setup = (yaml: string) => {
  const folder = temporaryFolder();
  const policy = join(folder, "policy.yaml");
  writeFileSync(policy, yaml, { mode: 0o600 });
  const run = async (args: readonly string[], env: Record<string, string> = {}) => {
    const out: string[] = [];
    const err: string[] = [];
    process.exitCode = undefined;
    const terminal = {
      out: (line: string) => void out.push(line),
      err: (line: string) => void err.push(line),
      env: { OUTPOST_POLICY_FILE: policy, ...env },
    };
    const code = await runCli(args, terminal);
    process.exitCode = undefined;
    return { code, out, err };
  };
  return { folder, policy, run };
};

test("a command works in the locked data folder, and in no other", async () => {
  const where = temporaryFolder();
  const { run, policy } = setup(`data_dir: ${where}/data\n`);
  expect((await run(["token", "create", "ci"])).code).toBe(0);
  const { out } = await run(["status", "--json"]);
  expect(JSON.parse(out[0] ?? "{}")).toMatchObject({
    data_dir: `${where}/data`,
    data_dir_origin: "policy",
    policy,
    exists: true,
  });
  for (const args of [["status"], ["check"], ["serve", "--port", "0"]]) {
    const refused = await run([...args, "--data-dir", join(where, "mine")]);
    expect(refused.code).toBe(1);
    expect(refused.err).toEqual([
      `outpost: --data-dir "${where}/mine" is refused: data_dir is locked to "${where}/data" by the administrators' policy ${policy}. Start without --data-dir`,
    ]);
  }
});

test("a start that wants no tokens under a policy that does is refused with exit code 1", async () => {
  const { run, folder } = setup("require_token: true\n");
  const refused = await run(["serve", "--data-dir", join(folder, "data"), "--port", "0", "--require-token", "no"]);
  expect(refused).toMatchObject({ code: 1, out: [] });
  expect(refused.err).toEqual([expect.stringMatching(/^outpost: --require-token false is refused: require_token is/)]);
});

test("a policy that cannot be understood stops every command in one line", async () => {
  const { run, folder } = setup("require_tokn: true\n");
  for (const args of [["serve", "--port", "0"], ["status"], ["backup"], ["token", "list"]]) {
    const refused = await run([...args, "--data-dir", join(folder, "data")]);
    expect(refused).toMatchObject({ code: 1, out: [] });
    expect(refused.err).toEqual([
      expect.stringMatching(
        /^outpost: .*unknown setting "require_tokn"; did you mean "require_token"\? Outpost starts/,
      ),
    ]);
  }
});

test("what a lock overrules is said on stderr, also where the log is to be silent", async () => {
  const { run, folder, policy } = setup("log_level: silent\nbackup_keep_last: 9\n");
  const { code, err } = await run(["token", "create", "ci", "--data-dir", join(folder, "data")], {
    OUTPOST_BACKUP_KEEP_LAST: "1",
  });
  expect(code).toBe(0);
  expect(err).toContain(
    `outpost: warning: OUTPOST_BACKUP_KEEP_LAST 1 has no effect: backup_keep_last is locked to 9 by the administrators' policy ${policy}`,
  );
});
