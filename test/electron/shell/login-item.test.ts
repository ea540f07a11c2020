import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { autostartFile, createLoginItem, type LoginItemDeps } from "../../../electron/shell/login-item.ts";
import { temporaryFolder } from "../../helpers/temporary-folder.ts";

type App = LoginItemDeps["app"];

const fakeApp = (isPackaged = true) => {
  const asked: Parameters<App["setLoginItemSettings"]>[0][] = [];
  const app: App = {
    isPackaged,
    getAppPath: () => "/home/mira/out post",
    getLoginItemSettings: () => ({
      openAtLogin: asked.at(-1)?.openAtLogin ?? false,
      wasOpenedAtLogin: false,
      status: "enabled",
      executableWillLaunchAtLogin: false,
      launchItems: [],
    }),
    setLoginItemSettings: (settings) => void asked.push(settings),
  };
  return { app, asked };
};

const onLinux = (env: Record<string, string> = {}, isPackaged = true) => {
  const home = temporaryFolder();
  const { app } = fakeApp(isPackaged);
  const item = createLoginItem({
    app,
    platform: "linux",
    env: { HOME: home, ...env },
    execPath: "/opt/Outpost/outpost",
  });
  return { item, file: join(home, ".config", "autostart", "outpost.desktop") };
};

test("Linux: the autostart file comes and goes, whole, for this user alone", async () => {
  const { item, file } = onLinux();
  expect(await item.get()).toBe(false);
  expect(await item.set(true)).toBe(true);
  expect(readFileSync(file, "utf8")).toContain("\nExec=/opt/Outpost/outpost\n");
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(await item.set(false)).toBe(false);
  expect(existsSync(file)).toBe(false);
  expect(await item.set(false)).toBe(false);
});

test("Linux: what the desktop's own settings switched off counts as off", async () => {
  const { item, file } = onLinux();
  await item.set(true);
  for (const line of ["Hidden=true", "X-GNOME-Autostart-enabled=false"]) {
    writeFileSync(file, `[Desktop Entry]\n${line}\n`);
    expect(await item.get()).toBe(false);
  }
});

test("Linux: an AppImage opens itself, not the place that it runs from; XDG_CONFIG_HOME is heeded", async () => {
  const config = temporaryFolder();
  const { item } = onLinux({ APPIMAGE: "/home/mira/Outpost.AppImage", XDG_CONFIG_HOME: config });
  await item.set(true);
  const text = readFileSync(join(config, "autostart", "outpost.desktop"), "utf8");
  expect(text).toContain("Exec=/home/mira/Outpost.AppImage\n");
});

test("Linux: a folder that cannot be made is an error, not a silence", async () => {
  const home = temporaryFolder();
  mkdirSync(join(home, ".config"));
  writeFileSync(join(home, ".config", "autostart"), "a file in the way");
  const item = createLoginItem({ app: fakeApp().app, platform: "linux", env: { HOME: home }, execPath: "/x" });
  await expect(item.set(true)).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test.each([
  [["/opt/Out post/outpost"], String.raw`Exec="/opt/Out post/outpost"`],
  [["/opt/50%/outpost"], `Exec="/opt/50%%/outpost"`],
  [["/opt/$HOME`x`/outpost"], String.raw`Exec="/opt/\\$HOME\\` + "`x" + String.raw`\\` + '`/outpost"'],
  [["/usr/bin/electron", "/home/mira/out post"], `Exec=/usr/bin/electron "/home/mira/out post"`],
])("the Exec line quotes %j", (command, line) => {
  expect(autostartFile(command).split("\n")).toContain(line);
});

test("a path with a line break cannot add lines of its own", () => {
  expect(() => autostartFile(["/opt/a\nExec=evil"])).toThrow(/control characters/);
  expect(() => autostartFile(["/opt/electron", "/home/a\nExec=evil"])).toThrow(/control characters/);
});

test("Windows and macOS use the system's list", async () => {
  for (const platform of ["win32", "darwin"] as const) {
    const { app, asked } = fakeApp();
    const item = createLoginItem({ app, platform, env: {}, execPath: "C:\\Outpost.exe" });
    expect(await item.set(true)).toBe(true);
    expect(await item.set(false)).toBe(false);
    expect(asked).toEqual(
      platform === "win32"
        ? [true, false].map((openAtLogin) => ({ openAtLogin, path: "C:\\Outpost.exe", args: [] }))
        : [true, false].map((openAtLogin) => ({ openAtLogin })),
    );
  }
});

test("a checkout is opened through Electron's program", async () => {
  const { app, asked } = fakeApp(false);
  await createLoginItem({ app, platform: "win32", env: {}, execPath: "C:\\electron.exe" }).set(true);
  expect(asked).toEqual([{ openAtLogin: true, path: "C:\\electron.exe", args: [`"/home/mira/out post"`] }]);
});
