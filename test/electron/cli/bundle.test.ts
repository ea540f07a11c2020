import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { runCli } from "../../../electron/cli/run.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";
import { byHand, password } from "../../helpers/canary.ts";

const RUN = "0123456789abcdef0123456789abcdef";

/** One run with a file in MLflow's file store. */
const makeRuns = (): string => {
  const folder = temporaryFolder();
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
  return folder;
};

const setup = () => {
  const dataDir = temporaryFolder();
  const cli = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    process.exitCode = undefined;
    const code = await runCli([...args, "--data-dir", dataDir], {
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      env: {},
    });
    const ended = process.exitCode ?? code;
    process.exitCode = undefined;
    return { code: ended, out: out.join("\n"), err: err.join("\n") };
  };
  const json = async (...args: string[]) => {
    const { code, out, err } = await cli(...args, "--json");
    expect(err).toBe("");
    const value: unknown = JSON.parse(out);
    return { code, value };
  };
  return { dataDir, cli, json };
};

/** Ctrl-C, as soon as a command listens for it. */
const interruptSoon = async (): Promise<void> => {
  const before = process.listenerCount("SIGINT");
  await vi.waitFor(() => expect(process.listenerCount("SIGINT")).toBeGreaterThan(before), {
    timeout: 20_000,
    interval: 1,
  });
  process.emit("SIGINT");
};

const textOf = (value: unknown, key: string): string => {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === "string" ? found : "";
};
const onlyFile = (folder: string): string => join(folder, readdirSync(folder)[0] ?? "");

test("a bundle goes to another machine by hand, is looked at, trusted, taken in, and its receipt comes back", async () => {
  const [home, lab] = [setup(), setup()];
  await home.cli("import", "mlruns", makeRuns());
  const [out, back] = [temporaryFolder(), temporaryFolder()];
  const made = await home.cli("bundle", "create", "--run", RUN, "--to", "lab", "--out", out);
  expect([made.code, made.err]).toEqual([0, ""]);
  expect(made.out).toContain("read back and verified");
  expect(made.out).toContain("1 experiment, 1 run;");
  const file = onlyFile(out);

  const seen = await lab.cli("bundle", "verify", file);
  expect(seen.code).toBe(3);
  expect(seen.out).toContain("a key that is NOT known here");
  const refused = await lab.cli("bundle", "import", file, "--yes");
  expect([refused.code, refused.err]).toEqual([
    1,
    expect.stringContaining("is whole, but signed with a key that is not known here"),
  ]);
  const wrong = await lab.cli("bundle", "import", file, "--yes", "--trust", "SHA256:other");
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("not with the key that you trust")]);
  expect(existsSync(join(lab.dataDir, "trusted-bundle-keys"))).toBe(false);

  const key = textOf((await home.json("bundle", "key")).value, "fingerprint");
  const looked = await lab.cli("bundle", "import", file, "--trust", key);
  expect(looked.code).toBe(3);
  expect(looked.out).toContain("2 new, 0 changed, 0 identical, 0 in conflict, 0 blocked");
  const taken = await lab.cli("bundle", "import", file, "--yes");
  expect([taken.code, taken.err]).toEqual([0, ""]);
  expect(taken.out).toContain("2 objects and 1 files taken in");
  const again = await lab.json("bundle", "import", file, "--yes");
  expect(again).toMatchObject({ code: 0, value: { report: { pulled: 0, files: 0, difference: { identical: 2 } } } });
  expect(readdirSync(join(lab.dataDir, "bundles", "staging"))).toEqual([]);
  expect((await lab.cli("bundle", "verify", file)).code).toBe(0);

  const sender = textOf(again.value && Reflect.get(again.value, "report"), "peer");
  expect((await lab.cli("bundle", "receipt", sender, "--out", back)).code).toBe(0);
  const labKey = textOf((await lab.json("bundle", "key")).value, "fingerprint");
  const settled = await home.cli("bundle", "import", onlyFile(back), "--trust", labKey);
  expect([settled.code, settled.out]).toEqual([
    0,
    "receipt of lab: 2 settled, 0 known before, 0 changed since, 0 not here",
  ]);
  const empty = await home.cli("bundle", "create", "--run", RUN, "--to", "lab", "--out", out);
  expect([empty.code, empty.err]).toEqual([1, expect.stringContaining("There is nothing to carry")]);
}, 60_000);

test("a changed byte is refused with the file named, and a machine's ceiling by the bundle's name", async () => {
  const [home, lab] = [setup(), setup()];
  await home.cli("import", "mlruns", makeRuns());
  const out = temporaryFolder();
  await home.cli(
    "bundle",
    "create",
    "--all",
    "--out",
    out,
    "--passphrase-file",
    writeSecret(password("correct horse ")),
  );
  const sealed = onlyFile(out);
  expect(sealed).toMatch(/\.tar\.sealed$/);
  const locked = await lab.cli("bundle", "verify", sealed);
  expect([locked.code, locked.err]).toEqual([1, expect.stringContaining("sealed with a passphrase")]);
  const opened = await lab.cli(
    "bundle",
    "verify",
    sealed,
    "--passphrase-file",
    writeSecret(password("correct horse ")),
  );
  expect(opened.code).toBe(3);
  const clear = temporaryFolder();
  await home.cli("bundle", "create", "--all", "--out", clear);
  const tar = onlyFile(clear);
  const key = textOf((await home.json("bundle", "key")).value, "fingerprint");
  const high = await lab.cli("bundle", "import", tar, "--trust", key, "--yes", "--class-max", "official");
  expect([high.code, high.err]).toEqual([1, expect.stringContaining("is classified 'unclassified'")]);
  const bytes = readFileSync(tar);
  const at = bytes.indexOf("hello");
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(tar, bytes);
  const bad = await lab.cli("bundle", "import", tar, "--trust", key, "--yes");
  expect([bad.code, bad.err]).toEqual([1, expect.stringContaining("data/blobs/")]);
}, 60_000);

const writeSecret = (text: string): string => byHand(temporaryFolder(), `${text}\n`);

test("what cannot be is said on one line", async () => {
  const { cli } = setup();
  await cli("import", "mlruns", makeRuns());
  for (const [args, line] of [
    [["create"], "Name what to carry"],
    [["create", "--model", "nobody"], "There is no model 'nobody'"],
    [["create", "--all", "--out", "/nowhere/at/all"], "There is no folder"],
    [["verify", "/nowhere.tar"], "There is no '/nowhere.tar'"],
    [["receipt", "nobody"], "No workstation 'nobody'"],
    [["key", "--forget", "SHA256:x"], "is trusted here"],
  ] as const) {
    const { code, err } = await cli("bundle", ...args);
    expect([code, err]).toEqual([1, expect.stringContaining(line)]);
  }
}, 60_000);

test("Ctrl-C ends making, checking and taking in cleanly: exit code 130, nothing half done is left", async () => {
  const [home, lab] = [setup(), setup()];
  const runs = makeRuns();
  writeFileSync(join(runs, "7", RUN, "artifacts", "a.txt"), Buffer.alloc(64 * 1024 * 1024, 1)); // long enough to be stopped
  await home.cli("import", "mlruns", runs);
  const out = temporaryFolder();
  const create = ["bundle", "create", "--run", RUN, "--out", out] as const;
  const [, stopped] = await Promise.all([interruptSoon(), home.cli(...create)]);
  expect(stopped).toEqual({ code: 130, out: "", err: "outpost: cancelled: no bundle was made" });
  expect(readdirSync(out)).toEqual([]);

  expect((await home.cli(...create)).code).toBe(0);
  const file = onlyFile(out);
  const [, unchecked] = await Promise.all([interruptSoon(), lab.cli("bundle", "verify", file)]);
  expect([unchecked.code, unchecked.out]).toEqual([130, ""]);
  const key = textOf((await home.json("bundle", "key")).value, "fingerprint");
  const taking = ["bundle", "import", file, "--trust", key, "--yes"] as const;
  const [, untaken] = await Promise.all([interruptSoon(), lab.cli(...taking)]);
  expect([untaken.code, untaken.err]).toEqual([130, expect.stringContaining("importing it again takes in the rest")]);
  expect(readdirSync(join(lab.dataDir, "bundles", "staging"))).toEqual([]);
  expect((await lab.cli(...taking)).out).toContain("2 objects and 1 files taken in");
});
