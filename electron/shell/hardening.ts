/**
 * What keeps the window closed: every rule of the desktop app's hardening, each by its name, in one place. `app.ts`
 * puts them in force, a start under a refused switch ends here, and a test goes through the list item by item.
 */
import type { App, Session, WebContents, WebPreferences } from "electron/main";

/** Chromium's profile of the windows: nothing else shares its cookies, caches and permissions. */
export const PARTITION = "persist:outpost";

/** Of every window. What is the default of Electron is written down all the same: a default may change. */
export const webPreferences = {
  contextIsolation: true,
  sandbox: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webviewTag: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  navigateOnDragDrop: false,
  spellcheck: false, // would fetch dictionaries
  safeDialogs: true, // a page cannot lock a window up with alerts
  plugins: true, // Chromium's own PDF viewer; there are no others
} as const satisfies WebPreferences;

/** Switches under which a released app does not start: each opens it to another program, or takes a guard away. */
export const refusedSwitches: readonly string[] = [
  "remote-debugging-port",
  "remote-debugging-pipe",
  "remote-allow-origins",
  "inspect",
  "inspect-brk",
  "inspect-port",
  "inspect-wait",
  "inspect-publish-uid",
  "js-flags",
  "no-sandbox",
  "disable-gpu-sandbox",
  "disable-seccomp-filter-sandbox",
  "disable-setuid-sandbox",
  "disable-namespace-sandbox",
  "single-process",
  "no-zygote",
  "in-process-gpu",
  "disable-web-security",
  "disable-site-isolation-trials",
  "disable-site-isolation-for-policy",
  "allow-running-insecure-content",
  "unsafely-treat-insecure-origin-as-secure",
  "ignore-certificate-errors",
  "ignore-certificate-errors-spki-list",
  "allow-file-access-from-files",
  "load-extension",
  "host-rules",
  "host-resolver-rules",
  "proxy-server",
  "proxy-pac-url",
  "proxy-bypass-list",
  "renderer-cmd-prefix",
  "gpu-launcher",
  "utility-cmd-prefix",
  "log-net-log",
  "ssl-key-log-file",
  "auth-server-allowlist",
];

/** Variables under which it does not start either. NODE_OPTIONS, which people do set, is deaf by a fuse. */
export const refusedVariables: readonly string[] = ["ELECTRON_RUN_AS_NODE"];

export interface StartFacts {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Why a released app must not run like this: the switches and variables by name. */
export const refusals = ({ argv, env }: StartFacts): string[] => {
  const given = argv.flatMap((argument) => /^(?:--?|\/)([a-z][a-z0-9-]*)(?:[=:]|$)/i.exec(argument)?.[1] ?? []);
  const switches = given.filter((name) => refusedSwitches.includes(name.toLowerCase())).map((name) => `--${name}`);
  return [...switches, ...refusedVariables.filter((name) => (env[name] ?? "") !== "")];
};

export interface HardeningDeps {
  /** Origin of the host's page, while there is one. */
  readonly hostOrigin: () => string | undefined;
  /** Proves to the host that a request is the window's, where that is needed. */
  readonly proof: () => string | undefined;
  readonly isReleased: boolean;
  /** A link that leaves the page: shown to a person first, or dropped. */
  readonly onOutside: (url: string, contents: WebContents) => void;
  /** A route of our own page in a window of its own. */
  readonly onOwnPage: (route: string) => void;
  readonly log: { warn(message: string, facts?: Readonly<Record<string, unknown>>): void };
}

/** Chromium's PDF viewer, which is a frame inside the frame of a preview. */
const PDF_VIEWER = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/";

const parse = (url: string): URL | undefined => (URL.canParse(url) ? new URL(url) : undefined);

/** Of the host itself, or made by its page. An opaque origin is nobody's. */
export const isOfHost = (url: string, origin: string | undefined): boolean =>
  origin !== undefined && parse(url)?.origin === origin;

/** The page itself: its one address, any route. */
export const isPage = (url: string, origin: string | undefined): boolean =>
  isOfHost(url, origin) && parse(url)?.protocol === "http:" && parse(url)?.pathname === "/";

const isFrameAllowed = (url: string, origin: string | undefined): boolean =>
  isOfHost(url, origin) || url === "about:blank" || url === "about:srcdoc" || url.startsWith(PDF_VIEWER);

/** What the network may be asked for: the host, and what lies in the page or in Chromium itself. */
const isRequestAllowed = (url: string, deps: HardeningDeps): boolean => {
  const { protocol = "" } = parse(url) ?? {};
  if (protocol === "data:") return true;
  if (protocol === "devtools:") return !deps.isReleased;
  return isOfHost(url, deps.hostOrigin()) || url.startsWith(PDF_VIEWER);
};

/** The page's copy buttons; Chromium asks for it under this name. Reading the clipboard is another. */
const allowedPermissions: readonly string[] = ["clipboard-sanitized-write"];

export interface Rule<Target> {
  readonly name: string;
  readonly apply: (target: Target, deps: HardeningDeps) => void;
}

/** Before Electron is ready. */
export const appRules: readonly Rule<App>[] = [
  { name: "every renderer is sandboxed, also one that nobody thought of", apply: (app) => app.enableSandbox() },
  {
    name: "no name is ever resolved: the page is on 127.0.0.1",
    apply: (app) => app.commandLine.appendSwitch("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
  },
  {
    name: "no proxy stands between the window and the host",
    apply: (app) => app.commandLine.appendSwitch("no-proxy-server"),
  },
  {
    name: "certificate errors are never waved through",
    apply: (app) =>
      void app.on("certificate-error", (event, _contents, _url, _error, _certificate, callback) => {
        event.preventDefault();
        callback(false);
      }),
  },
  {
    name: "no client certificate is offered",
    apply: (app) =>
      void app.on("select-client-certificate", (event, _contents, _url, _list, callback) => {
        event.preventDefault();
        callback();
      }),
  },
];

/** Of the windows' profile, before the first of them. */
export const sessionRules: readonly Rule<Session>[] = [
  {
    name: "requests go to the host only",
    apply: (session, deps) =>
      session.webRequest.onBeforeRequest(({ url }, callback) => {
        const cancel = !isRequestAllowed(url, deps);
        if (cancel) deps.log.warn("a request that does not go to the host was cancelled", { url: url.slice(0, 200) });
        callback({ cancel });
      }),
  },
  {
    name: "only the page itself speaks as the owner, not what it shows in frames",
    apply: (session, deps) =>
      session.webRequest.onBeforeSendHeaders((details, callback) => {
        const { url, method, resourceType, frame, requestHeaders } = details;
        const isOfPage = frame?.parent === null || (method === "GET" && /^(?:main|sub)Frame$/.test(resourceType));
        const proof = isOfPage && isOfHost(url, deps.hostOrigin()) ? deps.proof() : undefined;
        if (proof === undefined) callback({});
        else callback({ requestHeaders: { ...requestHeaders, Authorization: `Bearer ${proof}` } });
      }),
  },
  {
    name: "permissions are refused when they are asked for",
    apply: (session, deps) =>
      session.setPermissionRequestHandler((_contents, permission, callback, details) =>
        callback(
          allowedPermissions.includes(permission) &&
            details.isMainFrame &&
            isOfHost(details.requestingUrl, deps.hostOrigin()),
        ),
      ),
  },
  {
    name: "permissions are refused when they are looked up",
    apply: (session, deps) =>
      session.setPermissionCheckHandler(
        (_contents, permission, origin, details) =>
          allowedPermissions.includes(permission) && details.isMainFrame && isOfHost(origin, deps.hostOrigin()),
      ),
  },
  { name: "no device is handed to the page", apply: (session) => session.setDevicePermissionHandler(() => false) },
  {
    name: "the screen is not captured",
    apply: (session) => session.setDisplayMediaRequestHandler((_request, callback) => callback(null)),
  },
  {
    name: "files are downloaded from the host only",
    apply: (session, deps) =>
      void session.on("will-download", (event, item) => {
        if (item.getURLChain().every((url) => isOfHost(url, deps.hostOrigin()))) return;
        event.preventDefault();
        deps.log.warn("a download that does not come from the host was refused", { url: item.getURL().slice(0, 200) });
      }),
  },
  { name: "no spell-checker fetches dictionaries", apply: (session) => session.setSpellCheckerEnabled(false) },
];

/** The window, or the navigation in it, goes elsewhere: what is ours is opened in its own way, the rest is asked or dropped. */
const redirect = (url: string, contents: WebContents, deps: HardeningDeps): void => {
  const origin = deps.hostOrigin();
  if (isPage(url, origin)) deps.onOwnPage(new URL(url).hash.slice(1) || "/");
  else if (isOfHost(url, origin)) contents.downloadURL(url);
  else deps.onOutside(url, contents);
};

/** Of everything that shows a page, the moment it comes into being. */
export const contentsRules: readonly Rule<WebContents>[] = [
  {
    name: "the window stays on the host's page",
    apply: (contents, deps) =>
      void contents.on("will-navigate", (details) => {
        if (isPage(details.url, deps.hostOrigin())) return;
        details.preventDefault();
        if (details.isMainFrame) redirect(details.url, contents, deps);
      }),
  },
  {
    name: "a redirect cannot lead away",
    apply: (contents, deps) =>
      void contents.on("will-redirect", (details) => {
        const { url, isMainFrame } = details;
        const origin = deps.hostOrigin();
        if (isMainFrame ? !isPage(url, origin) : !isFrameAllowed(url, origin)) details.preventDefault();
      }),
  },
  {
    name: "frames show the host's previews and nothing else",
    apply: (contents, deps) =>
      void contents.on("will-frame-navigate", (details) => {
        if (!details.isMainFrame && !isFrameAllowed(details.url, deps.hostOrigin())) details.preventDefault();
      }),
  },
  {
    name: "the page opens no windows",
    apply: (contents, deps) =>
      contents.setWindowOpenHandler(({ url }) => {
        redirect(url, contents, deps);
        return { action: "deny" };
      }),
  },
  {
    name: "no page is embedded with powers of its own",
    apply: (contents) => void contents.on("will-attach-webview", (event) => event.preventDefault()),
  },
  {
    name: "WebRTC tells no address",
    apply: (contents) => contents.setWebRTCIPHandlingPolicy("disable_non_proxied_udp"),
  },
  {
    name: "a released app has no developer tools",
    apply: (contents, deps) => {
      if (deps.isReleased) contents.on("devtools-opened", () => contents.closeDevTools());
    },
  },
];

/** Puts a list of rules in force. */
export const enforce = <Target>(rules: readonly Rule<Target>[], target: Target, deps: HardeningDeps): void => {
  for (const { apply } of rules) apply(target, deps);
};
