/** The small pieces of the stand-in: dialogs, shell, menus, tray, notifications, secrets, theme, screens. All keep what was asked of them. */
import { EventEmitter } from "node:events";
import { Refused, strict, strictClass } from "./strict.ts";

type Ready = () => boolean;
const untilReady = (isReady: Ready) => (): string | undefined =>
  isReady() ? undefined : "only after the app is ready";

/** A message box that is open: a test answers it by a button's text. */
export interface Question {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
  choose(button: string | RegExp): void;
}

interface BoxOptions {
  readonly message?: string;
  readonly detail?: string;
  readonly buttons?: readonly string[];
  readonly cancelId?: number;
  readonly signal?: AbortSignal;
}

/** The options of a dialog, which may stand behind the window that it belongs to. */
const optionsOf = (args: readonly unknown[]): BoxOptions => args.at(-1) as BoxOptions;

export const createDialogs = (isReady: Ready) => {
  const open: Question[] = [];
  const asked: Question[] = [];
  let saveTo: string | undefined;
  let openPaths: readonly string[] = [];
  const saves: object[] = [];
  const waiters: { pattern: RegExp; take: (question: Question) => void }[] = [];

  const showMessageBox = (...args: unknown[]): Promise<{ response: number; checkboxChecked: boolean }> => {
    const { message = "", detail = "", buttons = [], cancelId = 0, signal } = optionsOf(args);
    return new Promise((resolve) => {
      const close = (response: number): void => {
        const at = open.indexOf(question);
        if (at < 0) return;
        open.splice(at, 1);
        resolve({ response, checkboxChecked: false });
      };
      const question: Question = {
        message,
        detail,
        buttons,
        choose: (button) => {
          const index = buttons.findIndex((text) => (typeof button === "string" ? text === button : button.test(text)));
          if (index < 0) throw new Error(`no button '${String(button)}' among ${buttons.join(", ")}`);
          close(index);
        },
      };
      signal?.addEventListener("abort", () => close(cancelId));
      open.push(question);
      asked.push(question);
      for (const waiter of waiters.splice(0)) {
        if (waiter.pattern.test(message)) waiter.take(question);
        else waiters.push(waiter);
      }
    });
  };

  return {
    /** Every question so far, and those that are open. */
    asked,
    open,
    saves,
    /** The next save dialog ends with this path; without one it is cancelled. */
    willSaveTo: (path: string | undefined) => (saveTo = path),
    willOpen: (paths: readonly string[]) => (openPaths = paths),
    /** The open question of that message, now or when it comes. */
    question: (pattern: RegExp): Promise<Question> => {
      const there = open.find(({ message }) => pattern.test(message));
      return there ? Promise.resolve(there) : new Promise((take) => waiters.push({ pattern, take }));
    },
    dialog: strict(
      "Dialog",
      {
        showMessageBox,
        showErrorBox: () => {},
        showSaveDialog: (...args: unknown[]) => {
          saves.push(optionsOf(args));
          return Promise.resolve({ canceled: saveTo === undefined, filePath: saveTo ?? "" });
        },
        showOpenDialog: () => Promise.resolve({ canceled: openPaths.length === 0, filePaths: [...openPaths] }),
      },
      (member) => (member === "showErrorBox" ? undefined : untilReady(isReady)()),
    ),
  };
};

export const createShellPiece = () => {
  const external: string[] = [];
  const paths: string[] = [];
  const shown: string[] = [];
  let failure = "";
  return {
    /** What the system says when it does not open a path; "" where it does. */
    willFailToOpen: (reason: string) => (failure = reason),
    external,
    paths,
    shown,
    shell: strict("Shell", {
      openExternal: (url: string) => Promise.resolve(void external.push(url)),
      openPath: (path: string) => Promise.resolve((paths.push(path), failure)),
      showItemInFolder: (path: string) => void shown.push(path),
      beep: () => {},
    }),
  };
};

interface Item {
  readonly label?: string;
  readonly type?: string;
  readonly role?: string;
  readonly accelerator?: string;
  readonly enabled?: boolean;
  readonly checked?: boolean;
  readonly click?: (...args: unknown[]) => void;
  readonly submenu?: readonly Item[];
}

export type FakeMenu = EventEmitter & { readonly items: readonly Item[] };

/** Menus, the tray and notifications, with what a test needs to use them as a person would. */
export const createDesktop = (isReady: Ready, supports: { notifications: boolean }) => {
  const trays: FakeTray[] = [];
  const notifications: FakeNotification[] = [];
  let applicationMenu: FakeMenu | null = null;

  class MenuPiece extends EventEmitter {
    readonly items: readonly Item[];
    constructor(items: readonly Item[] = []) {
      super();
      this.items = items;
      return strict("Menu", this as MenuPiece);
    }
    static buildFromTemplate(template: readonly Item[]): MenuPiece {
      return new MenuPiece(template);
    }
    static setApplicationMenu(menu: FakeMenu | null): void {
      applicationMenu = menu;
    }
    static getApplicationMenu(): FakeMenu | null {
      return applicationMenu;
    }
    popup(): void {}
    getMenuItemById(id: string): Item | null {
      return this.items.find((item) => "id" in item && item.id === id) ?? null;
    }
  }

  class FakeTray extends EventEmitter {
    menu: FakeMenu | null = null;
    toolTip = "";
    title = "";
    #isDestroyed = false;
    readonly image: unknown;
    constructor(image: unknown) {
      super();
      this.image = image;
      trays.push(this);
      return strict("Tray", this as FakeTray);
    }
    setContextMenu(menu: FakeMenu | null): void {
      this.menu = menu;
    }
    setToolTip(text: string): void {
      this.toolTip = text;
    }
    setTitle(text: string): void {
      this.title = text;
    }
    setImage(): void {}
    setPressedImage(): void {}
    setIgnoreDoubleClickEvents(): void {}
    popUpContextMenu(): void {}
    destroy(): void {
      this.#isDestroyed = true;
      trays.splice(trays.indexOf(this), 1);
    }
    isDestroyed(): boolean {
      return this.#isDestroyed;
    }
  }

  class FakeNotification extends EventEmitter {
    shown = false;
    readonly options: Readonly<Record<string, unknown>>;
    constructor(options: Readonly<Record<string, unknown>> = {}) {
      super();
      this.options = options;
      return strict("Notification", this as FakeNotification);
    }
    static isSupported(): boolean {
      return supports.notifications;
    }
    get title(): unknown {
      return this.options["title"];
    }
    get body(): unknown {
      return this.options["body"];
    }
    show(): void {
      if (!isReady()) throw new Refused("Notification.show: only after the app is ready");
      this.shown = true;
      notifications.push(this);
      this.emit("show");
    }
    close(): void {
      this.emit("close");
    }
  }
  const anytime = (): undefined => undefined;

  return {
    trays,
    notifications,
    applicationMenu: () => applicationMenu,
    Menu: strictClass("Menu", MenuPiece, anytime),
    Tray: strictClass("Tray", FakeTray, untilReady(isReady)),
    Notification: strictClass("Notification", FakeNotification, anytime),
  };
};

/** Secrets of a system: what is encrypted can only be read by the same one. */
export const createSafeStorage = (isReady: Ready, system: { backend: string; available: boolean }) =>
  strict(
    "SafeStorage",
    {
      isAsyncEncryptionAvailable: () => Promise.resolve(system.available),
      getSelectedStorageBackend: () => system.backend,
      encryptStringAsync: (text: string) =>
        system.available
          ? Promise.resolve(Buffer.from(`v10${system.backend}:${[...text].reverse().join("")}`, "utf8"))
          : Promise.reject(new Error("Encryption is not available")),
      decryptStringAsync: (sealed: Buffer) => {
        const start = `v10${system.backend}:`;
        const text = sealed.toString("utf8");
        return text.startsWith(start)
          ? Promise.resolve({ result: [...text.slice(start.length)].reverse().join(""), shouldReEncrypt: false })
          : Promise.reject(
              new Error("Error while decrypting the ciphertext provided to safeStorage.decryptStringAsync"),
            );
      },
    },
    untilReady(isReady),
  );

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

class Screens extends EventEmitter {
  readonly areas: readonly Area[];
  constructor(areas: readonly Area[]) {
    super();
    this.areas = areas;
  }
  getAllDisplays(): { workArea: Area; bounds: Area; id: number }[] {
    return this.areas.map((area, id) => ({ id, workArea: area, bounds: area }));
  }
  getPrimaryDisplay(): { workArea: Area; bounds: Area; id: number } {
    const [workArea = { x: 0, y: 0, width: 1920, height: 1080 }] = this.areas;
    return { id: 0, workArea, bounds: workArea };
  }
}

export const createScreen = (isReady: Ready, areas: readonly Area[]) =>
  strict("Screen", new Screens(areas), untilReady(isReady));

class Theme extends EventEmitter {
  readonly systemIsDark: boolean;
  #source = "system";
  constructor(systemIsDark: boolean) {
    super();
    this.systemIsDark = systemIsDark;
  }
  get themeSource(): string {
    return this.#source;
  }
  set themeSource(source: string) {
    this.#source = source;
    this.emit("updated");
  }
  get shouldUseDarkColors(): boolean {
    return this.#source === "system" ? this.systemIsDark : this.#source === "dark";
  }
}

export const createNativeTheme = (systemIsDark: boolean) => strict("NativeTheme", new Theme(systemIsDark));

class Power extends EventEmitter {
  getSystemIdleState(): string {
    return "active";
  }
}

export const createPowerMonitor = (isReady: Ready) => strict("PowerMonitor", new Power(), untilReady(isReady));

/** Images of nothing: the tray only needs to be given one. */
export const createNativeImage = () => {
  const image = (from: unknown): object =>
    strict("NativeImage", {
      from,
      isEmpty: () => false,
      setTemplateImage: () => {},
      resize: () => image(from),
      addRepresentation: () => {},
      getSize: () => ({ width: 16, height: 16 }),
    });
  return {
    createFromPath: (path: string) => image(path),
    createFromBuffer: (buffer: Buffer) => image(buffer),
    createFromDataURL: (url: string) => image(url),
    createFromBitmap: (buffer: Buffer) => image(buffer),
    createEmpty: () => image(undefined),
  };
};
