/** Open at login: by the system's own list on Windows and macOS, by a file in the autostart folder on Linux. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { App } from "electron/main";
import type { Feature } from "./context.ts";
import { isMissing, keepFile } from "./keep-file.ts";

export interface LoginItem {
  get(): Promise<boolean>;
  /** Sets it and says what it is afterwards: the system may refuse. */
  set(open: boolean): Promise<boolean>;
}

export interface LoginItemDeps {
  readonly app: Pick<App, "getLoginItemSettings" | "setLoginItemSettings" | "isPackaged" | "getAppPath">;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly execPath: string;
}

/** A word of a desktop file's Exec line, quoted as its specification says: once for the command, once for the file. */
export const execWord = (word: string): string => {
  const quoted = /[\s"'\\><~|&;$*?#()`%=]/.test(word) ? `"${word.replaceAll(/["`$\\]/g, "\\$&")}"` : word;
  return quoted.replaceAll("\\", "\\\\").replaceAll("%", "%%");
};

/** The autostart file. Control characters have no place in one. @throws Error for a path with a line break. */
export const autostartFile = (command: readonly string[]): string => {
  if (command.some((word) => /[\p{Cc}]/u.test(word)))
    throw new Error(`${JSON.stringify(command[0])} cannot be opened at login: its path has control characters`);
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=Outpost",
    `Exec=${command.map(execWord).join(" ")}`,
    "Terminal=false",
    "X-GNOME-Autostart-enabled=true",
    "",
  ].join("\n");
};

const linuxItem = (path: string, command: readonly string[]): LoginItem => {
  const get = async (): Promise<boolean> => {
    try {
      const text = await readFile(path, "utf8");
      return !/^(?:Hidden\s*=\s*true|X-GNOME-Autostart-enabled\s*=\s*false)\s*$/m.test(text); // switched off by the desktop
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  };
  return {
    get,
    set: async (open) => {
      await (open ? keepFile(path, autostartFile(command)) : rm(path, { force: true }));
      return get();
    },
  };
};

/** How this machine opens Outpost at login. */
export const createLoginItem = ({ app, platform, env, execPath }: LoginItemDeps): LoginItem => {
  const args = app.isPackaged ? [] : [app.getAppPath()]; // a checkout is opened by Electron's own program
  if (platform === "linux") {
    const config = env["XDG_CONFIG_HOME"] || join(env["HOME"] ?? "", ".config");
    // An AppImage runs from a place that is gone after it.
    return linuxItem(join(config, "autostart", "outpost.desktop"), [env["APPIMAGE"] ?? execPath, ...args]);
  }
  const own = platform === "win32" ? { path: execPath, args: args.map((word) => `"${word}"`) } : {};
  const get = (): Promise<boolean> => Promise.resolve(app.getLoginItemSettings(own).openAtLogin);
  return {
    get,
    set: (open) => {
      app.setLoginItemSettings({ openAtLogin: open, ...own });
      return get();
    },
  };
};

/** Lets the page read and set it. */
export const loginItem: Feature = ({ electron, platform, env, ipc }) => {
  const item = createLoginItem({ app: electron.app, platform, env, execPath: process.execPath });
  ipc.handle("opensAtLogin", () => item.get());
  ipc.handle("setOpensAtLogin", (open) => item.set(open));
  return {};
};
