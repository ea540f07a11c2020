/**
 * A strict stand-in for the module `electron`, on which the shell's real code runs in tests, since Electron's binary cannot
 * be had everywhere. What it takes and refuses comes from Electron's own `electron.d.ts`, read by the TypeScript compiler:
 *
 * - a member, an option, an event or a static that Electron's declarations do not have is refused, as are arguments of a wrong
 *   type and numbers of arguments that no overload has; what exists there and is not built here is refused by name ("yet");
 * - what needs a ready app is refused before it is ready, what must come earlier is refused afterwards;
 * - a message on a channel that nobody handles is an error; what crosses a border has to survive structured cloning;
 * - a `BrowserWindow` is a page of a real Chromium: the preload runs in its top frame, navigations, requests, downloads and
 *   crashes are Chromium's own and are told by Electron's events; a permission that no handler refuses is granted;
 * - `app` is ready a moment after the start, holds the single-instance lock of its profile on a shared `machine`, and quits in
 *   Electron's order (`before-quit`, the windows' `close`, `will-quit`, `quit`).
 *
 * Not like Electron: the preload shares the page's world (its way out is taken off the page's hands before the page runs),
 * and `window.open` and links with a target are caught in the page. Add a member here when the shell comes to need it.
 *
 * A test does: `const apps = await startMachine(); const app = apps.start({ dataDir })`, then uses `app.page()`, `app.dialogs`,
 * `app.trays`, `app.notifications`, `app.applicationMenu()`, `app.shellPiece`, and ends with `await apps.close()`.
 */
import { EventEmitter } from "node:events";
import type { Browser } from "playwright-core";
import type { ElectronMain } from "../../../electron/shell/context.ts";
import { channelOf, verbNames, type VerbName } from "../../../shared/shell/verbs.ts";
import { createMachine, FakeApp, type Machine } from "./app.ts";
import type { FakeContents } from "./contents.ts";
import {
  createDesktop,
  createDialogs,
  createNativeImage,
  createNativeTheme,
  createPowerMonitor,
  createSafeStorage,
  createScreen,
  createShellPiece,
  type Area,
} from "./pieces.ts";
import { FakeSession } from "./session.ts";
import { createEvent, Refused, strict } from "./strict.ts";
import { createWindowClass } from "./window.ts";

export { createMachine };

export interface StandInOptions {
  readonly browser: Browser;
  readonly machine: Machine;
  readonly isPackaged?: boolean;
  /** The system's language. */
  readonly locale?: string;
  readonly isDark?: boolean;
  readonly displays?: readonly Area[];
  readonly notifications?: boolean;
  readonly secrets?: { backend: string; available: boolean };
  /** Folders of `app.getPath` that the shell may ask for. */
  readonly paths?: Readonly<Record<string, string>>;
}

const textIn = (value: unknown): string => (typeof value === "string" ? value : "");

type Handler = (event: object, ...args: readonly unknown[]) => unknown;

export type StandIn = ReturnType<typeof createStandIn>;

export const createStandIn = (options: StandInOptions) => {
  const {
    browser,
    machine,
    isPackaged = false,
    locale = "en-US",
    displays = [{ x: 0, y: 0, width: 1920, height: 1040 }],
  } = options;
  const app = new FakeApp({ machine, isPackaged, locale });
  for (const [name, path] of Object.entries(options.paths ?? {})) app.setPath(name, path);
  const isReady = (): boolean => app.isReady();
  const sessions = new Map<string, FakeSession>();
  const faults: unknown[] = [];
  const handlers = new Map<string, Handler>();
  const copied: string[] = [];

  const sessionOf = (partition: string): FakeSession => {
    const found = sessions.get(partition) ?? new FakeSession(browser, locale);
    sessions.set(partition, found);
    return found;
  };

  /** A message from a frame, as a page could send it that has been taken over. */
  const invoke = async (
    contents: FakeContents,
    frame: object | null,
    channel: string,
    args: readonly unknown[],
  ): Promise<unknown> => {
    const handler = handlers.get(channel);
    if (!handler) throw new Error(`No handler registered for '${channel}'`);
    const event = createEvent({ sender: contents.proxy, senderFrame: frame, frameId: 1, processId: 1, type: "frame" });
    return structuredClone(await handler(event, ...args));
  };

  const { BrowserWindow, windows } = createWindowClass({
    app,
    contentsFor: (preferences) => ({
      session: sessionOf(textIn(preferences["partition"])),
      preload: textIn(preferences["preload"]),
      isolation: {
        sandbox: preferences["sandbox"] !== false,
        contextIsolation: preferences["contextIsolation"] !== false,
      },
      onInvoke: invoke,
      fault: (error) => void faults.push(error),
    }),
  });
  const dialogs = createDialogs(isReady);
  const shellPiece = createShellPiece();
  const desktop = createDesktop(isReady, { notifications: options.notifications ?? true });
  const ipcMain = Object.assign(new EventEmitter(), {
    handle: (channel: string, handler: Handler) => {
      if (handlers.has(channel)) throw new Refused(`Attempted to register a second handler for '${channel}'`);
      handlers.set(channel, handler);
    },
    removeHandler: (channel: string) => void handlers.delete(channel),
  });

  const electron = {
    app: app.proxy,
    BrowserWindow,
    Menu: desktop.Menu,
    Notification: desktop.Notification,
    Tray: desktop.Tray,
    clipboard: strict("Clipboard", { writeText: (text: string) => void copied.push(text) }),
    dialog: dialogs.dialog,
    ipcMain: strict("IpcMain", ipcMain),
    nativeImage: createNativeImage(),
    nativeTheme: createNativeTheme(options.isDark ?? false),
    powerMonitor: createPowerMonitor(isReady),
    safeStorage: createSafeStorage(isReady, options.secrets ?? { backend: "gnome_libsecret", available: true }),
    screen: createScreen(isReady, displays),
    session: {
      fromPartition: (partition: string) => {
        if (!isReady()) throw new Refused("Session can only be received when app is ready");
        return sessionOf(partition).proxy;
      },
    },
    shell: shellPiece.shell,
  } as unknown as ElectronMain;

  return {
    electron,
    app,
    windows,
    sessions,
    dialogs,
    shellPiece,
    copied,
    trays: desktop.trays,
    notifications: desktop.notifications,
    applicationMenu: desktop.applicationMenu,
    invoke,
    /** Verbs that nobody answers yet. */
    unansweredVerbs: (): VerbName[] => verbNames.filter((name) => !handlers.has(channelOf(name))),
    /** What went wrong inside Chromium or the stand-in; a test ends with none. */
    faults,
    close: async (): Promise<void> => {
      await Promise.all([...sessions.values()].map(async ({ context }) => (await context).close()));
    },
  };
};
