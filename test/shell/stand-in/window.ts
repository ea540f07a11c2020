/** `BrowserWindow` of the stand-in. What it shows is real; where it is on a screen, and whether it has the focus, is kept here. */
import { EventEmitter } from "node:events";
import type { FakeApp } from "./app.ts";
import { FakeContents, type ContentsDeps } from "./contents.ts";
import type { Area } from "./pieces.ts";
import { createEvent, Refused, strict, strictClass } from "./strict.ts";

interface WindowOptions extends Partial<Area> {
  readonly show?: boolean;
  readonly title?: string;
  readonly backgroundColor?: string;
  readonly webPreferences?: Readonly<Record<string, unknown>>;
}

export interface WindowDeps {
  readonly app: FakeApp;
  readonly contentsFor: (webPreferences: Readonly<Record<string, unknown>>) => ContentsDeps;
}

export type FakeWindow = InstanceType<ReturnType<typeof createWindowClass>["FakeWindow"]>;

export const createWindowClass = ({ app, contentsFor }: WindowDeps) => {
  const windows: FakeWindow[] = [];
  let focused: FakeWindow | null = null;
  let ids = 0;

  class FakeWindow extends EventEmitter {
    readonly id = ++ids;
    readonly options: WindowOptions;
    readonly contents: FakeContents;
    readonly proxy: FakeWindow;
    progress = -1;
    title: string;
    #bounds: Area;
    #state: "normal" | "maximised" | "minimised" = "normal";
    #isVisible: boolean;
    #isDestroyed = false;
    #isClosing = false;

    constructor(options: WindowOptions = {}) {
      super();
      this.options = options;
      this.title = options.title ?? "Electron";
      const { x = 0, y = 0, width = 800, height = 600 } = options;
      this.#bounds = { x, y, width, height };
      this.#isVisible = options.show !== false;
      this.contents = new FakeContents(contentsFor(options.webPreferences ?? {}));
      this.proxy = strict("BrowserWindow", this as FakeWindow, (member) =>
        this.#isDestroyed && member !== "isDestroyed" && member !== "id" ? "Object has been destroyed" : undefined,
      );
      windows.push(this);
      app.emit("web-contents-created", createEvent({}), this.contents.proxy);
      app.emit("browser-window-created", createEvent({}), this.proxy);
      if (this.#isVisible) this.#focus();
      return this.proxy;
    }

    static getAllWindows(): FakeWindow[] {
      return windows.map(({ proxy }) => proxy);
    }
    static getFocusedWindow(): FakeWindow | null {
      return focused?.proxy ?? null;
    }
    static fromWebContents(contents: FakeContents): FakeWindow | null {
      return windows.find((window) => window.contents.proxy === contents)?.proxy ?? null;
    }
    static fromId(id: number): FakeWindow | null {
      return windows.find((window) => window.id === id)?.proxy ?? null;
    }

    get webContents(): FakeContents {
      return this.contents.proxy;
    }
    loadURL(url: string): Promise<void> {
      return this.contents.loadURL(url);
    }
    reload(): void {
      this.contents.reload();
    }
    #focus(): void {
      if (focused === this) return;
      focused?.emit("blur");
      focused = windows.find((window) => window === this) ?? null;
      this.emit("focus");
    }
    show(): void {
      this.#isVisible = true;
      this.emit("show");
      this.#focus();
    }
    showInactive(): void {
      this.#isVisible = true;
    }
    hide(): void {
      this.#isVisible = false;
      this.blur();
      this.emit("hide");
    }
    focus(): void {
      this.#focus();
    }
    blur(): void {
      if (focused !== this) return;
      focused = null;
      this.emit("blur");
    }
    isVisible(): boolean {
      return this.#isVisible;
    }
    isFocused(): boolean {
      return focused === this;
    }
    isDestroyed(): boolean {
      return this.#isDestroyed;
    }
    maximize(): void {
      this.#state = "maximised";
    }
    unmaximize(): void {
      this.#state = "normal";
    }
    isMaximized(): boolean {
      return this.#state === "maximised";
    }
    minimize(): void {
      this.#state = "minimised";
      this.blur();
    }
    isMinimized(): boolean {
      return this.#state === "minimised";
    }
    restore(): void {
      this.#state = "normal";
    }
    isFullScreen(): boolean {
      return false;
    }
    setFullScreen(): void {}
    getBounds(): Area {
      return this.#state === "maximised" ? { x: 0, y: 0, width: 1920, height: 1040 } : this.#bounds;
    }
    getNormalBounds(): Area {
      return this.#bounds;
    }
    setBounds(bounds: Partial<Area>): void {
      this.#bounds = { ...this.#bounds, ...bounds };
      this.emit("resize");
    }
    setTitle(title: string): void {
      this.title = title;
    }
    getTitle(): string {
      return this.title;
    }
    setProgressBar(progress: number): void {
      this.progress = progress;
    }
    flashFrame(): void {}
    setMenu(): void {}
    setMenuBarVisibility(): void {}
    setBackgroundColor(): void {}

    /** As a person closes it: the window may refuse. */
    close(): void {
      if (this.#isClosing) return;
      const event = createEvent({});
      this.emit("close", event);
      if (!event.defaultPrevented) this.destroy();
    }

    destroy(): void {
      if (this.#isClosing) return;
      this.#isClosing = true;
      this.blur();
      void this.contents.close();
      this.#isDestroyed = true;
      windows.splice(windows.indexOf(this), 1);
      this.emit("closed");
      if (windows.length > 0) return;
      if (app.listenerCount("window-all-closed") > 0) app.emit("window-all-closed");
      else app.quit();
    }
  }

  app.closeWindows = (force) => {
    for (const window of [...windows]) {
      if (force) window.destroy();
      else window.close();
    }
    return Promise.resolve(windows.length === 0);
  };

  const mayUse = (): string | undefined =>
    app.isReady() ? undefined : "Cannot create BrowserWindow before app is ready";
  return { FakeWindow, BrowserWindow: strictClass("BrowserWindow", FakeWindow, mayUse), windows };
};

/** The window behind what the shell holds. */
export const rawWindow = (windows: readonly FakeWindow[], id: number): FakeWindow => {
  const found = windows.find((window) => window.id === id);
  if (!found) throw new Refused(`no window ${id}`);
  return found;
};
