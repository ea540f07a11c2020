/** A real Chromium in front of a real host. It cannot resolve any name, and every page notes what it should not do. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export interface Look {
  readonly colours?: "light" | "dark";
  readonly width?: number;
  /** The browser's language, which the page follows. */
  readonly language?: "en" | "ko" | "ja";
  /** Answers that a test provokes: the browser writes each failed request to its console. */
  readonly expects?: readonly number[];
}

export type Surfer = Awaited<ReturnType<typeof startBrowser>>;

export const startBrowser = async (url: string) => {
  const browser: Browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
    args: ARGS,
  });
  const contexts = new Map<BrowserContext, { elsewhere: string[]; complaints: string[] }>();

  /** A browser profile of its own: nothing remembered, nothing shared. */
  const profile = async ({
    colours = "light",
    width = 1280,
    language = "en",
    expects = [],
  }: Look = {}): Promise<BrowserContext> => {
    const context = await browser.newContext({
      viewport: { width, height: 860 },
      colorScheme: colours,
      locale: language,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const notes = { elsewhere: [] as string[], complaints: [] as string[] };
    contexts.set(context, notes);
    const isForeign = (at: string): boolean => /^(?:https?|wss?|ftp):/.test(at) && new URL(at).origin !== url;
    context.on("request", (request) => void (isForeign(request.url()) && notes.elsewhere.push(request.url())));
    context.on("weberror", (error) => notes.complaints.push(`error: ${error.error().message}`));
    context.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const text = message.text();
      if (expects.some((status) => text.includes(`status of ${status}`))) return;
      notes.complaints.push(`${message.type()}: ${text}`);
    });
    return context;
  };

  /** A profile whose complaints and requests a test judges by itself: it provokes what `settle` would not forgive. */
  const unwatched = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
    contexts.set(context, { elsewhere: [], complaints: [] });
    return context;
  };

  /** Opens a route and waits for its heading. */
  const open = async (route: string, look: Look & { context?: BrowserContext } = {}): Promise<Page> => {
    const page = await (look.context ?? (await profile(look))).newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(`${url}/#${route}`);
    await page.locator("h1").waitFor();
    return page;
  };

  /** No page asked anyone but this host for anything, and the browser had nothing to complain of (CSP, errors). */
  const settle = async (): Promise<void> => {
    const all = [...contexts.values()];
    await Promise.all([...contexts.keys()].map((context) => context.close()));
    contexts.clear();
    expect(
      all.flatMap(({ elsewhere }) => elsewhere),
      "requests to other hosts",
    ).toEqual([]);
    expect(
      all.flatMap(({ complaints }) => complaints),
      "what the browser complained of",
    ).toEqual([]);
  };

  return { open, profile, unwatched, settle, close: () => browser.close() };
};
