import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPolicy } from "../../../../electron/host/policy/policy.ts";
import { lockableNames } from "../../../../electron/host/settings.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";
import { ownUid, setupPolicy } from "./setup-policy.ts";

const refusal = async (read: Promise<unknown>): Promise<string> => {
  const error: unknown = await read.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: "DomainError" });
  const { message } = error as Error;
  expect(message).not.toContain("\n");
  expect(message).toMatch(/Outpost starts when an administrator has corrected this policy$/);
  return message;
};

test("a machine without a policy locks nothing", async () => {
  expect(await readPolicy({}, setupPolicy().system)).toBeUndefined();
});

test("a policy locks what it names, in each setting's own type", async () => {
  const { system, file } = setupPolicy(
    "require_token: yes\nport: 5005\nallowed_hosts: [gpu.example:8080]\nlog_level: debug\n",
  );
  const policy = await readPolicy({}, system);
  expect(policy?.place).toBe(file);
  expect(Object.fromEntries(policy?.locks ?? [])).toEqual({
    require_token: true,
    port: 5005,
    allowed_hosts: ["gpu.example:8080"],
    log_level: "debug",
  });
});

test("every setting can be locked", async () => {
  const values: Record<string, unknown> = {
    data_dir: "/srv/outpost",
    host: "127.0.0.1",
    port: 5005,
    allowed_hosts: [],
    require_token: true,
    log_level: "warn",
    update_key: "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=",
    update_feed: "https://files.example/outpost/",
  };
  const yaml = lockableNames.map((name) => `${name}: ${JSON.stringify(values[name] ?? 3)}`).join("\n");
  const plain = yaml.replace("backup_daily: 3", "backup_daily: true");
  const policy = await readPolicy({}, setupPolicy(plain).system);
  expect([...(policy?.locks.keys() ?? [])]).toEqual([...lockableNames]);
});

test("an empty policy is a policy: nobody can bring another", async () => {
  const { system } = setupPolicy("# nothing is locked here\n");
  const own = setupPolicy("port: 5005\n");
  const policy = await readPolicy({ OUTPOST_POLICY_FILE: own.file }, system);
  expect(policy?.locks.size).toBe(0);
  expect(policy?.warnings).toEqual([`OUTPOST_POLICY_FILE is ignored: the policy of this machine is ${system.file}`]);
});

test("a variable names a policy where the machine has none", async () => {
  const own = setupPolicy("port: 5005\n");
  const policy = await readPolicy({ OUTPOST_POLICY_FILE: own.file }, setupPolicy().system);
  expect(policy).toMatchObject({ place: own.file, warnings: [] });
  expect(policy?.locks.get("port")).toBe(5005);
});

test("a variable that names no file stops the start", async () => {
  const read = readPolicy({ OUTPOST_POLICY_FILE: "/nowhere/policy.yaml" }, setupPolicy().system);
  expect(await refusal(read)).toMatch(/OUTPOST_POLICY_FILE names \/nowhere\/policy\.yaml, which does not exist/);
});

test.each([
  ["prot: 5000", /unknown setting "prot"; did you mean "port"\?/],
  ["data-dir: /srv", /unknown setting "data-dir"; did you mean "data_dir"\?/],
  ["remotes: []", /unknown setting "remotes"; known settings: data_dir, host, port,/],
  ["port: many", /port: "many" will not do: it must be a whole number/],
  ["port: 0", /port: 0 stands for any port and locks none/],
  ["require_token:", /require_token: null will not do: it must be true or false/],
  ["log_level: loud", /it must be one of trace,/],
  ["data_dir: 7", /data_dir: 7 will not do: it must be a text/],
  ["data_dir: outpost", /data_dir: "outpost" will not do: it must be an absolute path/],
  ["data_dir: $HOME/outpost", /variables are not expanded/],
  ["data_dir: '%LOCALAPPDATA%\\Outpost'", /variables are not expanded/],
  ["port: [", /is not valid YAML: .* line 1/],
  ["- port", /must hold one setting a line/],
])("a policy that says %j stops the start in one line with the way out", async (yaml, reason) => {
  const { system, file } = setupPolicy(yaml);
  const message = await refusal(readPolicy({}, system));
  expect(message).toMatch(reason);
  expect(message).toContain(file);
});

test("~ and {user} are the system's words for the user, not a variable's", async () => {
  const { system } = setupPolicy("data_dir: ~/work/{user}\n");
  const policy = await readPolicy({ HOME: "/elsewhere", USER: "other" }, system);
  expect(policy?.locks.get("data_dir")).toBe("/home/mira/work/mira");
});

test("a foreign owner's file binds nobody", async () => {
  const { system } = setupPolicy("port: 5005\n", { administrator: ownUid + 1 });
  expect(await refusal(readPolicy({}, system))).toMatch(new RegExp(`belongs to user ${ownUid} and binds nobody`));
  const named = setupPolicy("port: 5005\n").file;
  const stranger = setupPolicy(undefined, { administrator: ownUid + 1, uid: ownUid + 2 }).system;
  expect(await refusal(readPolicy({ OUTPOST_POLICY_FILE: named }, stranger))).toMatch(/belongs to user/);
});

test.each(["666", "664", "646"])("a file of mode %s, which others can write, is refused", async (mode) => {
  const { system, file } = setupPolicy("port: 5005\n");
  chmodSync(file, Number.parseInt(mode, 8));
  expect(await refusal(readPolicy({}, system))).toMatch(/can be written by others and binds nobody: run chmod 644/);
});

test("a folder that others can write is refused: they could put another file there", async () => {
  const { system, folder } = setupPolicy("port: 5005\n");
  chmodSync(folder, 0o777);
  expect(await refusal(readPolicy({}, system))).toMatch(/can be written by others and binds nobody: run chmod 755/);
  chmodSync(folder, 0o1777);
  expect((await readPolicy({}, system))?.locks.size).toBe(1);
});

test("a link is judged by what it points at", async () => {
  const { system, folder, file } = setupPolicy();
  const open = join(temporaryFolder(), "open");
  mkdirSync(open);
  writeFileSync(join(open, "policy.yaml"), "port: 5005\n");
  chmodSync(open, 0o777);
  symlinkSync(join(open, "policy.yaml"), file);
  expect(await refusal(readPolicy({}, system))).toContain(open);
  expect(folder).not.toBe(open);
});

test("what is no file in the policy's place stops the start", async () => {
  const { system, file } = setupPolicy();
  mkdirSync(file);
  expect(await refusal(readPolicy({}, system))).toMatch(/policy\.yaml is no file/);
});

test("the administrators' page shows how to lock every setting, by examples that hold", async () => {
  const page = readFileSync(new URL("../../../../docs/administrators.md", import.meta.url), "utf8");
  const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? "";
  const inRegistry = [...block("reg").matchAll(/^"(\w+)"=/gm)].map(([, name]) => name ?? "");
  expect(inRegistry.sort()).toEqual([...lockableNames].sort());
  const policy = await readPolicy({}, setupPolicy(block("yaml")).system);
  expect(policy?.locks.get("data_dir")).toBe("/scratch/mira/outpost");
});
