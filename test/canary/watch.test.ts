/** Nothing that a test does can slip past: a folder that goes, what a process says, a database that was never a file. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { CANARY, gitlabToken } from "../helpers/canary.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";
import { bait } from "./removals.ts";

const TOKEN = gitlabToken("developer");
const watched = (name: string): string => join(import.meta.dirname, name);

/** Runs the code in a process of its own, watched as a test file is; what its watchers were told. */
const leaksOf = async (code: string): Promise<{ leaks: string[]; ledger: string }> => {
  const folder = bait(temporaryFolder());
  const script = join(folder, "script.ts");
  const ledger = join(folder, "ledger");
  writeFileSync(
    script,
    `import { watchChildren } from ${JSON.stringify(watched("children.ts"))};
     import { watchMemoryDatabases } from ${JSON.stringify(watched("memory-databases.ts"))};
     import { watchRemovals } from ${JSON.stringify(watched("removals.ts"))};
     import { createRequire } from "node:module";
     const require = createRequire(${JSON.stringify(import.meta.filename)});
     const leaks = [];
     const keep = (more) => leaks.push(...more);
     watchRemovals(keep);
     watchChildren(keep);
     const lookAtMemory = watchMemoryDatabases(keep);
     const token = ["glpat-", ...${JSON.stringify(Array.from(CANARY))}].join("");
     ${code}
     process.stdout.write(JSON.stringify(leaks));`,
  );
  const env = { ...process.env, CANARY_LEDGER: ledger, TMPDIR: folder, TEMP: folder, TMP: folder };
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
  return { leaks: JSON.parse(stdout) as string[], ledger };
};

test.each([
  ["rmSync", "fs.rmSync(folder, { recursive: true });"],
  ["a promise", "await fs.promises.rm(folder, { recursive: true });"],
])("a folder that goes by %s is looked through before, and noted", async (_how, remove) => {
  const { leaks, ledger } = await leaksOf(`
    const fs = await import("node:fs");
    const folder = process.env.TMPDIR + "/mine";
    fs.mkdirSync(folder + "/logs", { recursive: true });
    fs.writeFileSync(folder + "/logs/outpost.log", "the token is " + token);
    ${remove}
    if (fs.existsSync(folder)) throw new Error("it is still there");
  `);
  expect(leaks).toEqual(["mine/logs/outpost.log: plain"]);
  expect(JSON.parse(readFileSync(ledger, "utf8"))).toMatchObject({ folders: 1, files: 1, leaks });
});

test("a folder within one is not looked through twice, and one that is not there is no trouble", async () => {
  const { leaks } = await leaksOf(`
    const fs = await import("node:fs");
    const folder = process.env.TMPDIR + "/mine/inner";
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(folder + "/a", token);
    fs.rmSync(folder, { recursive: true });
    fs.rmSync(process.env.TMPDIR + "/none", { recursive: true, force: true });
  `);
  expect(leaks).toEqual([]);
});

test.each([
  ["stdout", "process.stdout.write('glpat-' + process.env.SECRET)"],
  ["stderr", "throw new Error(process.env.SECRET)"],
  [
    "stdout",
    "process.stdout.write(process.env.SECRET.slice(0, 5)); setTimeout(() => process.stdout.write(process.env.SECRET.slice(5)), 50)",
  ],
])("what a process says on %s: %s", async (stream, says) => {
  const { leaks } = await leaksOf(`
    const { spawn } = await import("node:child_process");
    const env = { ...process.env, SECRET: token.slice(6) };
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(says)}], { env });
    child.stdout.resume();
    child.stderr.resume();
    await new Promise((resolve) => child.once("close", resolve));
  `);
  expect([...new Set(leaks)]).toEqual([`${stream} of node: plain`]);
});

test.each([
  ["that is closed", "db.close();"],
  ["that stays open", "lookAtMemory();"],
])("a database in memory %s", async (_how, ends) => {
  const { leaks } = await leaksOf(`
    const Sqlite = require("better-sqlite3");
    const db = new Sqlite(":memory:");
    db.exec("CREATE TABLE jobs (error TEXT)");
    db.prepare("INSERT INTO jobs VALUES (?)").run("no access with " + token);
    ${ends}
  `);
  expect(leaks).toEqual(["a database in memory: jobs.error: plain"]);
});

test("the closing line sums up what was looked at before, what is left and what was said, and fails for a leak", async () => {
  const folder = bait(temporaryFolder());
  const [left, output, ledger] = [join(folder, "left"), join(folder, "output"), join(folder, "ledger")];
  mkdirSync(join(left, "one"), { recursive: true });
  mkdirSync(output);
  writeFileSync(join(output, "unit"), "all is well");
  writeFileSync(
    ledger,
    `${JSON.stringify({ folders: 2, files: 5, bytes: 1024 ** 2, databases: 1, unread: 0, leaks: [] })}\n`,
  );
  const close = () =>
    promisify(execFile)(process.execPath, [watched("main.ts"), left, ledger, output]).then(
      ({ stdout }) => [0, stdout],
      (error: unknown) => {
        if (error instanceof Error && "code" in error && "stdout" in error) return [error.code, error.stdout];
        throw error;
      },
    );
  expect(await close()).toEqual([0, "canary scan: 3 folders, 6 files, 1 MiB, 1 databases (0 damaged or locked by a test), 0 leaks\n"]); // prettier-ignore
  writeFileSync(join(left, "one", "a.log"), TOKEN);
  writeFileSync(join(output, "e2e"), `AssertionError: expected ${TOKEN}`);
  const [code, said] = await close();
  expect(code).toBe(1);
  expect(said).toContain("a secret was written to one/a.log: plain\n");
  expect(said).toContain("a secret was written to output of the runners: e2e: plain\n");
  expect(said).not.toContain(CANARY);
});
