import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
// First: its parts import each other in a circle that only this entry unties.
import { type Configuration, LinuxPackager, Packager } from "electron-builder";
import { getFileMatchers } from "app-builder-lib/out/fileMatcher.js";
import { LinuxTargetHelper } from "app-builder-lib/out/targets/LinuxTargetHelper.js";
import { validateConfiguration } from "app-builder-lib/out/util/config/config.js";
import { DebugLogger } from "builder-util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { appId, bundleExtension, configuration, scheme } from "../../build/electron-builder.ts";
import { root } from "../../build/root.js";

const folder = mkdtempSync(join(tmpdir(), "outpost-config-"));
const app = join(folder, "app");
const places = { app, papers: join(folder, "papers"), icons: join(folder, "icons"), output: join(folder, "out") };
const fresh = (): Configuration => configuration(places);
const validate = (config: Configuration): Promise<void> => validateConfiguration(config, new DebugLogger(false));
const text = (path: string): string => readFileSync(join(root, path), "utf8");

const systems = { linux: "linux", mac: "darwin", win: "win32" } as const;
const binaries = ["linux", "linuxmusl", "darwin", "win32"].flatMap((system) => [`${system}-x64`, `${system}-arm64`]);
const staged = [
  "package.json",
  "sbom.cdx.json",
  "dist/main.js",
  "dist/renderer/index.html.br",
  "node_modules/better-sqlite3/package.json",
  "node_modules/better-sqlite3/lib/index.js",
  "node_modules/better-sqlite3/lib/methods/table.js",
  "node_modules/better-sqlite3/src/addon.cpp",
  "node_modules/other/index.js",
  ...binaries.map((name) => `node_modules/better-sqlite3/prebuilds/${name}.node`),
];

beforeAll(() => {
  for (const path of staged) {
    mkdirSync(join(app, path, ".."), { recursive: true });
    writeFileSync(join(app, path), "x");
  }
  const own = { name: "outpost", version: "1.0.0", description: "Tracks", desktopName: "outpost.desktop" };
  writeFileSync(join(app, "package.json"), JSON.stringify(own));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("electron-builder's schema accepts the configuration of the three systems", async () => {
  await expect(validate(fresh())).resolves.toBeUndefined();
});

test.each([
  ["a word it does not know", { win: { requestedLevel: "asInvoker" } }],
  ["a wrong type", { nsis: { oneClick: { yes: true } } }],
  ["a word of another system", { mac: { desktop: {} } }],
])("the schema refuses %s: the test above can fail", async (_case, wrong) => {
  await expect(validate({ ...fresh(), ...wrong } as Configuration)).rejects.toThrow("Invalid configuration");
});

/** The files of the staged app that go into a system's package, by electron-builder's own matchers. */
const packedFor = (system: keyof typeof systems, processor: string): string[] => {
  const config = fresh();
  const matchers = getFileMatchers(config, "files", "/to", {
    macroExpander: (pattern) => pattern.replace("${arch}", processor),
    customBuildOptions: config[system]!,
    globalOutDir: places.output,
    defaultSrc: app,
  })!;
  return staged.filter((path) =>
    matchers.some((matcher) => {
      const file = join(app, path);
      return file.startsWith(`${matcher.from}/`) && matcher.createFilter()(file, lstatSync(file));
    }),
  );
};

test.each([
  ["linux", "x64"],
  ["linux", "arm64"],
  ["mac", "x64"],
  ["mac", "arm64"],
  ["win", "x64"],
  ["win", "arm64"],
] as const)("for %s on %s exactly the binding's own binary goes in, no source, nothing else", (system, processor) => {
  expect(packedFor(system, processor)).toEqual([
    "package.json",
    "dist/main.js",
    "dist/renderer/index.html.br",
    "node_modules/better-sqlite3/package.json",
    "node_modules/better-sqlite3/lib/index.js",
    "node_modules/better-sqlite3/lib/methods/table.js",
    `node_modules/better-sqlite3/prebuilds/${systems[system]}-${processor}.node`,
  ]);
});

test("nothing is published, looked for or fetched, and the program's switches are off", () => {
  const config = fresh();
  expect(config.publish).toBeNull();
  expect(config.dmg?.writeUpdateInfo).toBe(false);
  expect(config.nsis?.differentialPackage).toBe(false);
  expect(config.electronFuses).toEqual({
    runAsNode: false,
    enableCookieEncryption: true,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
    resetAdHocDarwinSignature: process.platform === "darwin",
  });
});

test("on Windows nobody needs to be an administrator, and the MSI runs the installer as the user", () => {
  const { win, nsis, msiWrapped } = fresh();
  expect(win?.requestedExecutionLevel).toBe("asInvoker");
  expect(nsis).toMatchObject({
    oneClick: true,
    perMachine: false,
    allowElevation: false,
    deleteAppDataOnUninstall: false,
  });
  expect(msiWrapped).toMatchObject({ perMachine: false, impersonate: true, wrappedInstallerArgs: "/S" });
  const targets = (win?.target as { target: string }[]).map(({ target }) => target);
  expect(targets.indexOf("nsis")).toBeLessThan(targets.indexOf("msiWrapped")); // wraps what must be there before
});

test("the app calls itself on Windows what the installer writes into its shortcut", () => {
  expect(text("electron/shell/app.ts")).toContain(`app.setAppUserModelId("${appId}")`);
});

test("the installer registers the scheme for the user, and takes it away again, but not while it updates", () => {
  const script = text(fresh().nsis!.include!);
  const [install = "", uninstall = ""] = script.split("!macro customUnInstall");
  const written = [...install.matchAll(/WriteRegStr (\w+) "([^"]+)" "([^"]*)" (.+)/g)].map(([, ...words]) => words);
  expect(written).toEqual([
    ["SHELL_CONTEXT", `Software\\Classes\\${scheme}`, "", `"URL:Outpost"`],
    ["SHELL_CONTEXT", `Software\\Classes\\${scheme}`, "URL Protocol", `""`],
    ["SHELL_CONTEXT", `Software\\Classes\\${scheme}\\DefaultIcon`, "", `"$INSTDIR\\\${APP_EXECUTABLE_FILENAME},0"`],
    [
      "SHELL_CONTEXT",
      `Software\\Classes\\${scheme}\\shell\\open\\command`,
      "",
      `'"$INSTDIR\\\${APP_EXECUTABLE_FILENAME}" "%1"'`,
    ],
  ]);
  expect(uninstall).toMatch(
    /\$\{ifNot\} \$\{isUpdated\}\s+DeleteRegKey SHELL_CONTEXT "Software\\Classes\\outpost"\s+\$\{endIf\}/,
  );
  expect(script).not.toMatch(/HKLM|HKEY_LOCAL_MACHINE/);
});

test("macOS grants the app memory for compiled code and nothing else", () => {
  const { mac } = fresh();
  expect(mac).toMatchObject({ hardenedRuntime: true, gatekeeperAssess: false });
  for (const path of [mac!.entitlements!, mac!.entitlementsInherit!]) {
    const plist = text(path);
    expect(plist).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<!DOCTYPE plist PUBLIC/);
    const entries = [...plist.matchAll(/<key>([^<]+)<\/key>\s*<(true|false)\/>/g)].map(([, key, value]) => [
      key,
      value,
    ]);
    expect(entries).toEqual([["com.apple.security.cs.allow-jit", "true"]]);
    expect(plist.match(/<key>/g)).toHaveLength(1);
    expect(plist.trimEnd()).toMatch(/<\/dict>\n<\/plist>$/);
  }
});

test("electron-builder writes a menu entry that opens links and bundles, under the window's own name", async () => {
  const packager = new Packager({ projectDir: root, config: fresh() });
  await packager.validateConfig();
  const helper = new LinuxTargetHelper(new LinuxPackager(packager));
  const entry = await helper.computeDesktopEntry(fresh().linux!);
  const fields = new Map(entry.split("\n").map((line): [string, string] => [line.split("=")[0]!, line.split("=")[1]!]));
  expect(entry).toMatch(/^\[Desktop Entry\]\n/);
  expect(helper.getDesktopFileName()).toBe("outpost");
  expect(Object.fromEntries(fields)).toMatchObject({
    Type: "Application",
    Name: "Outpost",
    Exec: "/opt/Outpost/outpost-desktop %U",
    Icon: "outpost-desktop",
    Terminal: "false",
    StartupWMClass: "outpost",
    MimeType: `application/vnd.outpost.bundle;x-scheme-handler/${scheme};`,
    Categories: "Development;Science;",
  });
  const types = readFileSync((await helper.mimeTypeFiles)!, "utf8");
  expect(types).toContain(`<glob pattern="*.${bundleExtension}"/>`);
  expect(types).toContain(`type="application/vnd.outpost.bundle"`);
});

test("continuous integration pins its actions by version and names no registry and no secret", () => {
  const github = text(".github/workflows/ci.yml");
  const actions = [...github.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
  expect(actions.length).toBeGreaterThan(5);
  expect(actions.filter((action) => !/^actions\/[\w-]+@v\d+$/.test(action!))).toEqual([]);
  for (const file of [github, text(".gitlab-ci.yml")]) {
    expect(file).not.toMatch(/secrets\.|registry|https?:/);
    for (const command of [".ci/run", "npm run package", "npm run package:headless"]) expect(file).toContain(command);
  }
});
