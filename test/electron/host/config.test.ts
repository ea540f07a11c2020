import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nearest, readConfig } from "../../../electron/host/config.ts";
import { flagOf, settingNames, variableOf } from "../../../electron/host/settings.ts";
import { CANARY, password } from "../../helpers/canary.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

const setup = (yaml?: string) => {
  const file = join(temporaryFolder(), "config.yaml");
  if (yaml !== undefined) writeFileSync(file, yaml);
  return (flags: Record<string, unknown> = {}, env: Record<string, string> = {}) => readConfig({ flags, env, file });
};

test("a flag wins over a variable, a variable over config.yaml, the file over the default", async () => {
  const read = setup("port: 1003\nlog_level: debug\nbackup_keep_last: 9\n");
  const { settings, origins } = await read({ port: "1001" }, { OUTPOST_PORT: "1002", OUTPOST_LOG_LEVEL: "warn" });
  expect(settings).toMatchObject({ port: 1001, log_level: "warn", backup_keep_last: 9, backup_keep_daily: 7 });
  expect([origins.get("port"), origins.get("log_level"), origins.get("backup_keep_daily")]).toEqual([
    "--port",
    "OUTPOST_LOG_LEVEL",
    "default",
  ]);
});

test("without flags, variables and a file the defaults hold, and the port stays open", async () => {
  const { settings } = await setup()();
  expect(settings).toMatchObject({ host: "localhost", require_token: false, allowed_hosts: [], log_level: "info" });
  expect(settings.port).toBeUndefined();
});

test("an empty file and one of comments are no settings", async () => {
  expect((await setup("")()).settings.log_level).toBe("info");
  expect((await setup("# nothing\n")()).settings.log_level).toBe("info");
});

test("words of the command line become the setting's type", async () => {
  const { settings } = await setup()(
    { require_token: true, allowed_hosts: "gpu.example:8080, localhost:9000" },
    { OUTPOST_BACKUP_DAILY: "no" },
  );
  expect(settings).toMatchObject({
    require_token: true,
    backup_daily: false,
    allowed_hosts: ["gpu.example:8080", "localhost:9000"],
  });
});

test.each([
  ["prot: 5000", /unknown setting "prot"; did you mean "port"\?/],
  ["alowed-hosts: []", /did you mean "allowed_hosts"\?/],
  ["zzzzzzzzzzzz: 1", /unknown setting "zzzzzzzzzzzz"; known settings: host, port,/],
  ["data_dir: /x", /--data-dir or OUTPOST_DATA_DIR/],
  ["port: many", /port: "many" will not do: it must be a whole number from 0 to 65535/],
  ["port: 70000", /0 to 65535/],
  ["host: 0.0.0.0", /host: "0.0.0.0" will not do: it must be one of localhost, 127.0.0.1/],
  ["require_token: maybe", /true or false/],
  ["allowed_hosts: [ok:1, 'a b']", /host:port/],
  [
    "update_key: MCowBQYDK2VwAyEAshort=",
    /update_key: its value will not do: it must be the one line between BEGIN and END/,
  ],
  ["update_feed: file:///srv/outpost", /update_feed: .* must be the http or https address of a folder/],
  ["update_feed: https://files.example/?a=b", /http or https address of a folder/],
  ["port: 1\nport: 2", /is not valid YAML/],
  ["port: [", /is not valid YAML: .* line 1/],
  ["- port", /one setting a line/],
])("refuses %j in one line that names the file", async (yaml, message) => {
  const error: unknown = await setup(yaml)().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "invalid", message: expect.stringMatching(message) });
  expect((error as Error).message).toContain("config.yaml");
  expect((error as Error).message).not.toContain("\n");
});

test("a password in the address of updates is refused and not repeated", async () => {
  const OUTPOST_UPDATE_FEED = `https://mira:${password()}@files.example/`;
  const refused = expect(setup()({}, { OUTPOST_UPDATE_FEED })).rejects;
  await refused.toThrow(/^OUTPOST_UPDATE_FEED: its value will not do: .* without a name and password/);
  await expect(setup()({}, { OUTPOST_UPDATE_FEED })).rejects.not.toThrow(CANARY);
});

test("a bad flag or variable is named as it was written", async () => {
  await expect(setup()({ port: "x" })).rejects.toThrow(/^--port: "x" will not do/);
  await expect(setup()({}, { OUTPOST_LOG_LEVEL: "loud" })).rejects.toThrow(/^OUTPOST_LOG_LEVEL: "loud" will not do/);
});

test("a variable that is nearly a setting is told, one of another tool is not", async () => {
  const { warnings } = await setup()(
    {},
    { OUTPOST_PROT: "1", OUTPOST_SOMETHING_ELSE_ENTIRELY: "1", OUTPOST_DATA_DIR: "/x" },
  );
  expect(warnings).toEqual(["OUTPOST_PROT is no setting and is ignored; did you mean OUTPOST_PORT?"]);
});

test("one name serves the file, the flag and the variable", () => {
  expect(settingNames.map((name) => [flagOf(name), variableOf(name)])).toContainEqual([
    "--allowed-hosts",
    "OUTPOST_ALLOWED_HOSTS",
  ]);
  expect(nearest("log-levle", settingNames)).toBe("log_level");
});
