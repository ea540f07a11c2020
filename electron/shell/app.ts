/**
 * The desktop app put together. This folder owns all that needs Electron: windows, the border to the page, what guards
 * them, and the features of the desktop. It refuses to know what the host stores: it starts the host and asks it over HTTP.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { WebContents } from "electron/main";
import envPaths from "env-paths";
import { dataFolderPath } from "../host/data-folder.ts";
import { settingsInForce } from "../host/settings-in-force.ts";
import { readArguments } from "./arguments.ts";
import type { ElectronMain, Feature, HandedOver, ShellContext, Started } from "./context.ts";
import { createOpenExternal } from "./external.ts";
import { features as allFeatures } from "./features.ts";
import {
  appRules,
  contentsRules,
  enforce,
  PARTITION,
  refusals,
  sessionRules,
  type HardeningDeps,
} from "./hardening.ts";
import { createHostThread } from "./host-thread.ts";
import { askAboutFailures } from "./host-trouble.ts";
import { createIpc } from "./ipc.ts";
import { createJsonFile } from "./json-file.ts";
import { createLeaving } from "./leaving.ts";
import { languageOf } from "./phrases.ts";
import { openShellFile } from "./preference-store.ts";
import { answerShellVerbs } from "./shell-verbs.ts";
import { createShellLog } from "./shell-log.ts";
import { startingPage } from "./starting-page.ts";
import { createWindows, preloadBeside } from "./windows.ts";

export interface ShellOptions {
  /** The words after the program, without the path of the app that a checkout's start has before them. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly toPerson: (line: string) => void;
  /** Ends the process at once. */
  readonly kill: () => void;
  readonly now?: () => number;
  /** Where the app's own files are; by default a folder of this OS user for each data folder. */
  readonly profile?: string;
  readonly preload?: string;
  readonly hostEntry?: URL;
  readonly features?: readonly Feature[];
  readonly lookMs?: number;
}

export interface Shell {
  readonly context: ShellContext;
  quitNow(): Promise<void>;
}

const REFUSED = 2; // exit code

/** Beside the data folder, not inside: Chromium keeps its own order in there, and nothing of it belongs into a backup. */
const profileOf = (dataDir: string, usual: string): string => {
  const { data } = envPaths("outpost-window", { suffix: "" });
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  return dataDir === usual ? data : join(data, name);
};

/**
 * Runs the app. Resolves when it is up, with nothing where this start has ended already: refused, or handed over to the
 * app that is running on the same data folder.
 */
export const runShell = async (electron: ElectronMain, options: ShellOptions): Promise<Shell | undefined> => {
  const { app } = electron;
  const { args, env, platform, version, toPerson, now = Date.now } = options;
  const refused = refusals({ argv: args, env });
  if (app.isPackaged && refused.length > 0) {
    toPerson(`outpost: error: refused to start with ${refused.join(", ")}: start it without`);
    app.exit(REFUSED);
    return undefined;
  }
  const given = readArguments(args);
  const dataDir = dataFolderPath(given.dataDir, env);
  const profile = options.profile ?? profileOf(dataDir, dataFolderPath(undefined, {}));
  app.setName("Outpost");
  if (platform === "win32") app.setAppUserModelId("app.outpost.Outpost"); // the shortcut's: Windows shows no note without it
  app.setPath("userData", profile); // also what the single-instance lock goes by
  if (!app.requestSingleInstanceLock({ words: [...given.rest], cwd: options.cwd })) {
    app.exit(0);
    return undefined;
  }

  const log = createShellLog(join(profile, "logs", "shell.log"), { now, toPerson });
  const host = createHostThread({
    options: { dataDir: given.dataDir, flags: given.flags, env, version },
    log,
    platform,
    entry: options.hostEntry,
  });
  const handOvers = createHandOvers(electron, { words: given.rest, cwd: options.cwd });
  const pages: { open?: (route: string) => void } = {}; // there are none before the windows
  const hardening: HardeningDeps = {
    hostOrigin: host.origin,
    proof: host.proof,
    isReleased: app.isPackaged,
    onOutside: (url, contents) => void openExternal(url, windowOf(electron, contents)),
    onOwnPage: (route) => pages.open?.(route),
    log,
  };
  enforce(appRules, app, hardening);
  app.on("web-contents-created", (_event, contents) => enforce(contentsRules, contents, hardening));

  const file = createJsonFile(join(profile, "shell.json"), (error) =>
    log.warn("choices cannot be kept", { error: String(error) }),
  );
  const [shellFile] = await Promise.all([openShellFile(file), app.whenReady()]);
  const { preferences } = shellFile;
  electron.nativeTheme.themeSource = preferences.all.theme;
  preferences.onChange(({ theme }) => (electron.nativeTheme.themeSource = theme));
  const language = () => languageOf(preferences.all.language, app.getLocale());
  const say: ShellContext["say"] = (phrase) => phrase[language()];
  const openExternal = createOpenExternal({ electron, say });
  enforce(sessionRules, electron.session.fromPartition(PARTITION), hardening);

  const windows = createWindows({
    electron,
    host,
    preload: options.preload ?? preloadBeside(import.meta.url),
    state: shellFile.window,
    saveState: shellFile.saveWindow,
    startingPage: (state) => startingPage(state, { say, language: language() }),
    log,
    say,
    now,
  });
  pages.open = (route) => void windows.open(route);
  const ipc = createIpc({
    electron,
    hostOrigin: host.origin,
    windowOf: ({ sender }) => windows.all().find(({ webContents }) => webContents === sender),
    log,
  });
  let started: readonly Started[] = [];
  const leaving = createLeaving({
    electron,
    platform,
    host,
    windows,
    preferences,
    log,
    say,
    hasTray: () => started.some(({ isTray }) => isTray?.() === true),
    dispose: async () => {
      windows.destroyAll();
      for (const { dispose } of started) await dispose?.();
      await Promise.all([file.flush(), log.flush()]);
    },
    kill: options.kill,
    lookMs: options.lookMs,
  });
  const context: ShellContext = {
    electron,
    platform,
    version,
    env,
    profile,
    host,
    windows,
    ipc,
    preferences,
    log,
    onHandOver: handOvers.listen,
    say,
    settings: () => settingsInForce({ dataDir: given.dataDir, flags: given.flags, env }),
    quit: leaving.quit,
  };
  answerShellVerbs(context, openExternal);
  askAboutFailures({ electron, host, windows, dataDir, say, quit: leaving.quit });
  started = (options.features ?? allFeatures).map((feature) => feature(context));
  app.on("second-instance", () => void windows.show());
  app.on("activate", () => void windows.show());
  if (!given.hidden && !preferences.all.start_minimised) windows.open();
  void host.start();
  handOvers.begin();
  return { context, quitNow: leaving.quitNow };
};

const windowOf = (electron: ElectronMain, contents: WebContents) =>
  electron.BrowserWindow.fromWebContents(contents) ?? undefined;

/** What starts were given: kept until the features listen, then handed on as it comes. */
const createHandOvers = ({ app }: ElectronMain, first: HandedOver) => {
  const listeners: ((given: HandedOver) => void)[] = [];
  let waiting: HandedOver[] | undefined = [first];
  const take = (given: HandedOver): void => {
    if (given.words.length === 0) return;
    if (waiting) waiting.push(given);
    else for (const listener of listeners) listener(given);
  };
  app.on("second-instance", (_event, _argv, cwd, sent) => take(handedOver(sent, cwd)));
  // How macOS gives a link, before the app is ready too.
  app.on("open-url", (event, url) => {
    event.preventDefault();
    take({ words: [url], cwd: "" });
  });
  return {
    listen: (listener: (given: HandedOver) => void): void => void listeners.push(listener),
    begin: (): void => {
      const early = waiting ?? [];
      waiting = undefined;
      early.forEach(take);
    },
  };
};

/** What another start sent, which may be an older version's. */
const handedOver = (sent: unknown, cwd: string): HandedOver => {
  const words: unknown = typeof sent === "object" && sent !== null && "words" in sent ? sent.words : [];
  return { words: Array.isArray(words) ? words.filter((word) => typeof word === "string") : [], cwd };
};
