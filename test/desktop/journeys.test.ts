/**
 * The journeys of `test/shell` in Electron itself. Runs where its binary is (`ELECTRON_OVERRIDE_DIST_PATH`, or
 * `npx install-electron`); elsewhere the suite is skipped by name.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { afterEach, expect, test } from "vitest";
import { createSeed, type Seed } from "../e2e/seed.ts";
import { projectRoot } from "../helpers/outpost-process.ts";

let apps: ElectronApplication[] = [];
let folders: string[] = [];
let seeds: Seed[] = [];

afterEach(async () => {
  for (const seed of seeds) seed.close();
  for (const app of apps) {
    await answerBoxes(app, 1).catch(() => undefined); // an app that has quit has no more questions
    await app.close().catch(() => undefined);
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  [apps, folders, seeds] = [[], [], []];
});

const temporary = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-desktop-"));
  folders.push(folder);
  return folder;
};

const start = async (folder: string, ...args: readonly string[]): Promise<ElectronApplication> => {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
      value === undefined || name === "ELECTRON_RUN_AS_NODE" ? [] : [[name, value]],
    ),
  );
  const app = await _electron.launch({
    executablePath: process.env["ELECTRON_PATH"] ?? "",
    args: [
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // Chromium refuses to sandbox for root
      join(projectRoot, "dist/main.js"),
      "--data-dir",
      join(folder, "data"),
      "--port",
      "0",
      ...args,
    ],
    env: { ...env, HOME: folder, XDG_DATA_HOME: join(folder, "share"), APPDATA: folder, LOCALAPPDATA: folder },
  });
  apps.push(app);
  return app;
};

/** The first window's page, once it is the host's. */
const pageOf = async (app: ElectronApplication): Promise<Page> => {
  const page = await app.firstWindow();
  await page.waitForURL(/^http:\/\/127\.0\.0\.1:\d+\//);
  await page.locator("h1").first().waitFor();
  return page;
};

/** Every message box from now on is answered by its button of that number; what it said is kept. */
const answerBoxes = (app: ElectronApplication, response: number): Promise<void> =>
  app.evaluate(({ dialog }, button) => {
    const said: string[] = [];
    Reflect.set(globalThis, "said", said);
    Reflect.set(dialog, "showMessageBox", (...given: { message?: string }[]) => {
      said.push(given.at(-1)?.message ?? "");
      return Promise.resolve({ response: button, checkboxChecked: false });
    });
  }, response);
const said = (app: ElectronApplication): Promise<unknown> => app.evaluate(() => Reflect.get(globalThis, "said"));

const seedFor = (page: Page): Seed => {
  const seed = createSeed(new URL(page.url()).origin);
  seeds.push(seed);
  return seed;
};

test("a first start shows the host's page, sandboxed, with the bridge and nothing else of Electron", async () => {
  const app = await start(temporary());
  const page = await pageOf(app);
  expect(await page.evaluate(async () => (await window.outpost?.versions())?.electron)).toMatch(/^45\./);
  expect(await page.evaluate(() => ["require", "process", "module"].filter((name) => name in window))).toEqual([]);
});

test("a second start hands over and ends", async () => {
  const folder = temporary();
  const app = await start(folder);
  const page = await pageOf(app);
  const second = await start(folder, "outpost://experiments").catch(() => undefined); // it may be gone before it is seen
  await second?.close().catch(() => undefined);
  await page.waitForURL(/#\/experiments/);
  expect(app.windows()).toHaveLength(1);
});

test("quitting while a run is logging asks first", async () => {
  const app = await start(temporary());
  const page = await pageOf(app);
  const seed = seedFor(page);
  await seed.run(await seed.experiment("churn"), { name: "night-run", status: "RUNNING", metrics: { loss: [1] } });
  await answerBoxes(app, 0);
  await app.evaluate(({ app: electron }) => electron.quit());
  await expect.poll(() => said(app)).toEqual([expect.stringContaining("still logging")]);
  await seed.experiment("still there");
});

test("a crashed renderer is loaded again", async () => {
  const app = await start(temporary());
  await pageOf(app);
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer());
  const isBack = (): Promise<unknown> =>
    app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]
        ?.webContents.executeJavaScript("document.querySelector('h1') !== null")
        .catch(() => false),
    );
  await expect.poll(isBack, { timeout: 20_000 }).toBe(true);
});

test("a hostile page opens no window, goes nowhere and gets no permission", async () => {
  const app = await start(temporary());
  const page = await pageOf(app);
  await answerBoxes(app, 1);
  const { origin } = new URL(page.url());
  expect(await page.evaluate(() => window.open("https://evil.example/") === null)).toBe(true);
  await page.evaluate(() => (location.href = "https://evil.example/"));
  await expect.poll(() => said(app)).toHaveLength(2);
  expect(new URL(page.url()).origin).toBe(origin);
  expect(await page.evaluate(async () => (await navigator.permissions.query({ name: "geolocation" })).state)).toBe(
    "denied",
  );
  expect(app.windows()).toHaveLength(1);
});
