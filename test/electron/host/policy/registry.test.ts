import { expect, test } from "vitest";
import { readPolicy } from "../../../../electron/host/policy/policy.ts";
import { parseRegistry } from "../../../../electron/host/policy/registry.ts";
import { setupPolicy } from "./setup-policy.ts";

/** What `reg query` prints: line ends of Windows, four blanks between the columns. */
const lines = (...all: readonly string[]): string => `\r\n${all.join("\r\n")}\r\n\r\n`;
const KEY = "HKEY_LOCAL_MACHINE\\Software\\Policies\\Outpost";

const PARENT = lines(
  "HKEY_LOCAL_MACHINE\\Software\\Policies\\Adobe",
  "HKEY_LOCAL_MACHINE\\Software\\Policies\\Microsoft",
);
const WITH_OURS = `${PARENT}HKEY_LOCAL_MACHINE\\Software\\Policies\\Outpost\r\n`;

const windows = (answers: Readonly<Record<string, string>>) => {
  const asked: string[][] = [];
  const { system } = setupPolicy(undefined, {
    platform: "win32",
    uid: undefined,
    user: () => ({ home: "C:\\Users\\mira", name: "mira" }),
    run: (program, args) => {
      asked.push([program, ...args]);
      const answer = answers[args[1] ?? ""];
      return answer === undefined ? Promise.reject(new Error("exit 1")) : Promise.resolve(answer);
    },
  });
  return { system, asked };
};

test("a Windows without our key has no policy, and only the listing is read", async () => {
  const { system, asked } = windows({ "HKLM\\Software\\Policies": PARENT });
  expect(await readPolicy({}, system)).toBeUndefined();
  expect(asked).toHaveLength(1);
  expect(asked[0]?.[0]).toMatch(/^[A-Z]:\\.*\\System32\\reg\.exe$/i);
});

test("values of every type that settings need", async () => {
  const { system } = windows({
    "HKLM\\Software\\Policies": WITH_OURS,
    "HKLM\\Software\\Policies\\Outpost": lines(
      KEY,
      "    require_token    REG_DWORD    0x1",
      "    backup_daily    REG_DWORD    0x0",
      "    port    REG_DWORD    0x138d",
      "    log_level    REG_SZ    info",
      "    data_dir    REG_EXPAND_SZ    ~\\Outpost data",
      "    allowed_hosts    REG_MULTI_SZ    gpu.example:8080\\0localhost:9000",
    ),
  });
  const policy = await readPolicy({}, system);
  expect(policy?.place).toBe("HKLM\\Software\\Policies\\Outpost");
  expect(Object.fromEntries(policy?.locks ?? [])).toEqual({
    require_token: true,
    backup_daily: false,
    port: 5005,
    log_level: "info",
    data_dir: "C:\\Users\\mira\\Outpost data",
    allowed_hosts: ["gpu.example:8080", "localhost:9000"],
  });
});

test("the key's own value is passed over, in any language; older Windows separate by tabs", () => {
  const output = lines(
    KEY,
    "    (Standard)    REG_SZ    Outpost",
    "\tport\tREG_DWORD\t0x1388",
    "    log_level    REG_SZ",
  );
  expect(Object.fromEntries(parseRegistry(output))).toEqual({ port: "5000", log_level: "" });
});

test("an empty text is an empty list, and a key without values a policy without locks", async () => {
  const answers = { "HKLM\\Software\\Policies": WITH_OURS };
  const key = "HKLM\\Software\\Policies\\Outpost";
  const hosts = windows({ ...answers, [key]: lines(KEY, "    allowed_hosts    REG_SZ    ") });
  expect((await readPolicy({}, hosts.system))?.locks.get("allowed_hosts")).toEqual([]);
  expect((await readPolicy({}, windows({ ...answers, [key]: "\r\n" }).system))?.locks.size).toBe(0);
});

test.each([
  ["    port    REG_BINARY    1388", /port is of type REG_BINARY: use REG_SZ, REG_DWORD or REG_MULTI_SZ/],
  ["    data_dir    REG_SZ    D:\\Daten\\M\xfcller", /data_dir may hold ASCII only/],
  [`${KEY}\\Recommended`, /"Recommended" is a key of its own, settings are values/],
  ["FEHLER: Zugriff verweigert", /"FEHLER: Zugriff verweigert" is no value/],
  ["    prot    REG_DWORD    0x1388", /unknown setting "prot"; did you mean "port"/],
  ["    data_dir    REG_EXPAND_SZ    %LOCALAPPDATA%\\Outpost", /variables are not expanded/],
])("refuses %j by name", async (line, reason) => {
  const { system } = windows({
    "HKLM\\Software\\Policies": WITH_OURS,
    "HKLM\\Software\\Policies\\Outpost": lines(KEY, line),
  });
  await expect(readPolicy({}, system)).rejects.toThrow(reason);
});

test.each([
  ["the listing", {}],
  ["our key", { "HKLM\\Software\\Policies": WITH_OURS }],
])("a registry that does not show %s stops the start", async (_what, answers) => {
  await expect(readPolicy({}, windows(answers).system)).rejects.toThrow(
    /cannot be read: reg query must be allowed for this user\. Outpost starts when an administrator/,
  );
});
