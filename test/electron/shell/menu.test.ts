import type { MenuItemConstructorOptions } from "electron/main";
import { expect, test, vi } from "vitest";
import { menuItems, type MenuActs } from "../../../electron/shell/menu.ts";
import type { Language } from "../../../electron/shell/phrases.ts";

const acts = () =>
  ({
    newWindow: vi.fn(),
    command: vi.fn(),
    go: vi.fn(),
    openDataFolder: vi.fn(),
    openLogs: vi.fn(),
    installUpdate: vi.fn(),
  }) satisfies MenuActs;

const menu = (platform: NodeJS.Platform, language: Language = "en", isDevelopment = false, done: MenuActs = acts()) =>
  menuItems({ platform, isDevelopment, say: (phrase) => phrase[language], acts: done });

const flat = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])]);
const roles = (items: readonly MenuItemConstructorOptions[]): (string | undefined)[] =>
  flat(items).map(({ role }) => role);
const platforms = ["linux", "win32", "darwin"] as const;

test.each([
  ["linux", ["File", "Edit", "View", "Window", "Help"]],
  ["win32", ["File", "Edit", "View", "Window", "Help"]],
  ["darwin", ["Outpost", "File", "Edit", "View", "Window", "Help"]],
] as const)("%s has its usual menus", (platform, names) => {
  expect(menu(platform).map(({ label }) => label)).toEqual(names);
  for (const role of [
    "undo",
    "redo",
    "cut",
    "copy",
    "paste",
    "selectAll",
    "reload",
    "zoomIn",
    "zoomOut",
    "resetZoom",
    "quit",
    "close",
  ])
    expect(roles(menu(platform)), role).toContain(role);
});

test("a Mac has what a Mac has", () => {
  for (const role of ["about", "services", "hide", "hideOthers", "unhide", "front", "window", "help"])
    expect(roles(menu("darwin")), role).toContain(role);
});

test.each(platforms)("developer tools are in no released menu on %s", (platform) => {
  expect(roles(menu(platform))).not.toContain("toggleDevTools");
  expect(roles(menu(platform, "en", true))).toContain("toggleDevTools");
});

test.each(platforms)(
  "every item on %s has words in every language, and no letter of English where there is a word",
  (platform) => {
    for (const language of ["ko", "ja"] as const)
      for (const item of flat(menu(platform, language)).filter(({ type }) => type !== "separator"))
        if (item.label !== "Outpost")
          expect(item.label, JSON.stringify(item)).toMatch(/[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]/);
  },
);

test.each(platforms)("no two items of %s share their keys", (platform) => {
  const keys = flat(menu(platform)).flatMap(({ accelerator }) => accelerator ?? []);
  expect(new Set(keys).size).toBe(keys.length);
});

test("each item does what it says, in the window that has the menu", () => {
  const done = acts();
  const items = flat(menu("linux", "en", false, done));
  const press = (name: string): void => {
    const item = items.find(({ label }) => label === name);
    Reflect.apply(item!.click!, undefined, [item, undefined, {}]);
  };
  press("New Window");
  expect(done.newWindow).toHaveBeenCalledOnce();
  press("Search or Go to…");
  press("Save as PDF…");
  press("Keyboard Shortcuts");
  expect(done.command.mock.calls).toEqual([
    ["find", undefined],
    ["print", undefined],
    ["help", undefined],
  ]);
  press("Settings…");
  press("About Outpost");
  expect(done.go.mock.calls).toEqual([["/settings"], ["/settings/about"]]);
  press("Open Data Folder");
  press("Open Log Folder");
  expect(done.openDataFolder).toHaveBeenCalledOnce();
  expect(done.openLogs).toHaveBeenCalledOnce();
  press("Install Update from a File…");
  expect(done.installUpdate).toHaveBeenCalledOnce();
});

test("keys that the page knows are only shown", () => {
  const find = flat(menu("linux")).find(({ accelerator }) => accelerator === "CmdOrCtrl+K");
  expect(find?.registerAccelerator).toBe(false);
});
