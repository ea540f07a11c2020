/** `app` of the stand-in: readiness, the single-instance lock, quitting in Electron's order. */
import { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import { createEvent, Refused, strict } from "./strict.ts";

/** What all started apps of a test share: the machine. */
export interface Machine {
  /** Holder of each single-instance lock, by profile. */
  readonly locks: Map<string, FakeApp>;
}

export const createMachine = (): Machine => ({ locks: new Map() });

export interface AppOptions {
  readonly machine: Machine;
  readonly isPackaged: boolean;
  readonly locale: string;
}

export class FakeApp extends EventEmitter {
  readonly isPackaged: boolean;
  name = "Electron";
  readonly proxy: FakeApp;
  readonly switches = new Map<string, string>();
  readonly loginItems: object[] = [];
  readonly protocols: string[] = [];
  sandboxed = false;
  ready = false;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  readonly commandLine: object;
  /** How the windows are closed when the app quits; false when one of them stayed. */
  closeWindows: (force: boolean) => Promise<boolean> = () => Promise.resolve(true);
  #end: (code: number) => void;
  #paths = new Map<string, string>();
  #machine: Machine;
  #locale: string;
  #isQuitting = false;
  #whenReady: Promise<void>;

  constructor({ machine, isPackaged, locale }: AppOptions) {
    super();
    this.isPackaged = isPackaged;
    this.#machine = machine;
    this.#locale = locale;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.exited = promise;
    this.#end = resolve;
    this.commandLine = strict("CommandLine", {
      appendSwitch: (name: string, value = "") => {
        this.#onlyBefore("appendSwitch");
        this.switches.set(name, value);
      },
      hasSwitch: (name: string) => this.switches.has(name),
      getSwitchValue: (name: string) => this.switches.get(name) ?? "",
    });
    this.proxy = strict("App", this as FakeApp);
    // Electron is ready only after the main script has been evaluated, whatever that awaits of it.
    this.#whenReady = new Promise((done) =>
      setTimeout(() => {
        this.ready = true;
        this.emit("ready", createEvent({}), {});
        done();
      }, 5),
    );
  }

  #onlyBefore(what: string): void {
    if (this.ready) throw new Refused(`app.${what}: only before the app is ready`);
  }

  isReady(): boolean {
    return this.ready;
  }
  whenReady(): Promise<void> {
    return this.#whenReady;
  }
  enableSandbox(): void {
    this.#onlyBefore("enableSandbox");
    this.sandboxed = true;
  }
  setName(name: string): void {
    this.name = name;
  }
  getName(): string {
    return this.name;
  }
  getVersion(): string {
    return "0.0.0";
  }
  getLocale(): string {
    if (!this.ready) throw new Refused("app.getLocale: only after the app is ready");
    return this.#locale;
  }
  getAppPath(): string {
    return "/app";
  }
  setPath(name: string, path: string): void {
    if (name === "userData") mkdirSync(path, { recursive: true });
    this.#paths.set(name, path);
  }
  getPath(name: string): string {
    const path = this.#paths.get(name);
    if (path === undefined) throw new Refused(`app.getPath: the test gave no '${name}'`);
    return path;
  }
  setAppUserModelId(): void {}
  setAboutPanelOptions(): void {}
  setAsDefaultProtocolClient(protocol: string): boolean {
    this.protocols.push(protocol);
    return true;
  }
  isDefaultProtocolClient(protocol: string): boolean {
    return this.protocols.includes(protocol);
  }
  setLoginItemSettings(settings: object): void {
    this.loginItems.push(settings);
  }
  getLoginItemSettings(): object {
    const last = this.loginItems.at(-1);
    return { openAtLogin: last !== undefined && "openAtLogin" in last && last.openAtLogin === true };
  }
  addRecentDocument(): void {}

  requestSingleInstanceLock(sent?: object): boolean {
    const profile = this.#paths.get("userData") ?? "default";
    const holder = this.#machine.locks.get(profile);
    if (holder && holder !== this) {
      const data: unknown = structuredClone(sent ?? {});
      // The first one is told when it is ready, with an argv whose order Chromium does not promise.
      void holder.whenReady().then(() => holder.emit("second-instance", createEvent({}), ["electron"], "/", data));
      return false;
    }
    this.#machine.locks.set(profile, this);
    return true;
  }
  hasSingleInstanceLock(): boolean {
    return [...this.#machine.locks.values()].includes(this);
  }

  quit(): void {
    void this.#quit();
  }

  async #quit(): Promise<void> {
    if (this.#isQuitting) return;
    const before = createEvent({});
    this.emit("before-quit", before);
    if (before.defaultPrevented) return;
    this.#isQuitting = true;
    const closed = await this.closeWindows(false);
    this.#isQuitting = false;
    if (!closed) return;
    const will = createEvent({});
    this.emit("will-quit", will);
    if (!will.defaultPrevented) this.#gone(0);
  }

  /** Ends at once: windows are destroyed, nobody is asked. */
  exit(code = 0): void {
    void this.closeWindows(true).then(() => this.#gone(code));
  }

  #gone(code: number): void {
    for (const [profile, holder] of this.#machine.locks) if (holder === this) this.#machine.locks.delete(profile);
    this.emit("quit", createEvent({}), code);
    this.#end(code);
  }

  relaunch(): void {}
  focus(): void {}
  show(): void {}
  hide(): void {}
  setBadgeCount(): boolean {
    return true;
  }
}
