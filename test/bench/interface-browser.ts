/** Measurements of one interface in a real Chromium. */
import { gzipSync } from "node:zlib";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-precise-memory-info",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];
const PATIENCE_MS = 120_000;

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium", args: ARGS });

export interface Loaded {
  readonly plainKb: number;
  readonly gzippedKb: number;
  readonly wireKb: number; // all that came over the connection, of every kind
  readonly firstPaintMs: number;
  readonly requests: number;
}

const newPage = async (browser: Browser): Promise<{ context: BrowserContext; page: Page }> => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  return { context, page };
};

/** The page is quiet: nothing was asked for in half a second. A stream of events stays open and does not count. */
const settled = async (page: Page): Promise<void> => {
  let last = performance.now();
  const touch = (): void => void (last = performance.now());
  page.on("request", touch);
  page.on("requestfinished", touch);
  const until = performance.now() + 15_000;
  while (performance.now() - last < 700 && performance.now() < until) await page.waitForTimeout(50);
  page.off("request", touch);
  page.off("requestfinished", touch);
};

/** Loads a page with an empty cache. Scripts count plain and as gzip would pack them, whether the server does or not. */
export const load = async (browser: Browser, address: string): Promise<Loaded> => {
  const { context, page } = await newPage(browser);
  const scripts: Promise<Buffer>[] = [];
  const sizes: Promise<number>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() === "eventsource") return;
    if (response.request().resourceType() === "script") scripts.push(response.body().catch(() => Buffer.alloc(0)));
  });
  page.on("requestfinished", (request) => {
    sizes.push(
      request.sizes().then(
        ({ responseBodySize, responseHeadersSize }) => responseBodySize + responseHeadersSize,
        () => 0,
      ),
    );
  });
  await page.goto(address);
  await settled(page);
  const bodies = await Promise.all(scripts);
  const wire = (await Promise.all(sizes)).reduce((sum, size) => sum + Math.max(0, size), 0);
  const firstPaintMs = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
  );
  await context.close();
  const kb = (sizesOf: number[]): number => sizesOf.reduce((sum, size) => sum + size, 0) / 1000;
  return {
    plainKb: kb(bodies.map((body) => body.length)),
    gzippedKb: kb(bodies.map((body) => gzipSync(body, { level: 9 }).length)),
    wireKb: wire / 1000,
    firstPaintMs,
    requests: sizes.length,
  };
};

export interface Shown {
  readonly ms: number;
  readonly nodes: number;
}

/** What has to be there, asked in the page at each frame: a text, or drawn canvases or SVGs beside it. */
export interface Ready {
  readonly text: string; // a regular expression
  readonly drawn?: number; // canvases or charts with something on them
}

/**
 * Goes from one page of the interface to another and waits, frame by frame, until what was asked for is shown. A page
 * of its kind, over other data, was open before: script and styles are there already, as in daily work. The clock runs
 * inside the page.
 */
export const go = async (
  browser: Browser,
  url: string,
  { before, from, to }: { readonly before: string; readonly from: string; readonly to: string },
  ready: Ready,
): Promise<Shown> => {
  const { context, page } = await newPage(browser);
  for (const route of [before, from]) {
    await page.goto(`${url}/#${route}`);
    await settled(page);
  }
  const shown = await page.evaluate(
    async ({ to, ready, patience }): Promise<Shown> => {
      const pattern = new RegExp(ready.text);
      const drawn = (): number =>
        [...document.querySelectorAll("canvas")].filter((canvas) => {
          const context = canvas.width > 0 && canvas.height > 0 ? canvas.getContext("2d") : null;
          if (!context) return false;
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          for (let i = 3; i < data.length; i += 4 * 7) if (data[i] !== 0) return true;
          return false;
        }).length +
        document.querySelectorAll(".js-plotly-plot .scatterlayer .trace, .js-plotly-plot .gl-canvas").length;
      const isReady = (): boolean => pattern.test(document.body.innerText) && (!ready.drawn || drawn() >= ready.drawn);
      const started = performance.now();
      location.hash = to;
      for (;;) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (isReady()) break;
        if (performance.now() - started > patience) return { ms: NaN, nodes: document.querySelectorAll("*").length };
      }
      return { ms: performance.now() - started, nodes: document.querySelectorAll("*").length };
    },
    { to, ready, patience: PATIENCE_MS },
  );
  await context.close();
  return shown;
};

/** Heap of a page, MB, after a collection, at even intervals while `meanwhile` runs. */
export const watchHeap = async (
  browser: Browser,
  address: string,
  { minutes, samples }: { minutes: number; samples: number },
  meanwhile: (at: number) => Promise<void>,
): Promise<number[]> => {
  const { context, page } = await newPage(browser);
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.enable");
  await page.goto(address);
  await settled(page);
  const heap = async (): Promise<number> => {
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    return usedSize / 1e6;
  };
  const readings: number[] = [];
  const started = performance.now();
  const total = minutes * 60_000;
  let at = 0;
  for (let sample = 1; sample <= samples; sample++) {
    const until = started + (total * sample) / samples;
    while (performance.now() < until) {
      await meanwhile(at++);
      await page.waitForTimeout(200);
    }
    readings.push(await heap());
  }
  await context.close();
  return readings;
};
