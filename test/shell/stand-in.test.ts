/** The stand-in is only worth something as long as it refuses what Electron refuses. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { chromium, type Browser } from "playwright-core";
import { createMachine, createStandIn } from "./stand-in/stand-in.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu"],
  });
});
afterAll(() => browser?.close());

const start = () => createStandIn({ browser, machine: createMachine() });
/** What a call of another shape than the types allow does. */
const call = (object: object, name: string, ...args: unknown[]): unknown => {
  const method: unknown = Reflect.get(object, name);
  if (typeof method !== "function") throw new Error(`no function ${name}`);
  return Reflect.apply(method, object, args);
};

test("names that Electron does not have are refused, and those that it has and are not built are named", () => {
  const { electron } = start();
  expect(() => Reflect.get(electron.app, "setBadge")).toThrow("Electron's App has no 'setBadge'");
  expect(() => Reflect.get(electron.app, "getFileIcon")).toThrow("the stand-in has no App.getFileIcon yet");
  expect(() => call(electron.BrowserWindow, "getWindows")).toThrow();
  expect(() => call(electron.app, "on", "redy", () => {})).toThrow("no event 'redy'");
});

test("arguments of a wrong type or number are refused", async () => {
  const { electron } = start();
  await electron.app.whenReady();
  expect(() => call(electron.app, "setName", 7)).toThrow("it must be a string");
  expect(() => call(electron.app, "setName")).toThrow("takes 1 to 1 arguments");
  expect(() => call(electron.dialog, "showMessageBox", { message: "x", button: ["OK"] })).toThrow(
    "MessageBoxOptions has no 'button'",
  );
  expect(() => call(electron.dialog, "showMessageBox", { message: "x", type: "warn" })).toThrow("it must be");
  expect(() => (electron.nativeTheme.themeSource = "black" as "dark")).toThrow("it must be");
});

test("unknown options of a window are refused, also those of its page", async () => {
  const { electron } = start();
  await electron.app.whenReady();
  const make = (options: object) => () => Reflect.construct(electron.BrowserWindow, [options]);
  expect(make({ widht: 100 })).toThrow("BrowserWindowConstructorOptions has no 'widht'");
  expect(make({ webPreferences: { contextIsolated: true } })).toThrow("WebPreferences has no 'contextIsolated'");
  expect(make({ webPreferences: { preload: "/nowhere.js" } })).toThrow("Unable to load preload script");
});

test("what needs a ready app is refused before, and what must come earlier is refused afterwards", async () => {
  const { electron } = start();
  expect(() => new electron.BrowserWindow({})).toThrow("before app is ready");
  expect(() => electron.screen.getAllDisplays()).toThrow("only after the app is ready");
  expect(() => electron.session.fromPartition("x")).toThrow("when app is ready");
  expect(() => electron.dialog.showMessageBox({ message: "x" })).toThrow("only after the app is ready");
  await electron.app.whenReady();
  expect(() => electron.app.enableSandbox()).toThrow("only before the app is ready");
  expect(electron.screen.getAllDisplays()).toHaveLength(1);
});

test("a channel is handled once, and one that nobody handles is an error", () => {
  const { electron } = start();
  electron.ipcMain.handle("a", () => 1);
  expect(() => electron.ipcMain.handle("a", () => 2)).toThrow("second handler");
});

test("the lock of a profile is held by one app; the next one's words reach it", async () => {
  const machine = createMachine();
  const [first, second] = [createStandIn({ browser, machine }), createStandIn({ browser, machine })];
  const heard: unknown[] = [];
  first.electron.app.on("second-instance", (_event, _argv, _cwd, sent) => heard.push(sent));
  expect(first.electron.app.requestSingleInstanceLock({ words: [] })).toBe(true);
  expect(second.electron.app.requestSingleInstanceLock({ words: ["x"] })).toBe(false);
  await expect.poll(() => heard).toEqual([{ words: ["x"] }]);
});

test("without handlers everything is permitted, as in Electron", async () => {
  const { electron, sessions, close } = start();
  await electron.app.whenReady();
  electron.session.fromPartition("open");
  expect(sessions.get("open")?.allows("https://evil.example/")).toBe(true);
  await close();
});
