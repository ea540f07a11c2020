/** What a hostile page tries: the E rows of the attack list, on the shell's real code in front of a real Chromium. */
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { channelOf, verbNames } from "../../shared/shell/verbs.ts";
import { startMachine, type StartedApp, type TestMachine } from "./stand-in/machine.ts";

let machine: TestMachine;

beforeAll(async () => {
  machine = await startMachine();
});
afterEach(() => machine.settle());
afterAll(() => machine?.close());

const opened = async (): Promise<{ app: StartedApp; page: Page; url: string }> => {
  const app = machine.start();
  const page = await app.page();
  return { app, page, url: await app.url() };
};

/** Adds a link and clicks it, as an injected one would be. */
const click = (page: Page, attributes: Record<string, string>): Promise<void> =>
  page.evaluate((given) => {
    const link = document.createElement("a");
    for (const [name, value] of Object.entries(given)) link.setAttribute(name, value);
    document.body.append(link);
    link.click();
  }, attributes);

test("E01: a window that the page opens never comes to be; https is asked about, the rest is dropped", async () => {
  const { app, page } = await opened();
  expect(await page.evaluate(() => window.open("https://evil.example/") === null)).toBe(true);
  (await app.dialogs.question(/in the browser/)).choose("Cancel");
  await page.evaluate(() => window.open("file:///etc/passwd"));
  await page.evaluate(() => window.open("about:blank"));
  await click(page, { href: "ms-settings:", target: "_blank" });
  expect(app.windows).toHaveLength(1);
  expect(app.shellPiece.external).toEqual([]);
  expect(app.dialogs.asked).toHaveLength(1);
});

test("E02: the window does not leave the host's page; what it is led to is opened outside only after a yes", async () => {
  const { app, page, url } = await opened();
  await page.evaluate(() => (location.href = "https://evil.example/?stolen"));
  const question = await app.dialogs.question(/in the browser/);
  expect(question.detail).toBe("https://evil.example/?stolen");
  question.choose("Open");
  await expect.poll(() => app.shellPiece.external).toEqual(["https://evil.example/?stolen"]);
  await page.evaluate(() => (location.href = "http://127.0.0.1:1/"));
  await page.evaluate(() => (location.href = "/api/outpost/v1/status"));
  await expect.poll(() => app.windows[0]?.contents.downloadsAsked).toEqual([`${url}/api/outpost/v1/status`]);
  expect(page.url().startsWith(`${url}/`)).toBe(true);
  await page.locator("h1").first().waitFor();
});

test("E03: frames show neither files nor other hosts", async () => {
  const { page } = await opened();
  const frames = ["file:///etc/passwd", "https://evil.example/", "http://127.0.0.1:1/"];
  await page.evaluate((addresses) => {
    for (const src of addresses) document.body.append(Object.assign(document.createElement("iframe"), { src }));
  }, frames);
  await page.waitForLoadState("networkidle").catch(() => undefined);
  const shown = page.frames().map((frame) => frame.url());
  for (const address of frames) expect(shown).not.toContain(address);
});

test("E04: a frame inside the page has no bridge, and what it sends is refused, verb by verb", async () => {
  const { app, page, url } = await opened();
  await page.evaluate(() => {
    const frame = document.createElement("iframe");
    frame.srcdoc = "<p>artifact</p>";
    document.body.append(frame);
  });
  await expect.poll(() => page.frames().length).toBe(2);
  const inner = page.frames().find((frame) => frame.parentFrame() !== null);
  expect(await inner?.evaluate(() => "outpost" in window)).toBe(false);

  expect(app.unansweredVerbs(), "verbs that the bridge has and nobody answers").toEqual([]);
  const contents = app.windows[0]?.contents;
  if (!contents) throw new Error("no window");
  const top = { origin: url, url: `${url}/`, parent: null };
  for (const name of verbNames) {
    const send = (frame: object | null): Promise<unknown> => app.invoke(contents, frame, channelOf(name), [undefined]);
    expect(await send({ ...top, parent: top }), name).toMatchObject({ error: expect.stringContaining("frame inside") });
    expect(await send({ ...top, origin: "null" }), name).toMatchObject({
      error: expect.stringContaining("comes from null"),
    });
    expect(await send({ ...top, origin: "https://evil.example" }), name).toHaveProperty("error");
    expect(await send(null), name).toMatchObject({ error: expect.stringContaining("gone") });
  }
});

test("E04: a page that was taken over gets no more than the verbs, each with its own input", async () => {
  const { app, page, url } = await opened();
  const contents = app.windows[0]?.contents;
  if (!contents) throw new Error("no window");
  const top = { origin: url, url: `${url}/`, parent: null };
  expect(await page.evaluate(() => Object.isFrozen(window.outpost))).toBe(true);
  const words = await page.evaluate(() => Object.keys(window.outpost ?? {}));
  expect(words.toSorted()).toEqual([...verbNames, "on", "pathForFile"].toSorted());
  expect(
    await page.evaluate(() => ["require", "process", "ipcRenderer", "electron"].filter((name) => name in window)),
  ).toEqual([]);
  for (const input of [{}, { url: "https://a.example" }, 7, ["x"], "x".repeat(5000)])
    expect(await app.invoke(contents, top, channelOf("openExternal"), [input])).toHaveProperty("error");
  expect(await app.invoke(contents, top, channelOf("versions"), [undefined, "more"])).toHaveProperty("error");
  await expect(app.invoke(contents, top, "outpost:eval", [])).rejects.toThrow("No handler registered");
});

test("E05: a javascript: link runs nothing", async () => {
  const { page } = await opened();
  await click(page, { href: "javascript:window.harmed=1" });
  await click(page, { href: "javascript:window.harmed=1", target: "_blank" });
  expect(await page.evaluate(() => "harmed" in window)).toBe(false);
});

test("E06: a dropped .html file does not replace the page", async () => {
  const { app, page, url } = await opened();
  expect(app.windows[0]?.options.webPreferences).toMatchObject({ navigateOnDragDrop: false });
  await page.evaluate(() => (location.href = "file:///tmp/evil.html"));
  expect(page.url().startsWith(url)).toBe(true);
});

test("E07: a released app opens no developer tools, and has none", async () => {
  const app = machine.start({ isPackaged: true });
  await app.page();
  const [window] = app.windows;
  expect(window?.options.webPreferences).toMatchObject({ devTools: false });
  window?.contents.openDevTools();
  expect(window?.contents.devTools).toBe(false);
});

test.each([
  [{ env: { ELECTRON_RUN_AS_NODE: "1" } }, "ELECTRON_RUN_AS_NODE"],
  [{ args: ["--remote-debugging-port=9222"] }, "--remote-debugging-port"],
  [{ args: ["--inspect"] }, "--inspect"],
  [{ args: ["--no-sandbox"] }, "--no-sandbox"],
])("E08: a released app refuses to start with %j", async (given, name) => {
  const app = machine.start({ isPackaged: true, ...given });
  expect(await app.shell).toBeUndefined();
  expect(await app.app.exited).toBe(2);
  expect(app.said.join()).toContain(name);
  expect(app.windows).toEqual([]);
});

test("permissions are refused, but for writing to the clipboard from the page itself", async () => {
  const { app, page, url } = await opened();
  const stateOf = (name: string): Promise<string> =>
    page.evaluate(async (asked) => (await navigator.permissions.query({ name: asked as PermissionName })).state, name);
  for (const name of ["geolocation", "notifications", "camera", "microphone", "midi", "clipboard-read"])
    expect(await stateOf(name), name).not.toBe("granted");
  expect(await stateOf("clipboard-write")).toBe("granted");
  const [session] = [...app.sessions.values()];
  // Each of the two handlers alone refuses: Chromium asks sometimes the one, sometimes the other.
  for (const permission of ["geolocation", "media", "clipboard-read", "hid", "fileSystem", "local-network-access"]) {
    expect(session?.set.permissionCheck?.(null, permission, url, { isMainFrame: true }), permission).toBe(false);
    let granted: unknown = "unanswered";
    const details = { isMainFrame: true, requestingUrl: `${url}/` };
    session?.set.permissionRequest?.(null, permission, (answer) => (granted = answer), details);
    expect(granted, permission).toBe(false);
  }
  expect(session?.set.devicePermission?.({})).toBe(false);
  expect(session?.set.permissionCheck?.(null, "clipboard-sanitized-write", "null", { isMainFrame: true })).toBe(false);
  expect(session?.set.permissionCheck?.(null, "clipboard-sanitized-write", url, { isMainFrame: false })).toBe(false);
  let streams: unknown = "asked";
  session?.set.displayMedia?.({}, (given) => (streams = given));
  expect(streams).toBeNull();
  expect(session?.set.spellCheck).toBe(false);
});

test("requests to other hosts are cancelled, whoever makes them", async () => {
  const { app, url } = await opened();
  const [session] = [...app.sessions.values()];
  const allowed = [`${url}/`, `${url}/api/outpost/v1/status`, `blob:${url}/0f`, "data:image/png;base64,AA=="];
  const refused = [
    "https://evil.example/",
    "http://127.0.0.1:1/",
    "ws://127.0.0.1:1/",
    "file:///etc/passwd",
    "ftp://x/",
    "devtools://x",
  ];
  expect(allowed.map((address) => session?.allows(address))).toEqual([true, true, true, true]);
  const packaged = machine.start({ isPackaged: true });
  await packaged.page();
  const [released] = [...packaged.sessions.values()];
  expect(refused.map((address) => released?.allows(address))).toEqual(refused.map(() => false));
});

test("a redirect, a webview and a certificate that is wrong lead nowhere", async () => {
  const { app, url } = await opened();
  const contents = app.windows[0]?.contents;
  const prevented = (event: string, details: object): boolean => {
    let stopped = false;
    contents?.emit(event, { ...details, preventDefault: () => (stopped = true) });
    return stopped;
  };
  expect(prevented("will-redirect", { url: "https://evil.example/", isMainFrame: true })).toBe(true);
  expect(prevented("will-redirect", { url: "https://evil.example/", isMainFrame: false })).toBe(true);
  expect(prevented("will-redirect", { url: `${url}/`, isMainFrame: true })).toBe(false);
  expect(prevented("will-attach-webview", {})).toBe(true);
  let answer: unknown;
  app.app.emit(
    "certificate-error",
    { preventDefault: () => {} },
    contents,
    url,
    "ERR",
    {},
    (given: boolean) => (answer = given),
  );
  expect(answer).toBe(false);
  expect(contents?.webRtcPolicy).toBe("disable_non_proxied_udp");
  expect(app.app.sandboxed).toBe(true);
  expect(app.app.switches.get("host-resolver-rules")).toBe("MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
});

test("where a token is asked for, the window proves itself, and what it shows in frames does not", async () => {
  const app = machine.start({ args: ["--require-token"] });
  const page = await app.page();
  const url = await app.url();
  expect((await fetch(`${url}/api/outpost/v1/status`)).status).toBe(401);
  expect(await page.evaluate(async () => (await fetch("/api/outpost/v1/status")).status)).toBe(200);
  const [session] = [...app.sessions.values()];
  const inner = { parent: { parent: null } };
  const sent = (request: object): boolean =>
    "Authorization" in
    (session?.headersFor({ url: `${url}/api/x`, method: "POST", resourceType: "xhr", frame: inner, ...request }, {}) ??
      {});
  expect(sent({})).toBe(false);
  expect(sent({ frame: { parent: null } })).toBe(true);
  expect(sent({ frame: { parent: null }, url: "https://evil.example/" })).toBe(false);
  expect(sent({ resourceType: "subFrame", method: "GET" })).toBe(true);
  expect(sent({ resourceType: "subFrame", method: "POST" })).toBe(false);
});

test("downloads come from the host only", async () => {
  const { app, page } = await opened();
  await page.evaluate(() => {
    const href = URL.createObjectURL(new Blob(["a,b"], { type: "text/csv" }));
    const link = Object.assign(document.createElement("a"), { href, download: "own.csv" });
    document.body.append(link);
    link.click();
  });
  const [session] = [...app.sessions.values()];
  await expect.poll(() => session?.downloads.map(({ refused }) => refused)).toEqual([false]);
  await page.evaluate(() => {
    const link = Object.assign(document.createElement("a"), { href: "data:text/html,evil", download: "evil.html" });
    document.body.append(link);
    link.click();
  });
  await expect.poll(() => session?.downloads.map(({ refused }) => refused)).toEqual([false, true]);
});
