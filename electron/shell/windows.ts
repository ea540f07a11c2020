/**
 * The app's windows: each on the host's page, made visible before the host answers, put back where it was. A renderer that
 * dies is loaded again; one that hangs is asked about.
 */
import { fileURLToPath } from "node:url";
import type { HostState } from "../../shared/shell/signals.ts";
import type { ElectronMain, HostThread, ShellLog, ShellWindow, Windows } from "./context.ts";
import { isPage, PARTITION, webPreferences } from "./hardening.ts";
import { sendSignal } from "./ipc.ts";
import type { Phrase } from "./phrases.ts";
import { grounds } from "./starting-page.ts";
import { watchHealth } from "./window-health.ts";
import { cascade, fitBounds, SMALLEST, type WindowState } from "./window-state.ts";

export interface WindowsDeps {
  readonly electron: ElectronMain;
  readonly host: HostThread;
  /** Path of the preload script. */
  readonly preload: string;
  readonly state: WindowState;
  readonly saveState: (state: WindowState) => void;
  readonly startingPage: (state: HostState) => string;
  readonly log: ShellLog;
  readonly say: (phrase: Phrase) => string;
  readonly now: () => number;
}

/** Where the preload script lies: beside the bundle, or in a checkout's `dist/`. */
export const preloadBeside = (importer: string): string =>
  fileURLToPath(new URL(importer.endsWith(".ts") ? "../../dist/preload.cjs" : "./preload.cjs", importer));

/** A route of the page: what stands behind the `#`. Anything else is home. */
export const routeOf = (wanted: string | undefined): string =>
  wanted !== undefined && /^\/(?!\/)[^\s\\]{0,2000}$/.test(wanted) ? wanted : "/";

export interface OpenWindows extends Windows {
  /** Remembers where the windows are, and takes them away without asking their pages. */
  destroyAll(): void;
}

export const createWindows = (deps: WindowsDeps): OpenWindows => {
  const { electron, host, log } = deps;
  const { BrowserWindow, nativeTheme, screen } = electron;
  const routes = new Map<ShellWindow, string>(); // in the order of their last focus, the current one last
  let { state } = deps;

  const remember = (window: ShellWindow): void => {
    if (window.isDestroyed()) return;
    const maximised = window.isMaximized();
    const bounds =
      maximised || window.isMinimized() || window.isFullScreen() ? window.getNormalBounds() : window.getBounds();
    state = { bounds, maximised, zoomLevel: window.webContents.getZoomLevel() };
    deps.saveState(state);
  };

  /** Shows what there is to show now: the page where the host answers, else the words that say why not. */
  const load = (window: ShellWindow): void => {
    const origin = host.origin();
    const route = routes.get(window) ?? "/";
    const url = origin === undefined ? deps.startingPage(host.state) : `${origin}/#${route}`;
    window.loadURL(url).catch((error: unknown) => {
      if (!window.isDestroyed()) log.warn("the window could not load its page", { reason: String(error) });
    });
  };

  const isOnPage = (window: ShellWindow): boolean => isPage(window.webContents.getURL(), host.origin());

  const open = (route?: string): ShellWindow => {
    const last = current();
    const areas = [screen.getPrimaryDisplay(), ...screen.getAllDisplays()].map(({ workArea }) => workArea);
    const bounds = fitBounds(last ? cascade(last.getNormalBounds()) : state.bounds, areas);
    const window = new BrowserWindow({
      ...bounds,
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      title: "Outpost",
      backgroundColor: grounds[nativeTheme.shouldUseDarkColors ? "dark" : "light"],
      autoHideMenuBar: true,
      webPreferences: {
        ...webPreferences,
        devTools: !electron.app.isPackaged,
        partition: PARTITION,
        preload: deps.preload,
      },
    });
    if (!last && state.maximised) window.maximize();
    routes.set(window, routeOf(route));
    listen(window);
    load(window);
    return window;
  };

  const listen = (window: ShellWindow): void => {
    const { webContents } = window;
    window.on("focus", () => {
      const route = routes.get(window) ?? "/";
      routes.delete(window);
      routes.set(window, route);
    });
    window.on("close", () => remember(window));
    window.on("closed", () => routes.delete(window));
    window.on("page-title-updated", (event, title) => {
      if (title.startsWith("data:")) event.preventDefault();
    });
    webContents.on("did-finish-load", () => webContents.setZoomLevel(state.zoomLevel));
    // The route is the page's own business; it is needed again when the page has to be loaded under another address.
    webContents.on("did-navigate-in-page", (_event, url, isMainFrame) => {
      if (isMainFrame && routes.has(window) && isPage(url, host.origin()))
        routes.set(window, routeOf(new URL(url).hash.slice(1)));
    });
    watchHealth(window, { ...deps, reload: () => load(window) });
  };

  const current = (): ShellWindow | undefined => {
    const focused = BrowserWindow.getFocusedWindow();
    const all = [...routes.keys()].filter((window) => !window.isDestroyed());
    return all.find((window) => window === focused) ?? all.at(-1);
  };

  const show = (route?: string): ShellWindow => {
    const window = current();
    if (!window) return open(route);
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    if (route !== undefined) goTo(window, routeOf(route));
    return window;
  };

  const goTo = (window: ShellWindow, route: string): void => {
    routes.set(window, route);
    if (isOnPage(window)) sendSignal(window, "navigate", route);
    else load(window);
  };

  host.onState((next) => {
    for (const window of routes.keys()) {
      // A page that is there stays and waits by itself; one that is not yet, or lies under an old address, is loaded.
      if (isOnPage(window) || (next.phase !== "running" && !isStarting(window))) sendSignal(window, "hostState", next);
      else load(window);
    }
  });
  const isStarting = (window: ShellWindow): boolean => window.webContents.getURL().startsWith("data:");

  return {
    all: () => [...routes.keys()],
    current,
    open,
    show,
    tell: (name, value, window) => {
      for (const each of window ? [window] : routes.keys()) sendSignal(each, name, value);
    },
    destroyAll: () => {
      const last = current();
      if (last) remember(last);
      for (const window of [...routes.keys()]) window.destroy();
    },
  };
};
