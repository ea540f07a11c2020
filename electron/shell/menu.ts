/** The application's menu, with the roles that each system expects. */
import { join } from "node:path";
import type { MenuItemConstructorOptions } from "electron/main";
import type { Signals } from "../../shared/shell/signals.ts";
import type { ShellContext, ShellWindow, Started } from "./context.ts";
import type { Phrase } from "./phrases.ts";
import { words } from "./words.ts";

type Items = MenuItemConstructorOptions[];

export interface MenuActs {
  readonly newWindow: () => void;
  /** Lets the page of the window that has the menu do something. */
  readonly command: (name: Signals["command"], window: object | undefined) => void;
  readonly go: (route: string) => void;
  readonly openDataFolder: () => void;
  readonly openLogs: () => void;
  readonly installUpdate: () => void;
}

export interface MenuFacts {
  readonly platform: NodeJS.Platform;
  readonly isDevelopment: boolean;
  readonly say: (phrase: Phrase) => string;
  readonly acts: MenuActs;
}

const separator: MenuItemConstructorOptions = { type: "separator" };

const command = (
  { say, acts }: MenuFacts,
  phrase: Phrase,
  name: Signals["command"],
  accelerator?: string,
): MenuItemConstructorOptions => ({
  label: say(phrase),
  // Where it can be only shown it is: the page knows these keys itself, and they must not act twice.
  ...(accelerator !== undefined && { accelerator, registerAccelerator: false }),
  click: (_item, window) => acts.command(name, window),
});

const appMenu = (facts: MenuFacts): MenuItemConstructorOptions => {
  const { say } = facts;
  return {
    label: "Outpost",
    submenu: [
      { role: "about", label: say(words.about) },
      separator,
      settings(facts),
      separator,
      { role: "services", label: say(words.services) },
      separator,
      { role: "hide", label: say(words.hide) },
      { role: "hideOthers", label: say(words.hideOthers) },
      { role: "unhide", label: say(words.unhide) },
      separator,
      { role: "quit", label: say(words.quit) },
    ],
  };
};

const settings = ({ say, acts }: MenuFacts): MenuItemConstructorOptions => ({
  label: say(words.settings),
  accelerator: "CmdOrCtrl+,",
  click: () => acts.go("/settings"),
});

const fileMenu = (facts: MenuFacts): MenuItemConstructorOptions => {
  const { say, acts, platform } = facts;
  const own: Items =
    platform === "darwin"
      ? [{ role: "close", label: say(words.closeWindow) }]
      : [
          settings(facts),
          separator,
          { role: "close", label: say(words.closeWindow) },
          { role: "quit", label: say(words.quit) },
        ];
  return {
    label: say(words.file),
    submenu: [
      { label: say(words.newWindow), accelerator: "CmdOrCtrl+N", click: () => acts.newWindow() },
      separator,
      command(facts, words.savePdf, "print"),
      separator,
      { label: say(words.dataFolder), click: () => acts.openDataFolder() },
      separator,
      ...own,
    ],
  };
};

const editMenu = (facts: MenuFacts): MenuItemConstructorOptions => {
  const { say } = facts;
  return {
    label: say(words.edit),
    submenu: [
      { role: "undo", label: say(words.undo) },
      { role: "redo", label: say(words.redo) },
      separator,
      { role: "cut", label: say(words.cut) },
      { role: "copy", label: say(words.copy) },
      { role: "paste", label: say(words.paste) },
      { role: "pasteAndMatchStyle", label: say(words.pasteText) },
      { role: "delete", label: say(words.remove) },
      { role: "selectAll", label: say(words.selectAll) },
      separator,
      command(facts, words.search, "find", "CmdOrCtrl+K"),
    ],
  };
};

const viewMenu = ({ say, isDevelopment }: MenuFacts): MenuItemConstructorOptions => ({
  label: say(words.view),
  submenu: [
    { role: "reload", label: say(words.reload) },
    ...(isDevelopment ? [{ role: "toggleDevTools", label: say(words.devTools) } as const] : []),
    separator,
    { role: "resetZoom", label: say(words.actualSize) },
    { role: "zoomIn", label: say(words.zoomIn) },
    { role: "zoomOut", label: say(words.zoomOut) },
    separator,
    { role: "togglefullscreen", label: say(words.fullScreen) },
  ],
});

const windowMenu = ({ say, platform }: MenuFacts): MenuItemConstructorOptions => ({
  // The role lets macOS list the windows.
  ...(platform === "darwin" && { role: "window" as const }),
  label: say(words.window),
  submenu: [
    { role: "minimize", label: say(words.minimize) },
    ...(platform === "darwin"
      ? [
          { role: "zoom", label: say(words.zoom) } as const,
          separator,
          { role: "front", label: say(words.front) } as const,
        ]
      : [{ role: "close", label: say(words.closeWindow) } as const]),
  ],
});

const helpMenu = (facts: MenuFacts): MenuItemConstructorOptions => {
  const { say, acts, platform } = facts;
  return {
    ...(platform === "darwin" && { role: "help" as const }),
    label: say(words.help),
    submenu: [
      command(facts, words.keyboardHelp, "help"),
      { label: say(words.logFolder), click: () => acts.openLogs() },
      { label: say(words.installUpdate), click: () => acts.installUpdate() },
      ...(platform === "darwin"
        ? []
        : [separator, { label: say(words.about), click: () => acts.go("/settings/about") }]),
    ],
  };
};

/** The whole menu. */
export const menuItems = (facts: MenuFacts): Items => [
  ...(facts.platform === "darwin" ? [appMenu(facts)] : []),
  fileMenu(facts),
  editMenu(facts),
  viewMenu(facts),
  windowMenu(facts),
  helpMenu(facts),
];

/** Sets the menu, and again in another language when one is chosen. */
export const startMenu = (context: ShellContext, installUpdate: () => void): Started => {
  const { electron, windows, host, platform, log, preferences } = context;

  const openFolder = async (name: string | undefined): Promise<void> => {
    if (host.state.phase !== "running") return; // the page says what is with the host
    const { dataDir } = host.state;
    const failure = await electron.shell.openPath(name === undefined ? dataDir : join(dataDir, name));
    if (failure !== "") log.warn("a folder could not be opened", { error: failure });
  };
  const windowOf = (given: object | undefined): ShellWindow => {
    const own = windows.all().find((window) => window === given);
    return own ?? windows.show();
  };
  const acts: MenuActs = {
    newWindow: () => void windows.open(),
    command: (name, window) => windows.tell("command", name, windowOf(window)),
    go: (route) => void windows.show(route),
    openDataFolder: () => void openFolder(undefined),
    openLogs: () => void openFolder("logs"),
    installUpdate,
  };
  const set = (): void => {
    const items = menuItems({
      platform,
      isDevelopment: !electron.app.isPackaged,
      say: (phrase) => context.say(phrase),
      acts,
    });
    electron.Menu.setApplicationMenu(electron.Menu.buildFromTemplate(items));
  };
  set();
  let { language } = preferences.all;
  const stop = preferences.onChange((now) => {
    if (now.language === language) return;
    language = now.language;
    set();
  });
  return { dispose: stop };
};
