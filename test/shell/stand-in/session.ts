/**
 * A session of the stand-in: one profile of a real Chromium. What nothing forbids is allowed, as in Electron: without a
 * handler every permission is granted and every request goes out.
 */
import { EventEmitter } from "node:events";
import type { Browser, BrowserContext, Download } from "playwright-core";
import { createEvent, strict } from "./strict.ts";

type RequestFilter = (details: { url: string }, answer: (response: { cancel?: boolean }) => void) => void;
/** A request as Electron describes it. */
export interface SentRequest {
  readonly url: string;
  readonly method: string;
  readonly resourceType: string;
  readonly frame: object;
}

type HeaderFilter = (
  details: SentRequest & { requestHeaders: Record<string, string> },
  answer: (response: { requestHeaders?: Record<string, string>; cancel?: boolean }) => void,
) => void;
type PermissionCheck = (contents: unknown, permission: string, origin: string, details: object) => boolean;
type PermissionRequest = (
  contents: unknown,
  permission: string,
  answer: (granted: boolean) => void,
  details: object,
) => void;

/** Chromium's names under Playwright, and Electron's for the same. */
const PERMISSIONS: Readonly<Record<string, string>> = {
  "clipboard-read": "clipboard-read",
  "clipboard-write": "clipboard-sanitized-write",
  geolocation: "geolocation",
  notifications: "notifications",
  camera: "media",
  microphone: "media",
  midi: "midi",
};

export class FakeSession extends EventEmitter {
  readonly context: Promise<BrowserContext>;
  readonly proxy: FakeSession;
  readonly webRequest: object;
  /** What was set, for a test to look at. */
  readonly set = {
    permissionCheck: undefined as PermissionCheck | undefined,
    permissionRequest: undefined as PermissionRequest | undefined,
    devicePermission: undefined as ((details: object) => boolean) | undefined,
    displayMedia: undefined as ((request: object, answer: (streams: unknown) => void) => void) | undefined,
    spellCheck: true,
  };
  readonly downloads: FakeDownload[] = [];
  #beforeRequest: RequestFilter | undefined;
  #beforeHeaders: HeaderFilter | undefined;

  constructor(browser: Browser, language: string) {
    super();
    this.context = browser.newContext({
      viewport: { width: 1200, height: 800 },
      locale: language,
      acceptDownloads: true,
    });
    this.webRequest = strict("WebRequest", {
      onBeforeRequest: (...args: unknown[]) => void (this.#beforeRequest = args.at(-1) as RequestFilter),
      onBeforeSendHeaders: (...args: unknown[]) => void (this.#beforeHeaders = args.at(-1) as HeaderFilter),
      onHeadersReceived: () => {},
    });
    this.proxy = strict("Session", this as FakeSession);
  }

  setPermissionCheckHandler(handler: PermissionCheck | null): void {
    this.set.permissionCheck = handler ?? undefined;
  }
  setPermissionRequestHandler(handler: PermissionRequest | null): void {
    this.set.permissionRequest = handler ?? undefined;
  }
  setDevicePermissionHandler(handler: ((details: object) => boolean) | null): void {
    this.set.devicePermission = handler ?? undefined;
  }
  setDisplayMediaRequestHandler(handler: ((request: object, answer: (streams: unknown) => void) => void) | null): void {
    this.set.displayMedia = handler ?? undefined;
  }
  setSpellCheckerEnabled(enabled: boolean): void {
    this.set.spellCheck = enabled;
  }
  setProxy(): Promise<void> {
    return Promise.resolve();
  }
  clearCache(): Promise<void> {
    return Promise.resolve();
  }

  /** Whether a request may go out. */
  allows(url: string): boolean {
    let allowed = true;
    this.#beforeRequest?.({ url }, ({ cancel }) => (allowed = cancel !== true));
    return allowed;
  }

  headersFor(request: SentRequest, headers: Record<string, string>): Record<string, string> {
    let sent = headers;
    this.#beforeHeaders?.(
      { ...request, requestHeaders: headers },
      (answer) => (sent = answer.requestHeaders ?? headers),
    );
    return sent;
  }

  /** Gives Chromium the permissions that the handlers grant to a page of that origin, and no others. */
  async grant(origin: string, contents: unknown): Promise<void> {
    const details = { isMainFrame: true, requestingUrl: `${origin}/` };
    const isGranted = (permission: string): boolean => {
      const checked = this.set.permissionCheck?.(contents, permission, origin, details) ?? true;
      let requested = true;
      this.set.permissionRequest?.(contents, permission, (granted) => (requested = granted), details);
      return checked && requested;
    };
    const granted = Object.keys(PERMISSIONS).filter((name) => isGranted(PERMISSIONS[name] ?? name));
    await (await this.context).grantPermissions(granted, { origin });
  }

  async take(download: Download, contents: unknown): Promise<void> {
    const item = new FakeDownload(download);
    const event = createEvent({});
    this.downloads.push(item);
    this.emit("will-download", event, item.proxy, contents);
    if (!event.defaultPrevented) return item.finish();
    item.refused = true;
    await download.cancel();
  }
}

export class FakeDownload extends EventEmitter {
  refused = false;
  readonly proxy: FakeDownload;
  readonly download: Download;
  #savePath = "";
  constructor(download: Download) {
    super();
    this.download = download;
    this.proxy = strict("DownloadItem", this as FakeDownload);
  }
  getURL(): string {
    return this.download.url();
  }
  getURLChain(): string[] {
    return [this.download.url()];
  }
  getFilename(): string {
    return this.download.suggestedFilename();
  }
  setSavePath(path: string): void {
    this.#savePath = path;
  }
  getSavePath(): string {
    return this.#savePath;
  }
  setSaveDialogOptions(): void {}
  async finish(): Promise<void> {
    if (this.#savePath !== "") await this.download.saveAs(this.#savePath);
    this.emit("done", createEvent({}), "completed");
  }
}
