import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readConfig } from "../../../../electron/host/config.ts";
import { locateDataFolder } from "../../../../electron/host/data-folder.ts";
import type { Policy } from "../../../../electron/host/policy/policy.ts";
import type { LockableName, SettingValue } from "../../../../electron/host/settings.ts";
import { temporaryFolder } from "../../../helpers/temporary-folder.ts";

const PLACE = "/etc/outpost/policy.yaml";
const policyOf = (locks: Partial<Record<LockableName, SettingValue>>): Policy => ({
  place: PLACE,
  locks: new Map(Object.entries(locks) as [LockableName, SettingValue][]),
  warnings: [],
});

/** The port asked for by each source that takes part. */
const read = (sources: { policy?: boolean; flag?: boolean; variable?: boolean; file?: boolean }) => {
  const file = join(temporaryFolder(), "config.yaml");
  if (sources.file) writeFileSync(file, "port: 1004\n");
  return readConfig({
    flags: sources.flag ? { port: "1002" } : {},
    env: sources.variable ? { OUTPOST_PORT: "1003" } : {},
    file,
    policy: sources.policy ? policyOf({ port: 1001 }) : undefined,
  });
};

const flags = [true, false];
const matrix = flags.flatMap((policy) =>
  flags.flatMap((flag) => flags.flatMap((variable) => flags.map((file) => ({ policy, flag, variable, file })))),
);

test.each(matrix)("the first that speaks decides: $policy $flag $variable $file", async (sources) => {
  const ranked = [
    [sources.policy, 1001, "policy"],
    [sources.flag, 1002, "--port"],
    [sources.variable, 1003, "OUTPOST_PORT"],
    [sources.file, 1004, "config.yaml"],
  ] as const;
  const [, value, origin] = ranked.find(([speaks]) => speaks) ?? [true, undefined, undefined];
  const { settings, origins, warnings } = await read(sources);
  expect(settings.port).toBe(value);
  if (origin === "config.yaml") expect(origins.get("port")).toMatch(/config\.yaml$/);
  else expect(origins.get("port")).toBe(origin);
  const overruled = [sources.flag, sources.variable, sources.file].filter(Boolean).length;
  expect(warnings).toHaveLength(sources.policy ? overruled : 0);
});

test("what a lock overrules is told: setting, value in force and policy in one line", async () => {
  const { warnings } = await read({ policy: true, flag: true, variable: true });
  expect(warnings).toEqual([
    `--port 1002 has no effect: port is locked to 1001 by the administrators' policy ${PLACE}`,
    `OUTPOST_PORT 1003 has no effect: port is locked to 1001 by the administrators' policy ${PLACE}`,
  ]);
});

test("saying the same as the lock is no contradiction", async () => {
  const file = join(temporaryFolder(), "config.yaml");
  writeFileSync(file, "allowed_hosts: [a.example:1]\n");
  const policy = policyOf({ allowed_hosts: ["a.example:1"], require_token: true });
  const { warnings } = await readConfig({
    flags: { require_token: "yes", allowed_hosts: "a.example:1" },
    env: { OUTPOST_REQUIRE_TOKEN: "1" },
    file,
    policy,
  });
  expect(warnings).toEqual([]);
});

test.each([
  ["--require-token", { require_token: "no" }, {}],
  ["OUTPOST_REQUIRE_TOKEN", {}, { OUTPOST_REQUIRE_TOKEN: "false" }],
])("%s against a locked require_token stops the start", async (origin, given, env) => {
  const reading = readConfig({ flags: given, env, file: "/nowhere", policy: policyOf({ require_token: true }) });
  await expect(reading).rejects.toMatchObject({
    kind: "denied",
    message: `${origin} false is refused: require_token is locked to true by the administrators' policy ${PLACE}. Start without ${origin}`,
  });
});

test("config.yaml against a guarded lock is told and goes on: it was there before the policy", async () => {
  const file = join(temporaryFolder(), "config.yaml");
  writeFileSync(file, "require_token: false\n");
  const { settings, warnings } = await readConfig({
    flags: {},
    env: {},
    file,
    policy: policyOf({ require_token: true }),
  });
  expect(settings.require_token).toBe(true);
  expect(warnings).toEqual([
    `${file}: require_token false has no effect: require_token is locked to true by the administrators' policy ${PLACE}`,
  ]);
});

test("a locked data folder is the only one; asking for another stops the start", () => {
  const policy = policyOf({ data_dir: "/srv/outpost" });
  expect(locateDataFolder(undefined, {}, policy)).toEqual({ path: "/srv/outpost", origin: "policy" });
  expect(locateDataFolder("/srv/../srv/outpost", {}, policy).path).toBe("/srv/outpost");
  expect(() => locateDataFolder("/tmp/mine", {}, policy)).toThrow(
    `--data-dir "/tmp/mine" is refused: data_dir is locked to "/srv/outpost" by the administrators' policy ${PLACE}`,
  );
  expect(() => locateDataFolder(undefined, { OUTPOST_DATA_DIR: "/tmp/mine" }, policy)).toThrow(/^OUTPOST_DATA_DIR/);
});

test("without a lock the data folder is the flag's, the variable's, the system's", () => {
  expect(locateDataFolder("/a", { OUTPOST_DATA_DIR: "/b" }, undefined)).toEqual({ path: "/a", origin: "--data-dir" });
  expect(locateDataFolder(undefined, { OUTPOST_DATA_DIR: "/b" }, policyOf({ port: 1 }))).toEqual({
    path: "/b",
    origin: "OUTPOST_DATA_DIR",
  });
  expect(locateDataFolder(undefined, {}, undefined).origin).toBe("default");
});
