import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startOutpost } from "../helpers/outpost-process.ts";
import type { ServerProcess } from "../helpers/server-process.ts";
import { startBrowser, type Surfer } from "./browser.ts";
import { createSeed, PNG } from "./seed.ts";
import { violations } from "./violations.ts";

const folder = mkdtempSync(join(tmpdir(), "outpost-settings-"));
const dataDir = join(folder, "data");
let host: ServerProcess;
let surfer: Surfer;

beforeAll(async () => {
  host = await startOutpost({ dataDir });
  surfer = await startBrowser(host.url);
  const seed = createSeed(host.url);
  const experiment = await seed.experiment("vision/cells");
  for (const name of ["a", "b"]) {
    const run = await seed.run(experiment, { name });
    await seed.artifact(experiment, run, "same.png", PNG);
    await seed.artifact(experiment, run, `${name}.txt`, Buffer.from(name.repeat(1000)));
  }
  seed.close();
});
afterAll(async () => {
  await surfer?.close();
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => surfer.settle());

const headings = { en: "Settings", ko: "설정", ja: "設定" } as const;
const sections = ["appearance", "general", "storage", "about", "licences"] as const;

describe.each(["light", "dark"] as const)("in %s colours", (colours) => {
  test.each(["en", "ko", "ja"] as const)("every section stands in %s and axe finds no fault", async (language) => {
    for (const section of sections) {
      const page = await surfer.open(`/settings/${section}`, { colours, language });
      await page.getByRole("heading", { level: 1, name: headings[language] }).waitFor();
      await page.locator("main").locator("fieldset, table, dl, details").first().waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(language);
      expect(await violations(page)).toEqual([]);
    }
  });
});

test("storage: equal files count once, and each experiment says what it keeps", async () => {
  const page = await surfer.open("/settings/storage");
  const row = page.getByRole("row", { name: /vision\/cells/ });
  await row.getByText("2.2 kB").waitFor(); // two texts and one picture listed twice
  await page.getByText("Saved by keeping equal files once").waitFor();
  expect(await page.locator("dl").textContent()).toContain(`${PNG.length} B`);
  await row.getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: "vision/cells" }).waitFor();
});

test("general: what is in force, where it was set and where the file is", async () => {
  const page = await surfer.open("/settings/general");
  const port = page.getByRole("row", { name: /^port/ });
  await port.getByText("--port", { exact: true }).first().waitFor();
  await page.getByText(join(dataDir, "config.yaml")).waitFor();
});

test("a chosen language changes the page at once and is remembered; keys work in it", async () => {
  const page = await surfer.open("/settings/appearance");
  await page.getByLabel("日本語", { exact: true }).check();
  await page.getByRole("heading", { level: 1, name: "設定" }).waitFor();
  expect(await page.title()).toBe("設定 · Outpost");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "設定" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "キーボードショートカット" }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
});

test("single-key shortcuts can be switched off, for those who speak to their machine", async () => {
  const page = await surfer.open("/settings");
  await page.getByLabel("Single-key shortcuts").uncheck();
  await page.getByRole("heading", { level: 1 }).focus();
  await page.keyboard.press("?");
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  expect(await page.locator("h1").textContent()).toBe("Settings");
  expect(await page.getByRole("dialog").count()).toBe(0);
  await page.getByLabel("Single-key shortcuts").check();
  await page.getByRole("heading", { level: 1 }).focus();
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
});

test("high contrast is a choice of its own in both colours", async () => {
  for (const colours of ["light", "dark"] as const) {
    const page = await surfer.open("/settings/appearance", { colours });
    await page.getByLabel("High", { exact: true }).check();
    expect(await page.locator("html").getAttribute("data-contrast")).toBe("high");
    expect(await violations(page)).toEqual([]);
  }
});

test("licences of everything inside, each with its text", async () => {
  const page = await surfer.open("/settings/licences");
  for (const name of ["better-sqlite3", "svelte", "fastify", "chart.js"]) {
    const entry = page.locator("details").filter({ has: page.locator("strong", { hasText: new RegExp(`^${name}$`) }) });
    await entry.locator("summary").click();
    expect((await entry.locator("pre").textContent())?.length, name).toBeGreaterThan(200);
  }
});
