/** `webContents` of the stand-in: a real Chromium page, its navigations and messages told as Electron tells them. */
import { EventEmitter } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import type { Frame, Page, Route } from "playwright-core";
import { BINDING, deliver, preparePage, type FromPage, type Isolation } from "./in-page.ts";
import type { FakeSession } from "./session.ts";
import { createEvent, Refused, strict } from "./strict.ts";

export interface ContentsDeps {
  readonly session: FakeSession;
  readonly preload: string;
  readonly isolation: Isolation;
  readonly onInvoke: (
    contents: FakeContents,
    frame: object,
    channel: string,
    args: readonly unknown[],
  ) => Promise<unknown>;
  /** Told of what Electron would have done and the stand-in cannot: a test must not pass by it. */
  readonly fault: (error: unknown) => void;
}

type OpenHandler = (details: {
  url: string;
  frameName: string;
  features: string;
  disposition: string;
  referrer: object;
}) => {
  action: string;
};

let ids = 0;

/** The origin as Electron's frames say it: "null" for an opaque one. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : "null");

export class FakeContents extends EventEmitter {
  readonly id = ++ids;
  readonly proxy: FakeContents;
  zoomLevel = 0;
  webRtcPolicy = "default";
  devTools = false;
  readonly sent: { channel: string; value: unknown }[] = [];
  readonly downloadsAsked: string[] = [];
  #page: Promise<Page> | undefined;
  #current: Page | undefined;
  #expected: string | undefined; // of loadURL: not a navigation of the page
  #handler: OpenHandler | undefined;
  #isDestroyed = false;
  #crashed = false;

  #deps: ContentsDeps;

  constructor(deps: ContentsDeps) {
    super();
    this.#deps = deps;
    if (!existsSync(deps.preload)) throw new Refused(`Unable to load preload script: ${deps.preload}`);
    this.proxy = strict("WebContents", this as FakeContents);
  }

  get session(): FakeSession {
    return this.#deps.session.proxy;
  }
  get mainFrame(): object {
    if (!this.#current) throw new Refused("webContents.mainFrame: no page yet");
    return this.frameOf(this.#current.mainFrame());
  }

  /** The page, made at the first load and anew after a crash. */
  page(): Promise<Page> {
    if (this.#crashed) this.#page = this.#current = undefined;
    this.#crashed = false;
    return (this.#page ??= this.#makePage());
  }

  async #makePage(): Promise<Page> {
    const context = await this.#deps.session.context;
    const page = await context.newPage();
    this.#current = page;
    await page.exposeBinding(BINDING, ({ frame }, message: FromPage) => this.#hear(frame, message));
    await preparePage(page, readFileSync(this.#deps.preload, "utf8"), this.#deps.isolation);
    await page.route("**/*", (route) => this.#decide(route));
    page.on("load", () => this.emit("did-finish-load"));
    page.on("crash", () => {
      this.#crashed = true;
      this.emit("render-process-gone", createEvent({}), { reason: "crashed", exitCode: 139 });
    });
    page.on("framenavigated", (frame) => this.#navigated(frame));
    page.on("download", (download) => void this.#deps.session.take(download, this.proxy).catch(this.#deps.fault));
    page.on("popup", (popup) => {
      this.#deps.fault(new Error(`a window was opened past the stand-in: ${popup.url()}`));
      void popup.close();
    });
    return page;
  }

  #lastDocument = "";
  #navigated(frame: Frame): void {
    const isMainFrame = frame.parentFrame() === null;
    const url = frame.url();
    const document = url.split("#")[0] ?? "";
    if (!isMainFrame) return;
    if (document === this.#lastDocument && url.includes("#") && this.#expected === undefined)
      this.emit("did-navigate-in-page", createEvent({}), url, true, 1, 1);
    else this.emit("did-navigate", createEvent({}), url, 200, "OK");
    this.#lastDocument = document;
  }

  frameOf(frame: Frame): object {
    const parent = frame.parentFrame();
    return strict("WebFrameMain", {
      url: frame.url(),
      origin: frame.url().startsWith("data:") ? "null" : originOf(frame.url()),
      parent: parent ? this.frameOf(parent) : null,
      top: parent ? this.frameOf(frame.page().mainFrame()) : null,
      processId: 1,
      routingId: 1,
    });
  }

  async #hear(frame: Frame, message: FromPage): Promise<unknown> {
    if (message.type === "open") return void this.openWindow(message.url);
    try {
      return { value: await this.#deps.onInvoke(this, this.frameOf(frame), message.channel, message.args) };
    } catch (error) {
      return { failure: String(error) };
    }
  }

  /** The page wants a window. Without a handler Electron opens one. */
  openWindow(url: string): void {
    const details = {
      url,
      frameName: "",
      features: "",
      disposition: "foreground-tab",
      referrer: { url: "", policy: "default" },
    };
    if (this.#handler?.(details).action !== "deny") this.#deps.fault(new Error(`a window was allowed to open: ${url}`));
  }

  async #decide(route: Route): Promise<void> {
    const request = route.request();
    const url = request.url();
    try {
      const mayLeave =
        !request.isNavigationRequest() ||
        this.#expected === url.split("#")[0] ||
        this.#mayNavigate(request.frame(), url);
      if (!mayLeave || !this.#deps.session.allows(url)) return await route.abort("aborted");
      const frame = request.frame();
      const ofFrame = frame.parentFrame() === null ? "mainFrame" : "subFrame";
      const resourceType = request.isNavigationRequest() ? ofFrame : "xhr";
      const sent = { url, method: request.method(), resourceType, frame: this.frameOf(frame) };
      await route.continue({ headers: this.#deps.session.headersFor(sent, request.headers()) });
    } catch (error) {
      if (!this.#isDestroyed && !/closed|crashed/i.test(String(error))) this.#deps.fault(error);
    }
  }

  #mayNavigate(frame: Frame, url: string): boolean {
    const isMainFrame = frame.parentFrame() === null;
    const details = createEvent({
      url,
      isMainFrame,
      isSameDocument: false,
      frame: this.frameOf(frame),
      initiator: null,
    });
    this.emit("will-frame-navigate", details);
    if (!isMainFrame || details.defaultPrevented) return !details.defaultPrevented;
    this.emit("will-navigate", details, url, false, true, 1, 1);
    return !details.defaultPrevented;
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.page();
    const origin = originOf(url);
    if (origin.startsWith("http")) await this.#deps.session.grant(origin, this.proxy);
    this.#expected = url.split("#")[0];
    try {
      await page.goto(url, { waitUntil: "load" });
    } catch (error) {
      throw new Error(`ERR_FAILED (-2) loading '${url.slice(0, 60)}': ${String(error).split("\n")[0] ?? ""}`, {
        cause: error,
      });
    } finally {
      this.#expected = undefined;
    }
  }

  reload(): void {
    const url = this.getURL();
    this.#expected = url.split("#")[0];
    void this.#current
      ?.reload()
      .catch(this.#deps.fault)
      .finally(() => (this.#expected = undefined));
  }

  getURL(): string {
    return this.#current && !this.#crashed ? this.#current.url() : "";
  }
  getTitle(): string {
    return "Outpost";
  }
  isDestroyed(): boolean {
    return this.#isDestroyed;
  }
  isCrashed(): boolean {
    return this.#crashed;
  }
  send(channel: string, ...args: unknown[]): void {
    if (this.#isDestroyed) throw new Refused("Object has been destroyed");
    const [value] = structuredClone(args);
    this.sent.push({ channel, value });
    void this.#page?.then((page) => deliver(page, { channel, value })).catch(() => undefined); // a page on its way hears nothing
  }
  setZoomLevel(level: number): void {
    this.zoomLevel = level;
  }
  getZoomLevel(): number {
    return this.zoomLevel;
  }
  setWindowOpenHandler(handler: OpenHandler): void {
    this.#handler = handler;
  }
  setWebRTCIPHandlingPolicy(policy: string): void {
    this.webRtcPolicy = policy;
  }
  downloadURL(url: string): void {
    this.downloadsAsked.push(url);
  }
  openDevTools(): void {
    this.devTools = true;
    this.emit("devtools-opened");
  }
  closeDevTools(): void {
    this.devTools = false;
  }
  isDevToolsOpened(): boolean {
    return this.devTools;
  }
  forcefullyCrashRenderer(): void {
    void this.crash();
  }
  async printToPDF(options: { landscape?: boolean; printBackground?: boolean }): Promise<Buffer> {
    const page = await this.page();
    return page.pdf({ landscape: options.landscape ?? false, printBackground: options.printBackground ?? false });
  }
  focus(): void {}
  copy(): void {}
  paste(): void {}

  /** Kills the renderer, as the system does when memory runs out. */
  async crash(): Promise<void> {
    const page = await this.page();
    const session = await page.context().newCDPSession(page);
    const died = new Promise<void>((resolve) => page.once("crash", () => resolve()));
    session.send("Page.crash").catch(() => undefined); // the one that would answer is the one that dies
    await died;
  }

  /** Where a file that the page gets by drop or choice lies. */
  async fileLiesAt(name: string, path: string): Promise<void> {
    await deliver(await this.page(), { name, path });
  }

  async close(): Promise<void> {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.emit("destroyed");
    await (await this.#page)?.close();
  }
}
