/**
 * What a part of the shell is given. Electron comes in as a value, so that the shell's real code runs in tests on a strict
 * stand-in; nothing in this folder imports the module `electron` for more than its types.
 */
import type * as electron from "electron";
import type { Call } from "../../shared/api/client.ts";
import type { HostState, Signals } from "../../shared/shell/signals.ts";
import type { PreferenceChange, Preferences } from "../../shared/shell/preferences.ts";
import type { AnswerOf, AskOf, VerbName } from "../../shared/shell/verbs.ts";
import type { Settings } from "../host/settings.ts";
import type { Phrase } from "./phrases.ts";

/** The pieces of Electron that the shell uses. */
export type ElectronMain = Pick<
  typeof electron,
  | "app"
  | "BrowserWindow"
  | "Menu"
  | "Notification"
  | "Tray"
  | "clipboard"
  | "dialog"
  | "ipcMain"
  | "nativeImage"
  | "nativeTheme"
  | "powerMonitor"
  | "safeStorage"
  | "screen"
  | "session"
  | "shell"
>;

/** As Electron hands windows out: the global type, of which the module's class is a part. */
export type ShellWindow = Electron.BrowserWindow;

/** The host in its thread, or another process's that holds the data folder. */
export interface HostThread {
  readonly state: HostState;
  /** Calls `listener` at each change; returns how to stop. */
  onState(listener: (state: HostState) => void): () => void;
  /** Asks the host's HTTP interface as its owner. @throws ApiError, also where no host runs */
  readonly call: Call;
  /** Origin of the host's page, while there is one. */
  origin(): string | undefined;
  /** The word that proves the window's requests where their connection alone does not: another system than Linux, or a token is asked for. */
  proof(): string | undefined;
  /** Starts it where it does not run; resolves when it runs or has failed. */
  start(): Promise<void>;
  /** Ends it in order; `false` when something under way had to be cut off. One that is not ours is left alone. */
  stop(): Promise<boolean>;
}

/** The app's windows, all on the host's page. */
export interface Windows {
  all(): readonly ShellWindow[];
  /** The window that a person looks at, or the last one that was looked at. */
  current(): ShellWindow | undefined;
  /** Opens one more window on a route. */
  open(route?: string): ShellWindow;
  /** Brings a window to the front, opens one where there is none, and goes to the route where one is given. */
  show(route?: string): ShellWindow;
  /** Tells the page of one window, or of all. */
  tell<Name extends keyof Signals>(name: Name, value: Signals[Name], window?: ShellWindow): void;
}

export interface Asked {
  readonly window: ShellWindow;
}

export interface Ipc {
  /** Answers a verb. What it throws reaches the page as its message. */
  handle<Name extends VerbName>(
    name: Name,
    answer: (input: AskOf<Name>, asked: Asked) => AnswerOf<Name> | Promise<AnswerOf<Name>>,
  ): void;
}

export interface PreferenceStore {
  readonly all: Preferences;
  set(change: PreferenceChange): void;
  onChange(listener: (preferences: Preferences) => void): () => void;
  /** True the first time it is asked for a name, ever: for what is said once. */
  firstTime(name: string): boolean;
}

export interface ShellLog {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
  error(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

/** What a start of the app was given beside switches: deep links and files, and the folder that relative paths mean. */
export interface HandedOver {
  readonly words: readonly string[];
  readonly cwd: string;
}

export interface ShellContext {
  readonly electron: ElectronMain;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the app's own files: window state, preferences, Chromium's profile. */
  readonly profile: string;
  readonly host: HostThread;
  readonly windows: Windows;
  readonly ipc: Ipc;
  readonly preferences: PreferenceStore;
  readonly log: ShellLog;
  /** Calls `listener` with what this start was given, and with what each later start hands over to this one. */
  onHandOver(listener: (given: HandedOver) => void): void;
  /** The phrase in the language of the app. */
  say(phrase: Phrase): string;
  /** The settings in force, read anew: a host that does not start must not keep an update away. @throws DomainError */
  settings(): Promise<Settings>;
  /** Quits, after asking where a run is logging. What is given is done last, when the host has stopped. */
  quit(last?: () => Promise<void>): void;
}

/** What a feature leaves behind: how it is taken down, and whether the app can be reached through it without a window. */
export interface Started {
  readonly dispose?: () => void | Promise<void>;
  readonly isTray?: () => boolean;
}

/** A feature of the shell: called once, when Electron is ready and before the first window. */
export type Feature = (context: ShellContext) => Started;
